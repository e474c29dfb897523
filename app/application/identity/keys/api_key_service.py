"""Making and rotating API keys: the steps around the commands that touch secrets."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.application.identity.directory.ports import Callers
from app.application.identity.keys.api_keys import (
    MAKE_KEY,
    ROTATE_KEY,
    MakeKey,
    NewApiKey,
    RotateKey,
)
from app.application.identity.keys.kinds import API_KEYS
from app.application.identity.keys.tokens import ApiKeyToken
from app.application.identity.keys.views import NewApiKeyView
from app.application.shared.access import Principal
from app.application.shared.commands import CommandRunner, answer_of
from app.application.shared.kinds import Lock, Needs
from app.application.shared.reading import Reader
from app.domain.identity.keys.api_key import ApiKey
from app.domain.shared.errors import NotFound
from app.domain.shared.ids import Id


@dataclass(slots=True, eq=False)
class ApiKeys:
    """Makes and rotates the API keys of companies. The caller alone sees a secret, once."""

    runner: CommandRunner
    reader: Reader
    tokens: Callers
    new_id: Callable[[], Id]

    async def make(self, principal: Principal, new: NewApiKey) -> NewApiKeyView:
        """Make a key; refused as ``MAKE_KEY``."""
        token = ApiKeyToken.fresh(principal.tenant_id, self.new_id(), test=new.test)
        request = MakeKey(token.key_id, token.secret_hash, new)
        view = await answer_of(self.runner, MAKE_KEY, request, principal)
        return {**view, "key": str(token)}  # type: ignore[typeddict-item]

    async def rotate(
        self,
        principal: Principal,
        key_id: Id,
        expected_version: int,
        overlap: timedelta,
        expires_at: datetime | None,
    ) -> NewApiKeyView:
        """Give a key a new secret, as ``ROTATE_KEY``; the old one stays good for ``overlap``."""
        loaded = await self.reader.load(
            principal.tenant_id, Needs().one(API_KEYS, key_id, lock=Lock.NONE)
        )
        key: ApiKey | None = loaded.present.get(API_KEYS, {}).get((key_id,))
        if key is None:
            raise NotFound
        token = ApiKeyToken.fresh(principal.tenant_id, key_id, test=key.test)
        request = RotateKey(key_id, expected_version, token.secret_hash, overlap, expires_at)
        view = await answer_of(self.runner, ROTATE_KEY, request, principal)
        self.tokens.forget_key(principal.tenant_id, key_id)
        return {**view, "key": str(token)}  # type: ignore[typeddict-item]
