"""Refusals of the identity context."""

from app.domain.shared.errors import DomainError, Kind, ServiceUnavailable


class Unauthenticated(DomainError):
    """The request carries no access token, or one that proves nothing."""

    code = "auth.unauthenticated"
    kind = Kind.UNAUTHENTICATED


class TokenExpired(Unauthenticated):
    """The access token was good and is too old; a refresh token gets another one."""

    code = "auth.token_expired"


class SessionOver(Unauthenticated):
    """The session behind the access token has ended: logout, expiry, or an account switched off."""

    code = "auth.session_over"


class InvalidCredentials(Unauthenticated):
    """E-mail and password do not open an account; which of the two is wrong is not told."""

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


class InvitationInvalid(DomainError):
    """No open invitation has this token: taken up, withdrawn, too old, or never made."""

    code = "members.invitation_invalid"
    kind = Kind.RULE_BROKEN


class AlreadyMember(DomainError):
    """Whoever has the address works for the company already."""

    code = "members.already_member"
    kind = Kind.CONFLICT


class LastOwner(DomainError):
    """A company keeps an owner who may work; this member is the last one."""

    code = "members.last_owner"
    kind = Kind.CONFLICT


class BeyondOwnPermissions(DomainError):
    """The role, or the member, may do what the caller may not: nobody grants more than he holds."""

    code = "members.beyond_own_permissions"
    kind = Kind.FORBIDDEN


class EmailTaken(DomainError):
    """Another user has this e-mail address. Registration turns this into its usual answer."""

    code = "auth.email_taken"
    kind = Kind.CONFLICT


class TenantSuspended(DomainError):
    """The company is suspended: its people read and export, and change nothing."""

    code = "tenants.suspended"
    kind = Kind.FORBIDDEN


class TenantClosing(DomainError):
    """The company will be deleted: until then its people read and export, and change nothing."""

    code = "tenants.closing"
    kind = Kind.FORBIDDEN


class TenantStateConflict(DomainError):
    """The company is ``standing``, and the step does not start from there."""

    code = "tenants.state_conflict"
    kind = Kind.CONFLICT


class ClosingNameWrong(DomainError):
    """Whoever closes a company types its name, and this is another one."""

    code = "tenants.name_wrong"
    kind = Kind.RULE_BROKEN


class ExportUnderWay(DomainError):
    """An export of the company waits or is made; there is one at a time."""

    code = "exports.under_way"
    kind = Kind.CONFLICT


class TooManyExports(DomainError):
    """``maximum`` files of exports are kept already; the oldest goes by itself."""

    code = "exports.too_many"
    kind = Kind.CONFLICT


class ExportNotReady(DomainError):
    """The file of the export is still being written."""

    code = "exports.not_ready"
    kind = Kind.CONFLICT


class ExportGone(DomainError):
    """The export has no file: it failed, or its time is over."""

    code = "exports.gone"
    kind = Kind.NOT_FOUND


class TooManyCompanies(DomainError):
    """A user owns at most ``maximum`` companies."""

    code = "tenants.too_many"
    kind = Kind.CONFLICT
