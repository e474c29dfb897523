"""API keys: how a program works for a company.

A key acts by itself, within its permissions, and the member who made its newest secret answers for
it: what that member may not do, the key may not do either. The secret is kept as a hash. A rotation
gives a new secret and leaves the old one good for a stated while, so that programs can be changed
one by one.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network

from app.domain.identity.ids import ApiKeyId, UserId
from app.domain.identity.keys.errors import ApiKeyRevoked, PermissionRefused
from app.domain.shared.errors import Fault, InvalidValue, ValueOutOfRange
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id
from app.domain.shared.texts import checked_name

LIFE_MAX = timedelta(days=366)
OVERLAP_MAX = timedelta(hours=24)
ADDRESSES_MAX = 20
KEYS_MAX = 200  # of one company, those in use

# A caller is known by the /64 of an IPv6 address, which one subscriber holds as a whole.
_IPV6_PREFIX_MAX = 64


@frozen
class ApiKey:
    """A key of a company; ``made_by_id`` answers for it.

    ``previous_*`` are of the secret before.
    """

    id: ApiKeyId
    name: str
    """What the key is called."""
    permissions: tuple[str, ...]
    """The permissions of the key. It never may do more than who made it."""
    addresses: tuple[str, ...]  # networks; none means from anywhere
    test: bool
    secret_hash: bytes
    previous_hash: bytes | None
    previous_expires_at: datetime | None
    """Until when the secret before the last rotation is good."""
    made_by_id: UserId
    """The member who made the newest secret and answers for what the key does."""
    created_at: datetime
    """When it was made."""
    rotated_at: datetime | None
    """When it last got a new secret."""
    expires_at: datetime
    """When the key ends."""
    revoked_at: datetime | None
    """When it was revoked."""
    version: int
    """Counts the changes; the ETag states it."""

    @classmethod
    def new(
        cls,
        id_: Id,
        secret_hash: bytes,
        terms: "Terms",
        *,
        test: bool,
        made_by_id: Id,
        at: datetime,
        expires_at: datetime | None,
    ) -> "ApiKey":
        """A new key; without ``expires_at`` it lives as long as one may.

        Raises:
            ValueOutOfRange: it would have expired already, or live longer than ``LIFE_MAX``.
        """
        return cls(
            id=id_,
            name=terms.name,
            permissions=terms.permissions,
            addresses=terms.addresses,
            test=test,
            secret_hash=secret_hash,
            previous_hash=None,
            previous_expires_at=None,
            made_by_id=made_by_id,
            created_at=at,
            rotated_at=None,
            expires_at=_checked_end(expires_at, at),
            revoked_at=None,
            version=1,
        )

    def changed(self, terms: "Terms") -> "ApiKey":
        """The key under other terms.

        Raises:
            ApiKeyRevoked: it is revoked.
        """
        self._check_in_use()
        return replace(
            self, name=terms.name, permissions=terms.permissions, addresses=terms.addresses
        )

    def rotated(
        self,
        secret_hash: bytes,
        *,
        overlap: timedelta,
        made_by_id: Id,
        at: datetime,
        expires_at: datetime | None,
    ) -> "ApiKey":
        """The key with a new secret; the present one stays good for ``overlap``, no other does.

        Raises:
            ApiKeyRevoked: it is revoked.
            ValueOutOfRange: the overlap or the new end is longer than allowed.
        """
        self._check_in_use()
        if not timedelta(0) <= overlap <= OVERLAP_MAX:
            raise ValueOutOfRange.at("/overlap_seconds")
        return replace(
            self,
            secret_hash=secret_hash,
            previous_hash=self.secret_hash if overlap else None,
            previous_expires_at=at + overlap if overlap else None,
            made_by_id=made_by_id,
            rotated_at=at,
            expires_at=_checked_end(expires_at or self.expires_at, at),
        )

    def revoked(self, at: datetime) -> "ApiKey":
        """The key ended, its old secret too; one that has ended already stays as it is."""
        if self.revoked_at is not None:
            return self
        return replace(self, revoked_at=at, previous_hash=None, previous_expires_at=None)

    def _check_in_use(self) -> None:
        if self.revoked_at is not None:
            raise ApiKeyRevoked


@frozen
class Terms:
    """What a key may do, and from where; checked when it is made."""

    name: str
    permissions: tuple[str, ...]
    addresses: tuple[str, ...]

    @classmethod
    def checked(
        cls,
        name: str,
        permissions: Iterable[str],
        addresses: Iterable[str],
        grantable: frozenset[str],
    ) -> "Terms":
        """Terms in their one form: permissions and networks sorted, each once.

        Raises:
            InvalidValue: a name or a network without its form.
            PermissionRefused: a permission is none of ``grantable``.
        """
        asked = list(permissions)
        for place, permission in enumerate(asked):
            if permission not in grantable:
                raise PermissionRefused.at(f"/permissions/{place}")
        networks = [_network(text, place) for place, text in enumerate(addresses)]
        ordered = sorted(set(networks), key=lambda each: (each.version, each))
        return cls(
            checked_name(name), tuple(sorted(set(asked))), tuple(str(each) for each in ordered)
        )


@frozen
class ApiKeyUse:
    """When a key was last used, and from which address; recorded at most once a minute."""

    api_key_id: Id
    last_used_at: datetime
    address: str


def admits(networks: Iterable[str], address: str) -> bool:
    """Whether a caller's address, or its /64, lies in one of the networks."""
    try:
        caller = ip_network(address)
    except ValueError:  # where the request comes from is not known
        return False
    allowed = [ip_network(each) for each in networks]
    return any(_within(caller, each) for each in allowed)


def _within(caller: IPv4Network | IPv6Network, allowed: IPv4Network | IPv6Network) -> bool:
    if isinstance(caller, IPv4Network):
        return isinstance(allowed, IPv4Network) and caller.subnet_of(allowed)
    return isinstance(allowed, IPv6Network) and caller.subnet_of(allowed)


def _network(text: str, place: int) -> IPv4Network | IPv6Network:
    try:
        network = ip_network(text)
    except ValueError:  # no address, or bits beyond the prefix
        raise _no_network(place) from None
    if isinstance(network, IPv6Network) and network.prefixlen > _IPV6_PREFIX_MAX:
        if network.prefixlen < network.max_prefixlen:
            raise _no_network(place)
        return network.supernet(new_prefix=_IPV6_PREFIX_MAX)
    return network


def _checked_end(expires_at: datetime | None, now: datetime) -> datetime:
    if expires_at is None:
        return now + LIFE_MAX
    if not now < expires_at <= now + LIFE_MAX:
        raise ValueOutOfRange.at("/expires_at")
    return expires_at


def _no_network(place: int) -> InvalidValue:
    return InvalidValue(faults=[Fault(f"/allowed_addresses/{place}", "validation.network")])
