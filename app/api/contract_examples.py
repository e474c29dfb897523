"""One realistic example for each request body, by the name of its schema."""

from typing import Any, Final

from app.api import contract_lifecycle
from app.api.contract_api_keys import EXAMPLES_OF_KEYS

_ULID: Final = "01J8Z3K4M5N6P7Q8R9S0T1V2W3"
_ACC, _CAT, _CON, _LOC, _TNT = (
    f"{prefix}_{_ULID}" for prefix in ("acc", "cat", "con", "loc", "tnt")
)
_PRD, _SAL = (f"{prefix}_{_ULID}" for prefix in ("prd", "sal"))
_PAY, _TAX, _UNT = (f"{prefix}_{_ULID}" for prefix in ("pay", "tax", "unt"))
_AT: Final = "2026-03-31T16:30:00Z"
_ADDRESS: Final = {"line1": "1 Quay Street", "city": "Hull", "postcode": "HU1 1AA", "country": "GB"}

_SINGLE: Final[dict[str, dict[str, Any]]] = {
    "RegisterIn": {
        "email": "olga@north-trading.example",
        "password": "plum basket over quiet water",
        "display_name": "Olga",
        "company": {
            "name": "North Trading",
            "currency": "GBP",
            "time_zone": "Europe/London",
            "country": "GB",
        },
    },
    "LoginIn": {
        "email": "olga@north-trading.example",
        "password": "plum basket over quiet water",
    },
    "InvitationIn": {"email": "emil@north-trading.example", "role": "cashier"},
    "JoinIn": {
        "token": "the token of the invitation",
        "password": "tidy lantern under loud snow",
        "display_name": "Emil",
    },
    "MemberPatch": {"role": "manager"},
    "RoleIn": {
        "code": "shift-lead",
        "name": "Shift lead",
        "permissions": ["sales:read", "sales:write", "stock:read"],
    },
    "RolePatch": {"permissions": ["sales:read", "sales:write", "returns:write"]},
    **EXAMPLES_OF_KEYS,
    "PasswordIn": {
        "current_password": "plum basket over quiet water",
        "new_password": "tidy lantern under loud snow",
    },
    "ResetRequestIn": {"email": "olga@north-trading.example"},
    "ResetIn": {
        "token": "the token of the message",
        "new_password": "tidy lantern under loud snow",
    },
    "SwitchIn": {"company_id": _TNT},
    "VerifyIn": {"mfa_token": "the mfa_token of the login", "code": "492039"},
    "StepUpIn": {"password": "plum basket over quiet water"},
    "CodeIn": {"code": "492039"},
    "CeremonyIn": {"purpose": "register"},
    "SecurityKeyIn": {
        "token": "the token of the challenge",
        "credential": '{"id": "…", "rawId": "…", "type": "public-key", "response": {}}',
        "name": "The blue one",
    },
    "SecurityKeyPatch": {"name": "The one on my keys"},
    "RefreshIn": {"refresh_token": "the refresh_token of the last login or refresh"},
    "CompanyPatch": {"name": "North Trading Ltd", "price_difference_policy": "variance"},
    "PaymentIn": {
        "direction": "in",
        "contact_id": _CON,
        "method": "bank",
        "amount": "150.00",
        "effective_at": _AT,
        "allocate": [{"document_id": _SAL, "amount": "150.00"}],
    },
    "AllocationIn": {
        "contact_id": _CON,
        "side": "receivable",
        "effective_at": _AT,
        "lines": [{"credit_id": _PAY, "debit_id": _SAL, "amount": "25.00"}],
    },
    "EntryIn": {
        "effective_at": _AT,
        "memo": "Rent for March",
        "lines": [
            {"account_id": _ACC, "debit": "1250.00"},
            {"account_id": _ACC, "credit": "1250.00"},
        ],
    },
    "ReversalIn": {"effective_at": _AT, "memo": "Posted twice"},
    "ReopeningIn": {"reason": "A late bill of March"},
}


def _batch(single: str, **more: Any) -> dict[str, Any]:
    item = {"idempotency_key": "import-2026-03-31-1", **_SINGLE[single], **more}
    return {"atomic": False, "items": [item]}


EXAMPLES: Final[dict[str, dict[str, Any]]] = {
    **_SINGLE,
    "AllocationBatch": _batch("AllocationIn"),
    "PaymentBatch": _batch("PaymentIn"),
    **contract_lifecycle.EXAMPLES,
}
