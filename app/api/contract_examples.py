"""One realistic example for each request body, by the name of its schema."""

from typing import Any, Final

EXAMPLES: Final[dict[str, dict[str, Any]]] = {
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
    "ApiKeyIn": {
        "name": "Web shop",
        "permissions": ["products:read", "stock:read", "sales:write"],
        "allowed_addresses": ["192.0.2.0/24"],
    },
    "ApiKeyPatch": {"name": "Web shop, new host", "allowed_addresses": ["198.51.100.7/32"]},
    "RotationIn": {"overlap_seconds": 3_600},
    "PasswordIn": {
        "current_password": "plum basket over quiet water",
        "new_password": "tidy lantern under loud snow",
    },
    "ResetRequestIn": {"email": "olga@north-trading.example"},
    "ResetIn": {
        "token": "the token of the message",
        "new_password": "tidy lantern under loud snow",
    },
    "SwitchIn": {"company_id": "cmp_01J8Z3K4M5N6P7Q8R9S0T1V2W3"},
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
    "CompanyIn": {"name": "South Trading", "currency": "KWD", "time_zone": "Asia/Kuwait"},
    "PreferencesPatch": {"locale": "ar", "time_zone": "Asia/Kuwait"},
    "DeletionIn": {"name": "North Trading Ltd"},
    "ReasonIn": {"reason": "Invoice 1042 is unpaid since January"},
}
