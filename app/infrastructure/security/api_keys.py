"""Authentication by API key: cached for a few seconds, compared in constant time."""

import hashlib
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from app.application.identity.keys.api_keys import permissions_of_keys
from app.application.identity.keys.ports import KeyAccess, KeyDirectory, KeyUses
from app.application.identity.keys.tokens import PREFIXES, ApiKeyToken
from app.application.shared.access import Principal
from app.domain.identity.keys.api_key import admits
from app.domain.identity.keys.errors import AddressRefused, ApiKeyOver
from app.domain.identity.sign_in.errors import Unauthenticated
from app.domain.shared.clock import Clock
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import NO_ID, Id
from app.infrastructure.security.access_tokens import ACCESS_SECONDS, LOOK_AGAIN_SECONDS
from app.infrastructure.security.remembered import Remembered

_READ_MAX: Final = 20_000
_ADDRESSES_MAX: Final = 1_000  # cached addresses per key that is bound to networks
_NOBODYS_HASH: Final = secrets.token_bytes(32)


@frozen
class _Read:
    """A parsed token: which key to look up, and the hash that must match."""

    tenant_id: Id
    key_id: Id
    secret_hash: bytes
    test: bool


@frozen
class _Known:
    access: KeyAccess
    principal: Principal | None
    admitted: dict[str, bool]


class CachedApiKeys:
    """Knows the callers behind API keys."""

    def __init__(
        self,
        directory: KeyDirectory,
        uses: KeyUses,
        clock: Clock,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._directory = directory
        self._uses = uses
        self._clock = clock
        self._read: OrderedDict[bytes, _Read] = OrderedDict()
        self._known: Remembered[tuple[Id, Id], _Known] = Remembered(
            self._look_up,
            seconds=ACCESS_SECONDS,
            again_seconds=LOOK_AGAIN_SECONDS,
            monotonic=monotonic,
        )

    async def verify(self, token: str, address: str) -> Principal:
        """The principal of a key that calls from ``address``.

        Raises:
            Unauthenticated: the key is unknown or its secret is wrong; both look alike.
            ApiKeyOver: it was revoked, has expired, or its maker no longer has access.
            AddressRefused: it is valid, but not from this address.
        """
        read = self._read_of(token)
        known = await self._known.get((read.tenant_id, read.key_id))
        principal = self._checked(read, known, address)
        self._uses.note(principal, address)
        return principal

    def known(self, token: str, address: str) -> Principal | None:
        """The key if it was verified a moment ago, without a look-up."""
        read = self._read.get(_digest(token))
        known = None if read is None else self._known.peek((read.tenant_id, read.key_id))
        if read is None or known is None:
            return None
        try:
            return self._checked(read, known, address)
        except (Unauthenticated, AddressRefused):
            return None

    def forget(self, tenant_id: Id, key_id: Id) -> None:
        """Look this key up again at its next request."""
        self._known.forget((tenant_id, key_id))

    def forget_maker(self, tenant_id: Id, user_id: Id) -> None:
        """Look up again the keys whose maker is this member."""
        maker = (tenant_id, user_id)
        self._known.forget_where(
            lambda each: (each.access.tenant_id, each.access.made_by_id) == maker
        )

    def forget_company(self, tenant_id: Id) -> None:
        """Look up again the keys of a company."""
        self._known.forget_where(lambda each: each.access.tenant_id == tenant_id)

    async def close(self) -> None:
        """End the look-ups, and write the last uses."""
        await self._known.close()
        await self._uses.close()

    def _read_of(self, token: str) -> _Read:
        digest = _digest(token)
        read = self._read.get(digest)
        if read is None:
            parsed = ApiKeyToken.read(token)
            read = _Read(parsed.tenant_id, parsed.key_id, parsed.secret_hash, parsed.test)
            self._read[digest] = read
            if len(self._read) > _READ_MAX:
                self._read.popitem(last=False)
        return read

    def _checked(self, read: _Read, known: _Known | None, address: str) -> Principal:
        now = self._clock.now()
        access = None if known is None else known.access
        right = secrets.compare_digest(
            read.secret_hash, _NOBODYS_HASH if access is None else access.secret_hash
        )
        if access is not None and access.previous_hash is not None and not right:
            right = secrets.compare_digest(read.secret_hash, access.previous_hash)
            if right and (access.previous_expires_at is None or access.previous_expires_at <= now):
                raise ApiKeyOver
        if known is None or access is None or not right or read.test != access.test:
            raise Unauthenticated
        if known.principal is None or access.expires_at <= now:
            raise ApiKeyOver
        if access.addresses and not self._admits(known, address):
            raise AddressRefused
        return known.principal

    @staticmethod
    def _admits(known: _Known, address: str) -> bool:
        found = known.admitted.get(address)
        if found is None:
            found = admits(known.access.addresses, address)
            if len(known.admitted) < _ADDRESSES_MAX:
                known.admitted[address] = found
        return found

    async def _look_up(self, key: tuple[Id, Id]) -> _Known | None:
        access = await self._directory.access(*key)
        return None if access is None else _Known(access, _principal(access), {})


def is_api_key(token: str) -> bool:
    """Whether a token has the form of an API key."""
    return token.startswith(PREFIXES)


def _principal(access: KeyAccess) -> Principal | None:
    """The principal of a key: its permissions, limited to what its maker may do now."""
    if access.revoked or access.held is None:
        return None
    return Principal(
        tenant_id=access.tenant_id,
        user_id=access.key_id,
        session_id=NO_ID,
        role="api_key",
        permissions=access.permissions & permissions_of_keys() & access.held,
        on_behalf_of=access.made_by_id,
        company_status=access.company_status,
        key_mode="test" if access.test else "live",
    )


def _digest(token: str) -> bytes:
    return hashlib.blake2b(token.encode(errors="replace"), digest_size=24).digest()
