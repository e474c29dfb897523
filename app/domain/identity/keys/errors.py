"""Refusals that concern API keys, and credentials at places where none belongs."""

from app.domain.identity.sign_in.errors import Unauthenticated
from app.domain.shared.errors import DomainError, Kind


class ApiKeyOver(Unauthenticated):
    """The key was good and is no more: revoked, expired, or its maker may not work here."""

    code = "api_keys.expired"


class CredentialInQuery(Unauthenticated):
    """A key or a token stands in the query string, where proxies and logs would keep it."""

    code = "auth.credential_in_query"


class AddressRefused(DomainError):
    """The key is good, but not from the address that the request comes from."""

    code = "api_keys.address_refused"
    kind = Kind.FORBIDDEN


class PermissionRefused(DomainError):
    """There is no such permission, or it is one that only a person holds."""

    code = "api_keys.permission_refused"
    kind = Kind.RULE_BROKEN


class PermissionsBeyondOwn(DomainError):
    """The key may do what the caller may not: nobody hands out more than they hold."""

    code = "api_keys.beyond_own_permissions"
    kind = Kind.FORBIDDEN


class ApiKeyRevoked(DomainError):
    """A revoked key stays revoked: it is neither changed nor rotated."""

    code = "api_keys.revoked"
    kind = Kind.CONFLICT


class TooManyApiKeys(DomainError):
    """The company has as many keys in use as one may have."""

    code = "api_keys.too_many"
    kind = Kind.CONFLICT
