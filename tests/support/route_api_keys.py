"""The mutating routes of API keys, for the catalogue of routes."""

from typing import Any, Final

from tests.support.company import Company
from tests.support.route import Route, Valid, tag


async def _make(_: Company) -> Valid:
    body = {
        "name": f"Shop {tag()}",
        "permissions": ["units:read", "sales:write"],
        "allowed_addresses": ["192.0.2.0/24"],
        "mode": "live",
        "expires_at": None,
    }
    return Valid("/api-keys", body)


async def made_key(company: Company) -> dict[str, Any]:
    """A new key of the company, its secret with it."""
    valid = await _make(company)
    made: dict[str, Any] = await company.post(valid.path, valid.body)
    return made


async def _here(company: Company) -> str:
    return f"/api-keys/{(await made_key(company))['id']}"


async def _change(company: Company) -> Valid:
    body = {"name": f"Shop {tag()}", "permissions": ["units:read"], "allowed_addresses": []}
    return Valid(await _here(company), body, {"If-Match": '"1"'})


async def _rotate(company: Company) -> Valid:
    body = {"overlap_seconds": 60, "expires_at": None}
    return Valid(f"{await _here(company)}/rotate", body, {"If-Match": '"1"'})


async def _revoke(company: Company) -> Valid:
    return Valid(f"{await _here(company)}/revoke")


_UNSTORED = "the key is a secret, so no answer is stored"

API_KEYS: Final = (
    Route(
        "POST /api-keys", _make, 201, "none", repeated=1, why=f"{_UNSTORED}; each is another key"
    ),
    Route("PATCH /api-keys/{id}", _change, 200),
    Route("POST /api-keys/{id}/rotate", _rotate, 200, "none", why=_UNSTORED),
    Route("POST /api-keys/{id}/revoke", _revoke, 200),
)
