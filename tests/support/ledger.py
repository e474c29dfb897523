"""The ledger of a company, folded as soon as there are entries to fold."""

from datetime import datetime, timedelta
from typing import Any

from app.application.accounting.checkpoints import FOLD_LEDGER, LedgerPart, folder_of
from app.application.shared.commands import Call
from app.domain.shared.ids import read
from app.infrastructure.reports.folding import CHECKPOINT, DatabaseLedgerTail, Folding
from tests.support.company import Company


class Ledger:
    """Folds two entries at a time; a tail of one entry counts as long."""

    def __init__(self, application: Any, company: Company, tenant_id: bytes) -> None:
        container = application.state.container
        self.company, self.database, self.tenant_id = company, container.database, tenant_id
        self.tail = DatabaseLedgerTail(
            self.database, container.clock, lag=timedelta(), tail_max=0, part_max=2
        )
        self._folding = Folding(self.database, self.tail)

    @classmethod
    async def of(cls, application: Any, company: Company) -> "Ledger":
        me = await company.get("/auth/me")
        return cls(application, company, read("cmp", me["company_id"]))

    async def fold(self) -> int:
        """How many parts it took."""
        return await self._folding.fold(self.tenant_id)

    async def put(self, part: LedgerPart) -> Any:
        """Fold one part and return its outcome."""
        [outcome] = await self.database.run([Call(FOLD_LEDGER, part, folder_of(self.tenant_id))])
        return outcome

    async def checkpoint(self) -> datetime | None:
        """The checkpoint of the ledger."""
        async with self.database.read(self.tenant_id) as scope:
            row = await scope.row(CHECKPOINT)
        return None if row is None else row[0]
