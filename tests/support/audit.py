"""The audit chain of a company, sealed as soon as there are entries to seal."""

from datetime import timedelta
from typing import Any

from app.application.identity.audit.seals import SEAL_AUDIT, AuditPart, sealer_of
from app.application.shared.commands import Call
from app.domain.shared.ids import Id, read
from app.infrastructure.identity.audit.chain import DatabaseAuditChain
from app.infrastructure.identity.audit.sealing import Sealing
from tests.support.company import Company

# By another clock than the service's: what was written in this millisecond is not yet to be sealed.
_AHEAD = timedelta(milliseconds=-5)


class Trail:
    """Seals entries that are a moment old, three to a seal."""

    def __init__(self, application: Any, company: Company, tenant_id: Id) -> None:
        container = application.state.container
        self.application, self.company, self.tenant_id = application, company, tenant_id
        self.database = container.database
        self.chain = DatabaseAuditChain(self.database, container.clock, lag=_AHEAD, part_max=3)
        self._sealing = Sealing(self.database, self.chain)

    @classmethod
    async def of(cls, application: Any, company: Company) -> "Trail":
        me = await company.get("/auth/me")
        return cls(application, company, read("cmp", me["company_id"]))

    async def seal(self) -> int:
        """How many seals it took."""
        return await self._sealing.seal(self.tenant_id)

    async def put(self, part: AuditPart) -> Any:
        """Seal one part and return its outcome."""
        [outcome] = await self.database.run([Call(SEAL_AUDIT, part, sealer_of(self.tenant_id))])
        return outcome

    async def verdict(self, **asked: Any) -> Any:
        """The service's verdict on the chain."""
        return await self.company.get("/audit-entries/verification", **asked)

    async def entries(self, **filters: Any) -> list[Any]:
        """The entries that a filter finds, the oldest first."""
        await self.application.state.container.identity.refusals.settle()
        return list((await self.company.get("/audit-entries", limit=200, **filters))["data"])
