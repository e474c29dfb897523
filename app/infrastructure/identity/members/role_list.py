"""The list of roles. A company has few, so they are all read, and a page is cut in memory."""

from typing import Any

from sqlalchemy import bindparam, select

from app.application.identity.members.kinds import ROLE_LIST
from app.application.identity.members.views import ROLE_VIEW, built_in_views
from app.application.shared.reading import Page, PageRequest
from app.domain.shared.ids import Id, read
from app.infrastructure.db import types
from app.infrastructure.db.lists import ListQuery
from app.infrastructure.db.port import Scope
from app.infrastructure.db.query import TENANT, Query
from app.infrastructure.identity.directory.lists import columns
from app.infrastructure.identity.directory.tables import roles

_OWN = select(*columns(ROLE_VIEW, roles)).where(
    roles.c.tenant_id == bindparam(TENANT, type_=types.Id)
)
_ALL_OWN = Query(_OWN)


class RoleList(ListQuery):
    """Roles of a company's own among those that every company has, which are no rows."""

    async def page(self, scope: Scope, request: PageRequest) -> Page:
        """One page in one statement."""
        sort = request.sort or self.listing.sorts[0]
        own = [self.view(*row) for row in await scope.rows(_ALL_OWN)]
        placed = [
            ((view[sort], read("rol", view["id"])), view)
            for view in (*built_in_views().values(), *own)
            if all(view[name] == value for name, value in request.filters.items())
        ]
        placed.sort(key=lambda each: each[0], reverse=request.descending)
        after = request.after
        rest = [each for each in placed if after is None or _beyond(each[0], after, request)]
        if request.page is not None:
            rest = rest[(request.page - 1) * request.limit :]
        page, more = rest[: request.limit], rest[request.limit :]
        return Page(
            data=[view for _, view in page],
            next_after=page[-1][0] if more else None,
            total=len(placed) if request.include_total else None,
        )


def _beyond(place: tuple[Any, Id], after: tuple[Any, bytes], request: PageRequest) -> bool:
    return place < after if request.descending else place > after


ROLES = RoleList(
    ROLE_LIST,
    _OWN,
    roles.c.id,
    ROLE_VIEW.row,
    sorts={"code": roles.c.code, "name": roles.c.name},
    filters={},
)
