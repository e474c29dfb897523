"""Reads: one object by its key, or a page of a list. Reads have no use case and change nothing."""

from dataclasses import dataclass, field
from typing import Any, Final, Literal, Protocol

from app.application.shared.kinds import Needs
from app.application.shared.work import Loaded
from app.domain.shared.fields import Folded, members_of
from app.domain.shared.frozen import frozen

PAGE_LIMIT_MAX = 200
PAGE_LIMIT_DEFAULT = 50


SEARCH: Final = "q"  # the parameter that looks into the folded members of a list


@frozen
class Filter:
    """One parameter of a list: ``name`` in the request, compared with ``members`` of the rows.

    With ``flag``, the members are true or false and the value names one of them: ``customer`` is
    the member ``is_customer``. ``type`` is how the parameter is read where that is not as the first
    of the members is.
    """

    name: str
    members: tuple[str, ...]
    operation: Literal["=", ">=", "<=", "contains", "flag"] = "="
    type: Any = None
    meaning: str = ""


def between(name: str, of: str) -> tuple[Filter, Filter]:
    """From a day or an instant on, and up to one, both included: ``effective_from``, ``…_to``."""
    return (
        Filter(f"{name}_from", (of,), ">=", meaning=f"Keeps what has `{of}` at or after this."),
        Filter(f"{name}_to", (of,), "<=", meaning=f"Keeps what has `{of}` at or before this."),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Listing:
    """A list as callers see it: what it may be filtered and sorted by.

    ``sorts`` name the allowed orders; the first is the default. Each has a direction of its own:
    the caller turns it round with a leading dash. ``parameters`` are the filters, with the members
    of the rows that they are compared with.
    """

    name: str
    sorts: tuple[str, ...]
    filters: tuple[str, ...] = ()
    parameters: tuple[Filter, ...] = ()


def list_of(
    name: str,
    of: type[Any],
    *,
    sorts: tuple[str, ...],
    filters: tuple[str | Filter, ...] = (),
    search: bool = False,
) -> Listing:
    """The list of objects of a dataclass; ``search`` adds ``q`` over what has a folded twin."""
    found = [each if isinstance(each, Filter) else Filter(each, (each,)) for each in filters]
    if search:
        twins = tuple(each.name for each in members_of(of) if each.type.mark(Folded) is not None)
        found.append(Filter(SEARCH, twins, "contains", str, "Text that a name or code contains."))
    return Listing(name, sorts, tuple(each.name for each in found), tuple(found))


@frozen
class PageRequest:
    """Which page: from where on, how many, in which order, under which filters."""

    limit: int = PAGE_LIMIT_DEFAULT
    sort: str = ""
    descending: bool = False
    after: tuple[Any, bytes] | None = None  # sort value and id of the last row seen
    filters: dict[str, Any] = field(default_factory=dict)
    page: int | None = None  # the offset form, to a bounded depth
    include_total: bool = False


@frozen
class Page:
    """Views of one page, and where the next one starts."""

    data: list[Any]
    next_after: tuple[Any, bytes] | None
    total: int | None = None


class Reader(Protocol):
    """The reading side of the database."""

    async def load(self, tenant_id: bytes | None, needs: Needs) -> Loaded:
        """Load aggregates without locking them."""
        ...

    async def page(self, tenant_id: bytes, listing: Listing, request: PageRequest) -> Page:
        """One page of a list; the number of statements does not depend on its size."""
        ...
