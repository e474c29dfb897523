"""What a command may load: kinds of aggregates by key, and finders that search by something else.

A kind is a name, a key and a lock; the database adapter knows the table behind it. All locks of a
command are taken in one read, in the order of ``LockRank`` and, inside a rank, by ascending key.
"""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Any, Generic, TypeVar

A = TypeVar("A")
Key = tuple[Hashable, ...]


class Lock(StrEnum):
    """How a row is held until the end of the transaction."""

    NONE = ""
    KEY_SHARE = "FOR KEY SHARE"
    UPDATE = "FOR UPDATE"


class LockRank(IntEnum):
    """The one global lock order (architecture, "Locks"): lower ranks are locked first."""

    IDEMPOTENCY = 0
    MASTER = 10
    DOCUMENT = 20
    STOCK = 30
    COST_POOL = 40
    OPEN_ITEM = 50
    PERIOD = 60
    BOOKS = 70
    SERIES = 90


@dataclass(frozen=True, slots=True, eq=False)
class Kind(Generic[A]):
    """A kind of aggregate the store can load by key and save."""

    name: str
    key: Callable[[A], Key]
    rank: LockRank = LockRank.MASTER
    lock: Lock = Lock.NONE


@dataclass(frozen=True, slots=True, eq=False)
class Finder(Generic[A]):
    """A search for aggregates of ``kind`` by another key.

    ``key_of`` tells under which key an aggregate is found, or None when it is not found at all
    (a settled item among the open ones), so that a search also sees what the same work changed.
    """

    name: str
    kind: Kind[A]
    key_of: Callable[[A], Key | None]


@dataclass(slots=True)
class Needs:
    """What a command must see before it decides. Adding is idempotent; two needs can be joined."""

    keys: dict[tuple[Kind[Any], Lock], set[Key]] = field(default_factory=dict)
    searches: dict[Finder[Any], set[Key]] = field(default_factory=dict)

    def one(self, kind: Kind[Any], *key: Hashable, lock: Lock | None = None) -> "Needs":
        """Need the aggregate of ``kind`` with this key, if there is one."""
        self.keys.setdefault((kind, lock or kind.lock), set()).add(key)
        return self

    def many(self, kind: Kind[Any], keys: Iterable[Key], lock: Lock | None = None) -> "Needs":
        """Need all aggregates of ``kind`` with these keys."""
        self.keys.setdefault((kind, lock or kind.lock), set()).update(keys)
        return self

    def search(self, finder: Finder[Any], *key: Hashable) -> "Needs":
        """Need every aggregate that ``finder`` finds under this key."""
        self.searches.setdefault(finder, set()).add(key)
        return self

    def join(self, other: "Needs") -> "Needs":
        """Add the needs of ``other``."""
        for place, keys in other.keys.items():
            if place in self.keys:
                self.keys[place] |= keys
            else:
                self.keys[place] = set(keys)
        for finder, keys in other.searches.items():
            if finder in self.searches:
                self.searches[finder] |= keys
            else:
                self.searches[finder] = set(keys)
        return self

    def __bool__(self) -> bool:
        return any(self.keys.values()) or any(self.searches.values())
