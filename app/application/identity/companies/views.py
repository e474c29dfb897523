"""Companies as their people see them."""

from datetime import datetime

from app.application.identity.directory.reading import view_of
from app.domain.identity.companies.tenant import CompanyStatus, Tenant, status_of


def status(state: str, delete_at: datetime | None, purging: bool) -> str:
    """What the people of the company may do."""
    return CompanyStatus.PURGING if purging else status_of(state, delete_at)


def role(role: str) -> str:
    """The role of the caller in the company."""
    return role


OWN_COMPANY_VIEW = view_of(
    Tenant,
    "OwnCompanyView",
    ("id", "name", "delete_at"),
    computed=(role, status),
)
STATUS_VIEW = view_of(
    Tenant,
    "CompanyStatusView",
    ("id", "delete_at"),
    computed=(status,),
)
