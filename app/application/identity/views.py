"""Identity as clients see it."""

from typing_extensions import TypedDict


class Registered(TypedDict):
    """The answer to every registration, of a new or of a known address."""

    status: str


class TokensView(TypedDict):
    """An access token for requests, and a refresh token that is good for one exchange."""

    access_token: str
    token_type: str
    expires_in_seconds: int
    refresh_token: str
    refresh_expires_in_seconds: int


class MeView(TypedDict):
    """The caller, his company, and what he may do there."""

    user_id: str
    email: str
    display_name: str
    tenant_id: str
    company: str
    role: str
    permissions: list[str]


class JwkView(TypedDict):
    """A public key (RFC 7517, RFC 8037)."""

    kty: str
    crv: str
    x: str
    kid: str
    use: str
    alg: str


class JwksView(TypedDict):
    """The public keys behind access tokens."""

    keys: list[JwkView]
