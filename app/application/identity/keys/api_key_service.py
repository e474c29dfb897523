"""Making and rotating API keys: the steps around the commands that touch secrets."""

from collections.abc import Callable
from datetime import datetime, timedelta

from app.application.identity.keys.api_key_ports import API_KEYS, KeyVerifier
from app.application.identity.keys.api_key_tokens import ApiKeyToken
from app.application.identity.keys.api_key_views import CallingKeyView, NewApiKeyView
from app.application.identity.keys.api_keys import MAKE_KEY, ROTATE_KEY, MakeKey, RotateKey
from app.application.shared.access import Principal
from app.application.shared.commands import CommandRunner, answer_of
from app.application.shared.kinds import Lock, Needs
from app.application.shared.reading import Reader
from app.application.shared.wording import instant
from app.domain.identity.keys.errors import ApiKeyOver
from app.domain.shared.errors import NotFound
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id, show


@frozen
class NewKey:
    """What a caller says of a key to be made."""

    name: str
    scopes: tuple[str, ...]
    addresses: tuple[str, ...]
    test: bool
    expires_at: datetime | None


class KeyKeeping:
    """How a company comes by its API keys."""

    def __init__(
        self,
        *,
        runner: CommandRunner,
        reader: Reader,
        verifier: KeyVerifier,
        new_id: Callable[[], Id],
    ) -> None:
        self._runner = runner
        self._reader = reader
        self._verifier = verifier
        self._new_id = new_id

    async def make(self, principal: Principal, new: NewKey) -> NewApiKeyView:
        """Make a key; the caller alone sees it, this once.

        Raises:
            ScopeRefused, ScopesBeyondOwn: no key, or none of the caller, may have such a scope.
            InvalidValue, ValueOutOfRange: a name, a network or an end without its form.
            TooManyApiKeys: the company has as many as one may have.
        """
        token = ApiKeyToken.fresh(principal.tenant_id, self._new_id(), test=new.test)
        wish = MakeKey(
            token.key_id,
            token.secret_hash,
            new.name,
            new.scopes,
            new.addresses,
            new.test,
            new.expires_at,
        )
        view = await answer_of(self._runner, MAKE_KEY, wish, principal)
        return {**view, "key": str(token)}  # type: ignore[typeddict-item]

    async def rotate(
        self,
        principal: Principal,
        key_id: Id,
        expected_version: int,
        overlap: timedelta,
        expires_at: datetime | None,
    ) -> NewApiKeyView:
        """Give a key a new secret; the old one stays good for ``overlap``.

        Raises:
            NotFound: the company has no such key.
            StaleVersion: it was changed since the caller saw it.
            ScopesBeyondOwn: it may do what the caller may not.
            ApiKeyRevoked: it is over.
            ValueOutOfRange: the overlap or the end is longer than allowed.
        """
        loaded = await self._reader.load(
            principal.tenant_id, Needs().one(API_KEYS, key_id, lock=Lock.NONE)
        )
        key = loaded.present.get(API_KEYS, {}).get((key_id,))
        if key is None:
            raise NotFound
        token = ApiKeyToken.fresh(principal.tenant_id, key_id, test=key.test)
        wish = RotateKey(key_id, expected_version, token.secret_hash, overlap, expires_at)
        view = await answer_of(self._runner, ROTATE_KEY, wish, principal)
        self.forget(principal, key_id)
        return {**view, "key": str(token)}  # type: ignore[typeddict-item]

    def forget(self, principal: Principal, key_id: Id) -> None:
        """Look a key of the caller's company up anew at its next request, because it changed."""
        self._verifier.forget(principal.tenant_id, key_id)

    async def calling(self, principal: Principal) -> CallingKeyView:
        """The key that is calling.

        Raises:
            ApiKeyOver: it is gone.
        """
        key_id = principal.user_id
        loaded = await self._reader.load(
            principal.tenant_id, Needs().one(API_KEYS, key_id, lock=Lock.NONE)
        )
        key = loaded.present.get(API_KEYS, {}).get((key_id,))
        if key is None:
            raise ApiKeyOver
        return {
            "id": show("key", key.id),
            "name": key.name,
            "test": key.test,
            "expires_at": instant(key.expires_at),
        }
