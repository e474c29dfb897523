"""Second factors as clients see them."""

from datetime import datetime
from typing import Any

from typing_extensions import TypedDict

from app.application.shared.wording import instant
from app.domain.shared.ids import show


class SecondFactorView(TypedDict):
    """A login that waits for the second factor; ``webauthn`` is for a user with a security key."""

    mfa_required: bool
    mfa_token: str
    expires_in_seconds: int
    methods: list[str]
    webauthn: dict[str, Any] | None


class MfaView(TypedDict):
    """The second factors of the caller, and whether the session was opened with one."""

    totp: bool
    security_keys: int
    recovery_codes_left: int
    session_second_factor: bool


class TotpView(TypedDict):
    """The secret of an app, which is shown this once, also as a URI for a picture."""

    secret: str
    uri: str


class RecoveryCodesView(TypedDict):
    """Recovery codes, which are shown this once; none where those from before stay good."""

    recovery_codes: list[str]


class CeremonyView(TypedDict):
    """What the browser needs to register or to use a security key, and the token of the answer."""

    token: str
    expires_in_seconds: int
    webauthn: dict[str, Any]


class SecurityKeyView(TypedDict):
    """A security key of the caller."""

    id: str
    name: str
    created_at: str
    last_used_at: str | None
    version: int


class NewSecurityKeyView(SecurityKeyView):
    """A security key that was registered just now; with the first factor come recovery codes."""

    recovery_codes: list[str]


class StepUpView(TypedDict):
    """How long no fresh proof is needed."""

    proved_at: str
    good_until: str


def security_key_view(
    id_: bytes, name: str, created_at: datetime, last_used_at: datetime | None, version: int
) -> SecurityKeyView:
    """The view of a security key."""
    return {
        "id": show("sky", id_),
        "name": name,
        "created_at": instant(created_at),
        "last_used_at": None if last_used_at is None else instant(last_used_at),
        "version": version,
    }
