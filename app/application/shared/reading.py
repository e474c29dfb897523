"""Reads: one object by its key, or a page of a list. Reads have no use case and change nothing."""

from dataclasses import dataclass, field
from typing import Any, Protocol

from app.application.shared.kinds import Needs
from app.application.shared.work import Loaded
from app.domain.shared.frozen import frozen

PAGE_LIMIT_MAX = 200
PAGE_LIMIT_DEFAULT = 50


@dataclass(frozen=True, slots=True, eq=False)
class Listing:
    """A list as callers see it: what it may be filtered and sorted by.

    ``sorts`` name the allowed orders; the first is the default. Each has a direction of its own:
    the caller turns it round with a leading dash.
    """

    name: str
    sorts: tuple[str, ...]
    filters: tuple[str, ...] = ()


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
