"""Everybody who calls: people by access tokens, programs by API keys."""

from collections.abc import Sequence

from app.application.identity.directory.ports import Access
from app.application.shared.access import Principal
from app.domain.shared.ids import Id
from app.infrastructure.security.access_tokens import SignedAccessTokens
from app.infrastructure.security.api_keys import CachedApiKeys, is_api_key


class Callers:
    """Implements ``app.application.identity.directory.ports.Callers``."""

    def __init__(self, tokens: SignedAccessTokens, keys: CachedApiKeys) -> None:
        self._tokens = tokens
        self._keys = keys

    def issue(self, access: Access) -> tuple[str, int]:
        """A token for the session, and its life in seconds."""
        return self._tokens.issue(access)

    async def verify(self, token: str, address: str = "") -> Principal:
        """The caller behind a token or a key; raises as each of them does."""
        if is_api_key(token):
            return await self._keys.verify(token, address)
        return await self._tokens.verify(token)

    def known(self, token: str, address: str = "") -> Principal | None:
        """The caller that was verified a moment ago."""
        if is_api_key(token):
            return self._keys.known(token, address)
        return self._tokens.known(token)

    def forget(self, session_ids: Sequence[Id]) -> None:
        """Look these sessions up anew at their next request."""
        self._tokens.forget(session_ids)

    def forget_key(self, tenant_id: Id, key_id: Id) -> None:
        """Look an API key up anew at its next request."""
        self._keys.forget(tenant_id, key_id)

    def forget_member(self, tenant_id: Id, user_id: Id) -> None:
        """Look up anew the sessions of a member, and the keys that the member answers for."""
        self._tokens.forget_member(tenant_id, user_id)
        self._keys.forget_maker(tenant_id, user_id)

    def forget_company(self, tenant_id: Id) -> None:
        """Look up anew who calls for a company: its people, and its keys."""
        self._tokens.forget_company(tenant_id)
        self._keys.forget_company(tenant_id)

    async def close(self) -> None:
        """End what goes on in the background."""
        await self._tokens.close()
        await self._keys.close()
