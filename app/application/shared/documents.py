"""Posted documents: requests that become facts once, and are never edited (a sale, a receipt).

A document is a declaration: the form of its request, what it needs, how it is posted, its view. Its
command, the answer to a repeated request, the audit note and the event follow from it. What is
special stays in ``post``, which reads as a paragraph.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from inspect import cleandoc
from typing import Any, Generic, Literal, TypeVar

from app.application.shared.access import Principal
from app.application.shared.commands import Command, Done
from app.application.shared.kinds import Finder, Key, Needs
from app.application.shared.nouns import Noun
from app.application.shared.reading import Filter, Listing, between, list_of
from app.application.shared.views import Computed, View
from app.application.shared.work import Work
from app.domain.shared.documents import Series
from app.domain.shared.errors import ExternalRefTaken, IdTaken, NotFound
from app.domain.shared.fields import (
    UNSET,
    Checked,
    Guarded,
    Mark,
    Scaled,
    is_nested,
    member,
    members_of,
)
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id

I = TypeVar("I")  # noqa: E741 - the form of a request
D = TypeVar("D")

_OWN_CHECK = ("id", "effective_at")


@frozen
class Asked(Generic[I]):
    """A request to post a document.

    ``at`` is the instant that it states, else that of its arrival. ``of`` is the object in its
    path, where there is one: the journal entry that is reversed.
    """

    body: I
    at: datetime
    of: Id | None = None


@frozen
class Beside(Generic[D]):
    """What the view of a document shows beside the document.

    ``needs`` adds what it takes for the document with this id; ``values`` are the parameters of the
    view.
    """

    needs: Callable[[Needs, Id], Needs]
    values: Callable[[D, Work], Mapping[str, Any]]


@frozen
class Moves:
    """How the lines of a document move goods, for the checks of the books.

    ``sign`` is 1 where a quantity above zero comes in, -1 where it leaves, 0 where it does both.
    ``value`` is the member of a line that says at which value, with the sign of its quantity; empty
    where the line says none.
    """

    sign: int
    value: str = ""


class Document(Generic[I, D]):
    """The declaration of a posted document.

    Args:
        noun: what it is called.
        request: the form of its request, a dataclass.
        needs: adds what posting takes to the needs of a request.
        post: checks and posts the request, and makes the document; the kernel keeps it.
        title: what posting it is called: "Sell over the counter".
        series: the letters that its numbers begin with.
        summary: its view in the list.
        filters: what its list may be filtered by, beside day and reference.
        facts: the members of its view that the audit trail and the event tell; a mapping says what
            they call each.
        same: whether a repeated request says what was posted, where comparing the members of equal
            names does not do.
        refuse: refuses what another document has already (a number of the supplier).
        beside: what its view shows beside it.
        kinds: what facts call it, its name by default; empty for one that no fact names.
        moves: how its lines move goods, where they do.
        action: what the audit trail and the event call it, which may follow from the document.
        batch: whether up to 100 may be posted in one request.
    """

    def __init__(
        self,
        noun: Noun[D],
        request: type[I],
        *,
        needs: Callable[[Needs, Asked[I]], Needs],
        post: Callable[[Asked[I], Work], D],
        title: str,
        series: Series,
        summary: View[D],
        filters: Sequence[str | Filter] = (),
        facts: Sequence[str] | Mapping[str, str] = ("number",),
        same: Callable[[I, D, Work], bool] | None = None,
        refuse: Callable[[Asked[I], Work], None] | None = None,
        beside: Beside[D] | None = None,
        kinds: Sequence[str] | None = None,
        moves: Moves | None = None,
        action: str | Callable[[D], str] = "posted",
        batch: bool = False,
    ) -> None:
        self.noun = noun
        self.request = request
        self.title = title
        self.kinds = (noun.name,) if kinds is None else tuple(kinds)
        self.about = cleandoc(post.__doc__ or "").partition("\nRaises:")[0].strip()
        self.series = series
        self.summary = summary
        self.beside = beside
        self.batch = batch
        self.moves = moves
        self._needs = needs
        self._post = post
        self._same = same
        self._refuse = refuse
        self._facts = facts if isinstance(facts, Mapping) else {each: each for each in facts}
        self._action = (lambda _: action) if isinstance(action, str) else action
        self.event = f"{noun.name}.{action}" if isinstance(action, str) else None
        self.has_ref = any(each.name == "external_ref" for each in members_of(noun.of))
        self.by_ref: Finder[D] = Finder(f"{noun.name}_by_ref", noun.kind, _external_ref)
        self.listed: Listing = list_of(
            noun.kind.name,
            noun.of,
            sorts=("effective_on", "id"),
            filters=(
                *between("effective", "effective_on"),
                *filters,
                *(("external_ref",) if self.has_ref else ()),
            ),
        )
        self.create = Command(
            f"{noun.collection}.create", noun.writes, self.needs, self.decide, key_required=True
        )

    def needs(self, asked: Asked[I], _: Principal) -> Needs:
        """What the request is decided on, with what carries its id or reference already."""
        body: Any = asked.body
        needs = Needs()
        if body.id is not None:
            needs.one(self.noun.kind, body.id)
            if self.beside is not None:
                self.beside.needs(needs, body.id)
        if self.has_ref and body.external_ref is not None:
            needs.search(self.by_ref, body.external_ref)
        return self._needs(needs, asked)

    def decide(self, asked: Asked[I], work: Work) -> Done:
        """Post the request once; a repeat under its own id is answered with what is there."""
        existing = self._existing(asked, work)
        if existing is not None:
            return Done(self.show(existing, work), status=200)
        posted, view, facts = self._kept(self._post(asked, work), work)
        work.note(self._action(posted), self.noun.name, posted.id, **facts)
        return Done(view, location=self.noun.location(posted.id))

    def keep(self, document: D, work: Work) -> D:
        """Keep a document that was posted, and add its event to the outbox."""
        return self._kept(document, work)[0]  # type: ignore[no-any-return]

    def _kept(self, document: D, work: Work) -> tuple[Any, dict[str, Any], dict[str, Any]]:
        """The document as it is kept, its view, and what the audit trail and the event tell."""
        kept: Any = work.put(self.noun.kind, document)
        view = self.show(kept, work)
        facts = {name: view[member] for name, member in self._facts.items()}
        work.event(f"{self.noun.name}.{self._action(kept)}", kept.id, **facts)
        return kept, view, facts

    def show(self, document: D, work: Work) -> dict[str, Any]:
        """The view of a document, with what stands beside it in ``work``."""
        values = {} if self.beside is None else self.beside.values(document, work)
        return self.noun.show(document, **values)

    def show_needs(self, id_: Id) -> Needs:
        """What showing the document with this id takes."""
        needs = Needs().one(self.noun.kind, id_)
        return needs if self.beside is None else self.beside.needs(needs, id_)

    def shown(self, id_: Id, work: Work) -> dict[str, Any]:
        """The view of the document with this id.

        Raises:
            NotFound: the tenant has none.
        """
        found = work.find(self.noun.kind, id_)
        if found is None:
            raise NotFound
        return self.show(found, work)

    def _existing(self, asked: Asked[I], work: Work) -> D | None:
        """The document that this request made before under its own id.

        Raises:
            IdTaken: the id is that of another document.
            ExternalRefTaken: another document carries the reference.
        """
        body: Any = asked.body
        existing = None if body.id is None else work.find(self.noun.kind, body.id)
        if existing is not None:
            if not self._is_same(asked, existing, work):
                raise IdTaken.at("/id")
            return existing
        ref = body.external_ref if self.has_ref else None
        if ref is not None and work.search(self.by_ref, ref):
            raise ExternalRefTaken.at("/external_ref")
        if self._refuse is not None:
            self._refuse(asked, work)
        return None

    def _is_same(self, asked: Asked[I], existing: D, work: Work) -> bool:
        body: Any = asked.body
        posted: Any = existing
        if body.effective_at is not None and body.effective_at != posted.effective_at:
            return False
        if not says(body, posted, work.principal.permissions):
            return False
        return self._same is None or self._same(asked.body, existing, work)


def status() -> Literal["posted"]:
    """The status: a document is posted or is not there."""
    return "posted"


def document_view(of: type[D], name: str = "", **more: Any) -> View[D]:
    """The view of a posted document with all that is in it; ``more`` is as of a ``View``."""
    return View(of, name, **{**more, "computed": (status, *more.get("computed", ()))})


def summary_view(of: type[D], name: str = "", *, computed: Sequence[Computed] = ()) -> View[D]:
    """The view of a posted document in a list: without what there are several of."""
    lists = [each.name for each in members_of(of) if each.type.item is not None]
    return View(of, name or f"{of.__name__}Summary", without=lists, computed=(status, *computed))


def says(body: Any, posted: Any, permissions: frozenset[str], pointer: str = "") -> bool:
    """Whether a request says what was posted, in all members that both have.

    What the service gave or filled in then, and what the caller is not shown (whether it is right
    would tell it), is not compared. Nor are amounts, which a request states before they are
    rounded, and what the document checks itself. Texts are compared in the form that their types
    check.

    Raises:
        InvalidValue: a text does not have its form; ``pointer`` is the place of ``body``.
    """
    known = {each.name for each in members_of(type(posted))}
    for each in members_of(type(body)):
        value = getattr(body, each.name)
        if each.name in _OWN_CHECK or each.name not in known or value is UNSET:
            continue
        if each.type.has(Mark.OWN_CHECK):
            continue
        theirs = getattr(posted, each.name)
        other = member(type(posted), each.name).type
        scaled, guarded = each.type.mark(Scaled), other.mark(Guarded)
        if other.has(Mark.GIVEN) or (scaled is not None and scaled.money):
            continue
        if guarded is not None and guarded.permission not in permissions:
            continue
        if each.type.has(Mark.FILLED) and value in (None, ""):
            continue
        place, form = f"{pointer}/{each.name}", each.type.mark(Checked)
        if each.type.item is not None and is_nested(each.type.item):
            if len(value) != len(theirs) or not all(
                says(one, two, permissions, f"{place}/{at}")
                for at, (one, two) in enumerate(zip(value, theirs, strict=True))
            ):
                return False
        elif (value if form is None or value is None else form.check(value, place)) != theirs:
            return False
    return True


def _external_ref(document: Any) -> Key:
    return (document.external_ref,)
