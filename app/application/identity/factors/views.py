"""Second factors as clients see them."""

from typing import Any

from typing_extensions import TypedDict

from app.application.identity.directory.reading import view_of
from app.domain.identity.factors.security_key import SecurityKey


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


class StepUpView(TypedDict):
    """How long no fresh proof is needed."""

    proved_at: str
    good_until: str


def recovery_codes(recovery_codes: list[str]) -> list[str]:
    """Recovery codes that are shown this once; none where those from before stay good."""
    return recovery_codes


_SECURITY_KEY = ("id", "name", "created_at", "last_used_at", "version")
SECURITY_KEY_VIEW = view_of(SecurityKey, "SecurityKeyView", _SECURITY_KEY)
NEW_SECURITY_KEY_VIEW = view_of(
    SecurityKey,
    "NewSecurityKeyView",
    _SECURITY_KEY,
    computed=(recovery_codes,),
)
