"""What the members around second factors mean; see ``contract_members.py``."""

from typing import Final

FACTOR_MEMBERS: Final[dict[str, str]] = {
    "CompanyView.mfa_required": "Whether the people of the company need a second factor.",
    "CompanyPatch.mfa_required": "Whether the people of the company need a second factor.",
    "step_up_for_payouts": "Whether a payment to a supplier needs a proof of the last ten minutes.",
    "SecondFactorView.mfa_required": "Always true.",
    "mfa_token": "What the second step of the login carries: good once and for five minutes.",
    "SecondFactorView.expires_in_seconds": "How long the token is good.",
    "CeremonyView.expires_in_seconds": "How long the token is good.",
    "methods": "What the user has: `totp`, `security_key`, `recovery_code`.",
    "webauthn": "Options for `navigator.credentials`, as the standard writes them in JSON.",
    "CeremonyView.token": "What the answer of the security key is sent with, once.",
    "SecurityKeyIn.token": "From `POST /auth/mfa/challenge`.",
    "StepUpIn.token": "From `POST /auth/mfa/challenge`; with `credential`.",
    "StepUpIn.password": "Enough for who has no factor.",  # pragma: allowlist secret
    "CeremonyIn.purpose": "Whether a key is registered, or proves the caller.",
    "totp": "Whether codes of an app are asked for.",
    "security_keys": "How many security keys there are.",
    "recovery_codes_left": "How many recovery codes are still good.",
    "session_second_factor": "Whether this session was proved by a second factor.",
    "secret": "What the app needs; it is shown this once.",  # pragma: allowlist secret
    "recovery_code": "A recovery code; it is used up by this.",
    "credential": "What `navigator.credentials` answered, as text: `JSON.stringify(credential)`.",
    "uri": "The same for a picture that the app reads (otpauth).",
    "recovery_codes": "Each stands in for the second factor once; shown now and never again. "
    "Empty where those from before stay good.",
    "last_used_at": "When it was used last.",
    "SecurityKeyView.name": "What the caller calls it.",
    "proved_at": "When the caller last confirmed their identity.",
    "good_until": "Until when no other confirmation is needed.",
}
