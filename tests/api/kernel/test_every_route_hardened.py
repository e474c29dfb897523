"""Security headers on every answer of the real service, whatever it is (S0-32, PR-05, PR-06)."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from app.api.middleware.security import API_POLICY, DOCS_POLICY
from app.main import create_app
from tests.conftest import settings_for
from tests.support.references import METHODS

TOKEN = "w4Nc8!rXe2Vb6Km0Zt5Jq1Lh7Sd3Fg9P"  # pragma: allowlist secret
PAGES = ("/docs", "/errors")
LARGE = b" " * (2 * 1024 * 1024 + 1)
JSON = {"content-type": "application/json"}

SPECIAL: tuple[tuple[int, str, str, dict[str, Any]], ...] = (
    (404, "GET", "/nothing", {}),
    (404, "GET", "/api/v1/nothing", {}),
    (405, "DELETE", "/api/v1/units", {}),
    (413, "POST", "/api/v1/auth/login", {"content": LARGE, "headers": JSON}),
    (415, "POST", "/api/v1/auth/login", {"content": b"<a/>", "headers": {"content-type": "a/xml"}}),
    (400, "POST", "/api/v1/auth/login", {"content": b"{", "headers": JSON}),
    (400, "GET", "/api/v1/units?colour=red", {}),
    (401, "POST", "/api/v1/auth/login", {"json": {"email": "a@b.example", "password": "x" * 12}}),
    (422, "POST", "/api/v1/auth/login", {"json": {}}),
    (204, "OPTIONS", "/api/v1/units", {}),
    (200, "GET", "/docs", {}),
    (200, "GET", "/openapi.json", {}),
    (200, "GET", "/errors/common.not_found", {}),
    (200, "GET", "/metrics", {}),
    (200, "HEAD", "/healthz", {}),
)


def every_operation(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Method and path of everything that the document holds, with ids of nothing."""
    for path, methods in document["paths"].items():
        for method in METHODS:
            if method in methods:
                yield method.upper(), path.replace("{id}", "x").replace("{period}", "2026-01")


def unhardened(answer: httpx.Response, path: str) -> dict[str, str | None]:
    """The headers that are not as they must be."""
    page = path.startswith(PAGES)
    wanted: dict[str, str | None] = {
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cross-origin-resource-policy": "same-origin",
        "content-security-policy": (DOCS_POLICY if page else API_POLICY).decode(),
        **dict.fromkeys(("server", "x-powered-by", "access-control-allow-origin", "set-cookie")),
    }
    found = {name: answer.headers.get(name) for name in wanted}
    wrong = {name: found[name] for name in wanted if found[name] != wanted[name]}
    return wrong if "cache-control" in answer.headers else {**wrong, "cache-control": None}


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_every_answer_is_hardened(anonymous: httpx.AsyncClient, application: Any) -> None:
    """PR-05: refusals by the edge, by the router, by the route, and what is shown to everybody."""
    origin = {"Origin": "https://evil.example"}
    failures = []
    for method, path in every_operation(application.openapi()):
        answer = await anonymous.request(method, path, headers=origin)
        if wrong := unhardened(answer, path):
            failures.append((method, path, answer.status_code, wrong))
    for status, method, path, more in SPECIAL:
        headers = {**origin, **more.get("headers", {})}
        answer = await anonymous.request(method, path, **{**more, "headers": headers})
        if (wrong := unhardened(answer, path)) or answer.status_code != status:
            failures.append((method, path, answer.status_code, wrong))
    assert failures == []


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_a_failure_is_hardened_and_says_nothing(
    anonymous: httpx.AsyncClient, application: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S4-36: 500 with its code and ids."""

    async def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("canary in an exception")

    monkeypatch.setattr(application.state.services.tokens, "verify", broken)
    answer = await anonymous.get("/api/v1/units", headers={"Authorization": "Bearer canary"})
    assert answer.status_code == 500
    assert unhardened(answer, "/api/v1/units") == {}
    assert answer.json().keys() <= {
        *("type", "title", "status", "code", "detail", "fix", "instance", "request_id", "trace_id")
    }
    assert "canary" not in answer.text


async def test_metrics_are_for_the_bearer_of_their_token() -> None:
    """CF-01: where there is one."""
    app = create_app(settings_for("sqlite:///unused.db", metrics_token=TOKEN))
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        for given, status in (
            ({}, 401),
            ({"Authorization": "Bearer"}, 401),
            ({"Authorization": f"Bearer {TOKEN[:-1]}"}, 401),
            ({"Authorization": f"Bearer {TOKEN}x"}, 401),
            ({"Authorization": "Bearer \u00fc".encode("latin-1")}, 401),
            ({"Authorization": f"Bearer {TOKEN}"}, 200),
        ):
            answer = await client.get("/metrics", headers=given)  # type: ignore[arg-type]
            assert answer.status_code == status
            assert TOKEN not in answer.text
            assert ("www-authenticate" in answer.headers) is (status == 401)
