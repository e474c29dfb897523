"""Units of work: what was loaded, and what one command makes of it.

``Loaded`` is what one read brought, shared by a group of commands of one tenant. ``Work`` lays the
changes of a single command over it: a refused command is dropped with its layer and leaves nothing
behind, an accepted one is merged, and the next command of the group sees it. Nothing is written
until the whole group is decided; then one flush writes everything.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Generic, TypeVar

from app.application.shared.access import Principal
from app.application.shared.kinds import Finder, Key, Kind, Needs
from app.application.shared.redaction import redacted
from app.domain.shared.clock import business_date
from app.domain.shared.errors import ReferenceNotFound
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id

A = TypeVar("A")
P = TypeVar("P")


class NeedMore(Exception):
    """The command needs more than it said; the runner loads it and starts the command anew."""

    def __init__(self, needs: Needs) -> None:
        super().__init__("more must be loaded")
        self.needs = needs


@frozen
class Event:
    """Something that happened, for the outbox: sent out after the commit."""

    type: str
    subject_id: bytes
    payload: dict[str, Any]


@frozen
class AuditNote:
    """What a command did to which entity; ``changes`` hold before and after, without secrets."""

    action: str
    entity_kind: str
    entity_id: bytes
    changes: dict[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class SharedDocument(Generic[P]):
    """A document that the commands of one request post together: each accepted one gives a part.

    ``post`` makes the document of all parts under one key, after the last command was decided, and
    asks for nothing but what the commands have loaded and its own ``needs``. Its refusal is that of
    all; they are then decided one by one, each with a document of its own.
    """

    name: str
    needs: Callable[[Sequence[P]], Needs]
    post: Callable[[Sequence[P], "Work"], None]


class Loaded:
    """The rows of one transaction as aggregates, with what accepted commands changed."""

    def __init__(self) -> None:
        self.originals: dict[Kind[Any], dict[Key, Any]] = {}
        self.present: dict[Kind[Any], dict[Key, Any]] = {}
        self.asked: dict[Kind[Any], set[Key]] = {}
        self.found: dict[Finder[Any], dict[Key, dict[Key, None]]] = {}
        self.finders: dict[Kind[Any], set[Finder[Any]]] = {}  # those of ``found``, by their kind
        self.changed: dict[Kind[Any], dict[Key, Any]] = {}
        self.events: list[Event] = []
        self.notes: list[tuple[Principal, AuditNote]] = []
        self.parts: dict[tuple[Principal, SharedDocument[Any], Key], list[Any]] = {}

    def take(self, kind: Kind[Any], asked: Iterable[Key], aggregates: Iterable[Any]) -> None:
        """Accept what a read brought; what an earlier command of the group changed stays."""
        self.asked.setdefault(kind, set()).update(asked)
        originals = self.originals.setdefault(kind, {})
        present = self.present.setdefault(kind, {})
        for aggregate in aggregates:
            key = kind.key(aggregate)
            if key not in originals:
                originals[key] = aggregate
                present.setdefault(key, aggregate)

    def take_search(self, finder: Finder[Any], asked: Iterable[Key], found: Iterable[Any]) -> None:
        """Accept what a search brought, and what earlier commands of the group made to be found."""
        results = self.found.setdefault(finder, {})
        self.finders.setdefault(finder.kind, set()).add(finder)
        for key in asked:
            results.setdefault(key, {})
        aggregates = list(found)
        self.take(finder.kind, (finder.kind.key(item) for item in aggregates), aggregates)
        for aggregate in aggregates:
            self._found_too(finder, finder.kind.key(aggregate), aggregate)
        for key, aggregate in self.changed.get(finder.kind, {}).items():
            self._found_too(finder, key, aggregate)

    def find_again(self, kind: Kind[Any], changed: dict[Key, Any]) -> None:
        """Put what a command made where later commands of the group will search for it."""
        for finder in self.finders[kind]:
            for key, aggregate in changed.items():
                self._found_too(finder, key, aggregate)

    def _found_too(self, finder: Finder[Any], key: Key, aggregate: Any) -> None:
        search_key = finder.key_of(aggregate)
        if search_key is not None and search_key in self.found[finder]:
            self.found[finder][search_key][key] = None

    def results(self, finder: Finder[A], *key: Hashable) -> list[A]:
        """What a search brought."""
        present = self.present.get(finder.kind, {})
        return [present[each] for each in self.found.get(finder, {}).get(key, ())]

    def missing(self, needs: Needs) -> Needs:
        """The part of ``needs`` that no read has asked for yet."""
        rest = Needs()
        for (kind, lock), keys in needs.keys.items():
            unasked = keys - self.asked.get(kind, set()) - self.present.get(kind, {}).keys()
            if unasked:
                rest.keys[kind, lock] = unasked
        for finder, keys in needs.searches.items():
            unasked = keys - self.found.get(finder, {}).keys()
            if unasked:
                rest.searches[finder] = unasked
        return rest


class Work:
    """The view of one command on what was loaded, and the record of what it decided."""

    def __init__(
        self,
        loaded: Loaded,
        principal: Principal,
        now: datetime,
        new_id: Callable[[], Id],
    ) -> None:
        self._loaded = loaded
        self._layer: dict[Kind[Any], dict[Key, Any]] = {}
        self._events: list[Event] = []
        self._notes: list[AuditNote] = []
        self._parts: list[tuple[SharedDocument[Any], Key, Any]] = []
        self.principal = principal
        self.recorded_at = now  # the database's clock (rulings R-02)
        self._new_id = new_id
        self._made: set[Id] = set()

    def new_id(self) -> Id:
        """A fresh id. Nothing can be stored under it, so ``find`` does not look for it."""
        id_ = self._new_id()
        self._made.add(id_)
        return id_

    def find(self, kind: Kind[A], *key: Hashable) -> A | None:
        """The aggregate with this key, or None when the tenant has none."""
        layer = self._layer.get(kind)
        if layer is not None and key in layer:
            return layer[key]  # type: ignore[no-any-return]
        present = self._loaded.present.get(kind)
        if present is not None and key in present:
            return present[key]  # type: ignore[no-any-return]
        asked = self._loaded.asked.get(kind)
        if (asked is not None and key in asked) or not self._made.isdisjoint(key):
            return None
        raise NeedMore(Needs().one(kind, *key))

    def get(self, kind: Kind[A], *key: Hashable, pointer: str = "") -> A:
        """The aggregate with this key.

        Raises:
            ReferenceNotFound: the tenant has none; ``pointer`` names the member that refers to it.
        """
        found = self.find(kind, *key)
        if found is None:
            raise ReferenceNotFound.at(pointer) if pointer else ReferenceNotFound
        return found

    def search(self, finder: Finder[A], *key: Hashable) -> list[A]:
        """All aggregates found under this key, with what this work changed, in no stated order."""
        candidates = self._loaded.found.get(finder, {}).get(key)
        if candidates is None and self._made.isdisjoint(key):
            raise NeedMore(Needs().search(finder, *key))
        kind = finder.kind
        layer = self._layer.get(kind)
        if layer is None:
            if not candidates:
                return []
            layer = {}
        candidates = (candidates or {}) | dict.fromkeys(layer)
        present = self._loaded.present.get(kind, {})
        aggregates = (layer.get(each) or present[each] for each in candidates)
        return [item for item in aggregates if finder.key_of(item) == key]

    def need(self, needs: Needs) -> None:
        """Make sure that all of ``needs`` is loaded, in one further read where it is not."""
        missing = self._loaded.missing(needs)
        if missing:
            raise NeedMore(missing)

    def put(self, kind: Kind[A], aggregate: A) -> A:
        """Record a new or changed aggregate; the answer carries its new version, if it has one."""
        key = kind.key(aggregate)
        layer = self._layer.get(kind)
        if layer is None:
            layer = self._layer[kind] = {}
        version = getattr(aggregate, "version", None)
        if version is not None:
            before = layer.get(key)
            if before is None and kind in self._loaded.present:
                before = self._loaded.present[kind].get(key)
            expected = 1 if before is None else before.version + 1
            if version != expected:
                aggregate = replace(aggregate, version=expected)  # type: ignore[type-var]
        layer[key] = aggregate
        return aggregate

    def event(self, type_: str, subject_id: bytes, **payload: Any) -> None:
        """Tell the outbox."""
        self._events.append(Event(type_, subject_id, payload))

    def note(self, action: str, entity_kind: str, entity_id: bytes, **changes: Any) -> None:
        """Tell the audit trail; of a change ``before`` and ``after``, never a secret."""
        self._notes.append(AuditNote(action, entity_kind, entity_id, redacted(changes)))

    def parts(self, document: SharedDocument[P], *key: Hashable) -> Sequence[P]:
        """What accepted commands of this request gave to a shared document so far."""
        return self._loaded.parts.get((self.principal, document, key), ())

    def give(self, document: SharedDocument[P], part: P, *key: Hashable) -> None:
        """Add a part to a shared document, should this command be accepted."""
        self._parts.append((document, key, part))

    def effective(self, effective_at: datetime | None, zone: str) -> tuple[datetime, date]:
        """The business instant (now, unless stated) and its day where the company is."""
        instant = effective_at or self.recorded_at
        return instant, business_date(instant, zone)

    def merge(self) -> None:
        """Make this command's changes part of the group's; done once it was accepted."""
        loaded = self._loaded
        for kind, layer in self._layer.items():
            loaded.present.setdefault(kind, {}).update(layer)
            loaded.changed.setdefault(kind, {}).update(layer)
            if kind in loaded.finders:
                loaded.find_again(kind, layer)
        loaded.events.extend(self._events)
        loaded.notes.extend((self.principal, note) for note in self._notes)
        for document, key, part in self._parts:
            loaded.parts.setdefault((self.principal, document, key), []).append(part)
