"""Nouns: what each kind of object is called, who may use it, and what follows from that.

A noun is declared once, in its context, as a plain value. Routers, lists, permissions, id prefixes,
exports, the audit trail and the walks of the tests are derived from the declarations that
``app.application.contexts`` gathers. A declaration does nothing by itself.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any, Final, Generic, TypeVar

from app.application.shared.kinds import Key, Kind
from app.application.shared.permissions import Access, Resource, declare_resources
from app.application.shared.reading import Listing
from app.application.shared.views import DOCUMENT_PREFIXES, View
from app.domain.shared.errors import DomainError
from app.domain.shared.fields import Reference, member, members_of
from app.domain.shared.ids import show

__all__ = ["Access", "Context", "Listed", "Noun", "Resource", "by", "by_id", "declare"]

A = TypeVar("A")

ROOT: Final = "/api/v1"


def by_id(aggregate: Any) -> Key:
    """The key of an aggregate that has an id."""
    return (aggregate.id,)


def by(*names: str) -> Callable[[Any], Key]:
    """The key of an aggregate that is told apart by these members."""

    def key(aggregate: Any) -> tuple[Hashable, ...]:
        return tuple(getattr(aggregate, name) for name in names)

    return key


class Noun(Generic[A]):
    """A kind of object with its name outside.

    Args:
        name: in the singular, as audit entries and events have it: ``supplier_return``.
        kind: how it is loaded.
        view: what clients see of it.
        path: its place in the API, below ``/api/v1``.
        about: one sentence for the contract.
        access: which roles use it.
        resource: what its permissions are called: ``<resource>:read``, ``<resource>:write``. The
            name of the kind by default.
        tag: where the contract shows it; the last word of the path by default.
        refusals: the errors that its commands answer beside those that every command has.
    """

    def __init__(
        self,
        name: str,
        kind: Kind[A],
        view: View[A],
        path: str,
        about: str,
        access: Access,
        *,
        resource: str = "",
        tag: str = "",
        refusals: Sequence[type[DomainError]] = (),
    ) -> None:
        self.name = name
        self.kind = kind
        self.view = view
        self.path = ROOT + path
        self.about = about
        self.access = access
        self.resource = resource or kind.name
        self.tag = tag or path.rpartition("/")[2]
        self.refusals = tuple(refusals)

    @property
    def of(self) -> type[A]:
        """The dataclass behind the noun."""
        return self.view.of

    @property
    def has_id(self) -> bool:
        """Whether its objects have an id of their own."""
        return any(each.name == "id" for each in members_of(self.of))

    @cached_property
    def prefix(self) -> str:
        """What its ids begin with: the type of the member ``id`` says it."""
        reference = member(self.of, "id").type.mark(Reference)
        if reference is None:
            raise TypeError(f"{self.of.__name__}.id must say its prefix: give it a Reference type")
        return reference.prefix

    @property
    def reads(self) -> str:
        """The permission to see it."""
        return f"{self.resource}:read"

    @property
    def writes(self) -> str:
        """The permission to change it."""
        return f"{self.resource}:write"

    def show(self, aggregate: A, **beside: Any) -> dict[str, Any]:
        """The view of an aggregate."""
        return self.view.show(aggregate, **beside)

    @property
    def collection(self) -> str:
        """What many of it are called in the names of commands: the last word of the path."""
        return self.path.rpartition("/")[2].replace("-", "_")

    def location(self, id_: bytes) -> str:
        """Where the object with this id is found."""
        return f"{self.path}/{show(self.prefix, id_)}"


class Listed(Generic[A]):
    """A noun that is only listed; its facts are made by others (a stock move)."""

    def __init__(self, noun: Noun[A], listed: Listing, summary: View[A] | None = None) -> None:
        self.noun = noun
        self.listed = listed
        self.summary = summary or noun.view


class Context:
    """The declarations of a context, in the order in which the contract shows them.

    ``declared`` are masters, documents and plain nouns; ``resources`` have permissions only.
    """

    def __init__(
        self, name: str, declared: Sequence[Any], resources: Sequence[Resource] = ()
    ) -> None:
        self.name = name
        self.declared = tuple(declared)
        self.resources = tuple(resources)

    @property
    def nouns(self) -> list[Noun[Any]]:
        """The nouns of the context."""
        return [getattr(each, "noun", each) for each in self.declared]

    def all_resources(self) -> Iterator[Resource]:
        """What has permissions in the context."""
        yield from self.resources
        for noun in self.nouns:
            yield Resource(noun.resource, noun.access)


# Filled from the declarations of all contexts, when ``app.application.contexts`` is imported.
KINDS: Final[dict[str, Kind[Any]]] = {}
PREFIXES: Final[dict[str, str]] = {}  # of the ids of each noun, by its name


def declare(contexts: Iterable[Context]) -> None:
    """Make the kinds, prefixes and permissions of all nouns known.

    Raises:
        TypeError: two nouns share a prefix.
    """
    owners: dict[str, str] = {}
    for context in contexts:
        declare_resources(context.all_resources())
        for each in context.declared:
            noun: Noun[Any] = getattr(each, "noun", each)
            KINDS[noun.kind.name] = noun.kind
            if not noun.has_id:
                continue
            other = owners.setdefault(noun.prefix, noun.name)
            if other != noun.name:
                raise TypeError(f"{noun.name} and {other} share the prefix {noun.prefix}")
            PREFIXES[noun.name] = noun.prefix
            DOCUMENT_PREFIXES.update(dict.fromkeys(getattr(each, "kinds", ()), noun.prefix))
