"""The reading side of the database: objects by key, pages of lists."""

from collections.abc import Iterable

from app.application.shared.kinds import Needs
from app.application.shared.reading import Listing, Page, PageRequest
from app.application.shared.work import Loaded
from app.infrastructure.db.lists import ListQuery
from app.infrastructure.db.port import Database


class DatabaseReader:
    """Implements ``app.application.shared.reading.Reader``."""

    def __init__(self, database: Database, lists: Iterable[ListQuery]) -> None:
        self._database = database
        self._lists = {each.listing: each for each in lists}

    async def load(self, tenant_id: bytes | None, needs: Needs) -> Loaded:
        """Load aggregates without locking them."""
        return await self._database.load(tenant_id, needs)

    async def page(self, tenant_id: bytes, listing: Listing, request: PageRequest) -> Page:
        """One page of a list."""
        async with self._database.read(tenant_id) as scope:
            return await self._lists[listing].page(scope, request)
