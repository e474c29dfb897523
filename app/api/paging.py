"""The page part of a list request: how many rows, in which order, after which cursor."""

from dataclasses import field, replace
from datetime import datetime
from typing import Annotated, Any, Final

import orjson
from fastapi import Depends, Query

from app.api.cursors import CursorSigner
from app.application.shared.reading import Listing, PageRequest
from app.application.shared.wording import instant
from app.domain.shared.errors import InvalidValue
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id

_PAGE_DEPTH_MAX: Final = 10_000


@frozen
class PageParams:
    """The page part of a list request."""

    limit: int
    cursor: str | None
    sort: str | None
    page: int | None
    include_total: bool
    asked: datetime | None = None
    stated: dict[str, Any] = field(default_factory=dict)

    def known(self, asked: datetime | None, used: datetime | None) -> "PageParams":
        """The same page, of what was known at the instant ``used``, which it states.

        Its cursor is bound to the instant ``asked`` for: the one used moves with the clock.
        """
        stated = {"as_known_at": None if used is None else instant(used)}
        return replace(self, asked=asked, stated=stated)

    def request(
        self, listing: Listing, filters: dict[str, Any], tenant_id: Id, cursors: CursorSigner
    ) -> tuple[PageRequest, str]:
        """The request to the reader, and the tag that binds its cursor to list and filters.

        Raises:
            InvalidValue: the list has no such order.
            CursorInvalid: the cursor is of another list, company or filter, or none of ours.
        """
        sort = listing.sorts[0] if self.sort is None else self.sort
        descending = sort.startswith("-")
        name = sort.removeprefix("-")
        if name not in listing.sorts:
            raise InvalidValue.at("?sort")
        tag = orjson.dumps(
            [
                tenant_id.hex(),
                listing.name,
                sort,
                sorted((filters | {"as_known_at": self.asked}).items()),
            ],
            default=str,
        ).decode()
        after = None if self.cursor is None else cursors.read(tag, self.cursor)
        request = PageRequest(
            limit=self.limit,
            sort=name,
            descending=descending,
            after=after,
            filters=filters,
            page=self.page,
            include_total=self.include_total,
        )
        return request, tag


async def page_params(
    limit: Annotated[int, Query(ge=1, le=200, description="Rows a page.")] = 50,
    cursor: Annotated[str | None, Query(max_length=500, description="From next_cursor.")] = None,
    sort: Annotated[
        str | None, Query(max_length=40, description="A leading dash turns it.")
    ] = None,
    page: Annotated[int | None, Query(ge=1, le=_PAGE_DEPTH_MAX // 50)] = None,
    per_page: Annotated[int | None, Query(ge=1, le=200)] = None,
    include_total: Annotated[bool, Query(description="Count all rows; costs time.")] = False,
) -> PageParams:
    """The page parameters that every list takes."""
    return PageParams(per_page or limit, cursor, sort, page, include_total)


PageQuery = Annotated[PageParams, Depends(page_params)]
