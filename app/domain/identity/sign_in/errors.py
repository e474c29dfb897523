"""Refusals around signing in: tokens, sessions, passwords."""

from app.domain.shared.errors import DomainError, Kind, ServiceUnavailable


class Unauthenticated(DomainError):
    """The request carries no access token, or one that proves nothing."""

    code = "auth.unauthenticated"
    kind = Kind.UNAUTHENTICATED


class TokenExpired(Unauthenticated):
    """The access token was good and is too old; a refresh token gets another one."""

    code = "auth.token_expired"


class SessionExpired(Unauthenticated):
    """The session behind the access token has ended: logout, expiry, or an account switched off."""

    code = "auth.session_expired"


class InvalidCredentials(Unauthenticated):
    """E-mail and password do not open an account; the answer does not say which is wrong."""

    code = "auth.invalid_credentials"


class InvalidRefreshToken(Unauthenticated):
    """The refresh token is unknown, or its session has ended."""

    code = "auth.invalid_refresh_token"


class RefreshTokenReused(Unauthenticated):
    """A refresh token that was replaced long ago came back, so the session was ended."""

    code = "auth.refresh_token_reused"


class RefreshSuperseded(DomainError):
    """Another request used the same refresh token a moment ago; nothing was done."""

    code = "auth.refresh_superseded"
    kind = Kind.CONFLICT


class LoginThrottled(DomainError):
    """Too many failed logins; the next one is taken after ``retry_after_seconds``."""

    code = "auth.throttled"
    kind = Kind.LIMIT_REACHED

    def __init__(self, *, retry_after_seconds: int = 1) -> None:
        super().__init__(seconds=retry_after_seconds)
        self.retry_after_seconds = retry_after_seconds


class HashingBusy(ServiceUnavailable):
    """More passwords wait to be checked than the service takes at once; nothing was done."""

    code = "auth.busy"


class PasswordTooShort(DomainError):
    """A password has at least ``minimum`` characters."""

    code = "auth.password_too_short"
    kind = Kind.RULE_BROKEN


class PasswordTooLong(DomainError):
    """A password has at most ``maximum`` characters."""

    code = "auth.password_too_long"
    kind = Kind.RULE_BROKEN


class PasswordCommon(DomainError):
    """The password is one of those that are tried first."""

    code = "auth.password_common"
    kind = Kind.RULE_BROKEN


class PasswordPersonal(DomainError):
    """The password contains the e-mail address, the company's name or that of the service."""

    code = "auth.password_personal"
    kind = Kind.RULE_BROKEN


class PasswordWrong(DomainError):
    """The present password is another one; nothing was changed."""

    code = "auth.password_wrong"
    kind = Kind.RULE_BROKEN


class ResetInvalid(DomainError):
    """No open reset has this token: used, replaced by a newer one, too old, or never made."""

    code = "auth.reset_invalid"
    kind = Kind.RULE_BROKEN


class EmailTaken(DomainError):
    """Another user has this e-mail address. Registration turns this into its usual answer."""

    code = "auth.email_taken"
    kind = Kind.CONFLICT
