"""What every master (unit, product, contact, account …) does alike: create, edit, switch."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from inspect import signature
from operator import attrgetter
from typing import Any

from app.application.shared.access import Principal
from app.application.shared.commands import Command, Done
from app.application.shared.kinds import Kind, Lock, Needs
from app.application.shared.redaction import difference
from app.application.shared.work import Work
from app.domain.shared.errors import IdTaken, NotFound, StaleVersion
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id, show


@frozen
class Noun:
    """How a master is called outside. ``view`` takes the fields that it shows, by their names."""

    kind: Kind[Any]
    name: str
    prefix: str
    path: str
    view: Callable[..., Any]

    def show(self, aggregate: Any) -> Any:
        """The view of an aggregate."""
        return self.view(*_values_for(self.view)(aggregate))

    def location(self, id_: bytes) -> str:
        """Where the object with this id is found."""
        return f"{self.path}/{show(self.prefix, id_)}"


def shown_by(view: Callable[..., Any]) -> tuple[str, ...]:
    """The fields that a view takes, in its order: its parameters (``id_`` is the field ``id``)."""
    return tuple(name.removesuffix("_") for name in signature(view).parameters)


@cache
def _values_for(view: Callable[..., Any]) -> Callable[[Any], tuple[Any, ...]]:
    """What takes the values that a view shows from an aggregate."""
    return attrgetter(*shown_by(view))


@frozen
class Create:
    """Make a master; ``id`` is given when the client made it. ``members`` are its fields."""

    id: Id | None
    members: dict[str, Any]


@frozen
class Edit:
    """Change the members that are named; ``expected_version`` comes from If-Match."""

    id: Id
    expected_version: int
    members: dict[str, Any]


def own_need(kind: Kind[Any], id_: Id | None, lock: Lock | None = None) -> Needs:
    """The need for the object itself, where the request names its id."""
    needs = Needs()
    return needs if id_ is None else needs.one(kind, id_, lock=lock)


def created(work: Work, noun: Noun, fresh: Any, **facts: Any) -> Done:
    """Keep a new master. Creating the same again under a client-made id answers the existing one.

    ``facts`` stand beside the new state in the audit trail.

    Raises:
        IdTaken: the id belongs to an object with other content.
    """
    existing = work.find(noun.kind, *noun.kind.key(fresh))
    if existing is not None:
        if replace(fresh, version=existing.version, active=existing.active) != existing:
            raise IdTaken.at("/id")
        return _done(noun, existing, noun.show(existing), 200)
    saved = work.put(noun.kind, fresh)
    view = noun.show(saved)
    work.note("created", noun.name, saved.id, after=view, **facts)
    work.event(f"{noun.name}.created", saved.id)
    return _done(noun, saved, view, 201)


def to_edit(work: Work, noun: Noun, edit: Edit) -> Any:
    """The master to be changed.

    Raises:
        NotFound: the tenant has no such object.
        StaleVersion: it was changed since the caller saw it.
    """
    found = work.find(noun.kind, edit.id)
    if found is None:
        raise NotFound
    if found.version != edit.expected_version:
        raise StaleVersion
    return found


def edited(work: Work, noun: Noun, before: Any, after: Any) -> Done:
    """Keep a changed master; a change that changes nothing leaves version and trail as they are."""
    old = noun.show(before)
    if after == before:
        return _done(noun, before, old, 200)
    saved = work.put(noun.kind, after)
    new = noun.show(saved)
    work.note("changed", noun.name, saved.id, **difference(old, new))
    work.event(f"{noun.name}.changed", saved.id)
    return _done(noun, saved, new, 200)


def switches(noun: Noun, permission: str) -> tuple[Command[Edit], Command[Edit]]:
    """The commands that activate and deactivate a master."""

    def needs(edit: Edit, _: Principal) -> Needs:
        return own_need(noun.kind, edit.id, Lock.UPDATE)

    def decide(edit: Edit, work: Work) -> Done:
        before = to_edit(work, noun, edit)
        return edited(work, noun, before, replace(before, **edit.members))

    return (
        Command(f"{noun.name}.activate", permission, needs, decide),
        Command(f"{noun.name}.deactivate", permission, needs, decide),
    )


def _done(noun: Noun, aggregate: Any, view: Any, status: int) -> Done:
    return Done(
        view,
        status=status,
        location=noun.location(aggregate.id) if status == 201 else None,
        version=aggregate.version,
    )
