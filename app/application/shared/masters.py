"""Masters: objects that are created, changed, and taken in and out of use (a unit, a product).

A master is a declaration. Its commands, the checks of unique members and of references follow from
it and from the types of its members; rules of its own are checks of the aggregate.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Generic, TypeVar

from app.application.shared.access import Principal
from app.application.shared.commands import Command, Done
from app.application.shared.kinds import Finder, Key, Kind, Lock, Needs
from app.application.shared.nouns import KINDS, Noun
from app.application.shared.reading import Listing
from app.application.shared.redaction import difference
from app.application.shared.work import Work
from app.domain.shared.errors import DomainError, Duplicate, IdTaken, NotFound, StaleVersion
from app.domain.shared.fields import (
    Folded,
    Mark,
    Member,
    Reference,
    folded_of,
    members_of,
    read_type,
)
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id
from app.domain.shared.masters import changed, check_of, kept_form, made

A = TypeVar("A")


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


def created(work: Work, noun: Noun[Any], fresh: Any, **facts: Any) -> Done:
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


def to_edit(work: Work, noun: Noun[Any], edit: Edit) -> Any:
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


def edited(work: Work, noun: Noun[Any], before: Any, after: Any) -> Done:
    """Keep a changed master; a change that changes nothing leaves version and trail as they are."""
    old = noun.show(before)
    if after == before:
        return _done(noun, before, old, 200)
    saved = work.put(noun.kind, after)
    new = noun.show(saved)
    work.note("changed", noun.name, saved.id, **difference(old, new))
    work.event(f"{noun.name}.changed", saved.id)
    return _done(noun, saved, new, 200)


def switches(noun: Noun[Any], permission: str) -> tuple[Command[Edit], Command[Edit]]:
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


def _done(noun: Noun[Any], aggregate: Any, view: Any, status: int) -> Done:
    return Done(
        view,
        status=status,
        location=noun.location(aggregate.id) if status == 201 else None,
        version=aggregate.version,
    )


@frozen
class Unique:
    """A member that no two objects of a company share; ``refusal`` is the error when they would."""

    member: str
    refusal: type[DomainError] = Duplicate


@frozen
class Stated:
    """A member of requests that the aggregate keeps in another form.

    ``fields`` makes the fields of the aggregate from it: the roles of a contact are two flags.
    """

    name: str
    type: Any
    fields: Callable[[Any], Mapping[str, Any]]
    required: bool = True


class Master(Generic[A]):
    """The declaration of a master.

    Args:
        noun: what it is called.
        listed: its list.
        unique: what tells its objects apart within the company.
        in_use: what lets a reference pass when it is newly made, by the name of the member: a
            check of the object and its pointer, which refuses one that is out of use.
        stated: members of requests that the aggregate keeps in another form.
        needs: adds what ``complete`` looks at to the needs of a request.
        complete: checks an aggregate against others and completes it, before it is kept. It takes
            the aggregate, how it was before (None for a new one), and the work.
        batch: whether up to 100 may be created in one request.
    """

    def __init__(
        self,
        noun: Noun[A],
        *,
        listed: Listing,
        unique: Sequence[Unique] = (),
        in_use: Mapping[str, Callable[[Any, str], None]] | None = None,
        stated: Sequence[Stated] = (),
        needs: Callable[[Create | Edit, Needs], Needs] | None = None,
        complete: Callable[[A, A | None, Work], A] | None = None,
        batch: bool = False,
    ) -> None:
        self.noun = noun
        self.listed = listed
        self.unique = tuple(unique)
        self.stated = tuple(stated)
        self.batch = batch
        self._in_use = dict(in_use or {})
        self._more_needs = needs
        self._complete = complete
        self.finders = {each.member: _finder(noun, each.member) for each in unique}
        self._kept_form = {each.member: kept_form(noun.of, each.member) for each in unique}
        self._stated_form = {each.name: check_of(read_type(each.type)) for each in stated}
        self.references = {
            each.name: reference
            for each in self.settable()
            if (reference := each.type.mark(Reference)) is not None
        }
        permission, name = noun.writes, noun.resource
        self.create = Command(f"{name}.create", permission, self.needs, self.create_one)
        self.edit = Command(f"{name}.edit", permission, self.needs, self.edit_one)
        self.activate, self.deactivate = switches(noun, permission)

    def settable(self, *, changing: bool = False) -> list[Member]:
        """The fields that a request may state: to create an object, or to change one."""
        given = (Mark.GIVEN, Mark.HIDDEN, *((Mark.FIXED,) if changing else ()))
        return [
            each
            for each in members_of(self.noun.of)
            if each.name != "id"
            and not any(each.type.has(mark) for mark in given)
            and each.type.mark(Folded) is None
        ]

    def needs(self, request: Create | Edit, _: Principal) -> Needs:
        """What a request is checked against: the object itself, what it names, and its twins."""
        needs = own_need(
            self.noun.kind, request.id, Lock.UPDATE if isinstance(request, Edit) else None
        )
        for name, reference in self.references.items():
            if request.members.get(name) is not None:
                needs.one(KINDS[reference.table], request.members[name])
        for name, finder in self.finders.items():
            value = request.members.get(name)
            if value is not None:
                needs.search(finder, self._kept_form[name](value))
        return needs if self._more_needs is None else self._more_needs(request, needs)

    def create_one(self, create: Create, work: Work, **facts: Any) -> Done:
        """Keep a new object; ``facts`` stand beside it in the audit trail."""
        members = self._fields(create.members)
        self._check_references(members, None, work)
        fresh = made(self.noun.of, create.id or work.new_id(), members)
        fresh = self._checked(fresh, None, members, work)
        return created(work, self.noun, fresh, **facts)

    def edit_one(self, edit: Edit, work: Work) -> Done:
        """Keep a changed object."""
        before = to_edit(work, self.noun, edit)
        members = self._fields(edit.members)
        self._check_references(members, before, work)
        after = self._checked(changed(before, members), before, members, work)
        return edited(work, self.noun, before, after)

    def _fields(self, members: Mapping[str, Any]) -> dict[str, Any]:
        found = dict(members)
        for each in self.stated:
            if each.name in found:
                value = self._stated_form[each.name](found.pop(each.name), f"/{each.name}")
                found.update(each.fields(value))
        return found

    def _check_references(self, members: Mapping[str, Any], before: A | None, work: Work) -> None:
        """Let the object name what exists and is in use; what it named before it may keep."""
        for name, reference in self.references.items():
            named = members.get(name)
            if named is None:
                continue
            found = work.get(KINDS[reference.table], named, pointer=f"/{name}")
            if name in self._in_use and (before is None or getattr(before, name) != named):
                self._in_use[name](found, f"/{name}")

    def _checked(self, aggregate: A, before: A | None, members: Mapping[str, Any], work: Work) -> A:
        if self._complete is not None:
            aggregate = self._complete(aggregate, before, work)
        own_key = self.noun.kind.key(aggregate)
        for each in self.unique:
            if members.get(each.member) is None:
                continue
            finder = self.finders[each.member]
            same = work.search(finder, *(finder.key_of(aggregate) or ()))
            if any(self.noun.kind.key(other) != own_key for other in same):
                raise each.refusal.at(f"/{each.member}")
        return aggregate


def _finder(noun: Noun[A], name: str) -> Finder[A]:
    column = folded_of(noun.of, name)

    def key_of(aggregate: A) -> Key:
        return (getattr(aggregate, column),)

    return Finder(f"{noun.name}_by_{name}", noun.kind, key_of)
