"""Second factors as clients see them."""

from typing import Any

from typing_extensions import TypedDict

from app.application.identity.directory.reading import view_of
from app.domain.identity.factors.security_key import SecurityKey


class SecondFactorView(TypedDict):
    """A login that waits for the second factor; ``webauthn`` is for a user with a security key."""

    mfa_required: bool
    """Always true."""
    mfa_token: str
    """What the second step of the login carries: good once and for five minutes."""
    expires_in_seconds: int
    """How long the token is good."""
    methods: list[str]
    """What the user has: `totp`, `security_key`, `recovery_code`."""
    webauthn: dict[str, Any] | None
    """Options for `navigator.credentials`, as the standard writes them in JSON."""


class MfaView(TypedDict):
    """The second factors of the caller, and whether the session was opened with one."""

    totp_enabled: bool
    """Whether codes of an app are asked for."""
    security_key_count: int
    """How many security keys are registered."""
    recovery_codes_left: int
    """How many recovery codes are still good."""
    second_factor_verified: bool
    """Whether this session was proved by a second factor."""


class TotpView(TypedDict):
    """The secret of an app, which is shown this once, also as a URI for a picture."""

    secret: str
    """What the app needs; it is shown this once."""
    uri: str
    """The same for a picture that the app reads (otpauth)."""


class RecoveryCodesView(TypedDict):
    """Recovery codes, which are shown this once; none where those from before stay good."""

    recovery_codes: list[str]
    """Each stands in for the second factor once; shown now and never again. Empty where those from
    before stay good."""


class CeremonyView(TypedDict):
    """What the browser needs to register or to use a security key, and the token of the answer."""

    token: str
    """What the answer of the security key is sent with, once."""
    expires_in_seconds: int
    """How long the token is good."""
    webauthn: dict[str, Any]
    """Options for `navigator.credentials`, as the standard writes them in JSON."""


class StepUpView(TypedDict):
    """How long no fresh proof is needed."""

    proved_at: str
    """When the caller last confirmed their identity."""
    expires_at: str
    """Until when no other confirmation is needed."""


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
