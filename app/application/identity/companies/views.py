"""Companies as their people see them."""

from datetime import datetime

from typing_extensions import TypedDict

from app.application.shared.wording import instant
from app.domain.identity.companies.tenant import Tenant, status_of
from app.domain.shared.ids import show


class OwnCompanyView(TypedDict):
    """A company that the caller works for."""

    id: str
    name: str
    role: str
    standing: str
    delete_at: str | None


def own_company_view(
    id_: bytes, name: str, role: str, state: str, delete_at: datetime | None
) -> OwnCompanyView:
    """The view of a company that the caller works for."""
    return {
        "id": show("tnt", id_),
        "name": name,
        "role": role,
        "standing": status_of(state, delete_at),
        "delete_at": None if delete_at is None else instant(delete_at),
    }


class CompanyStanding(TypedDict):
    """The status of a company after a step."""

    id: str
    standing: str
    delete_at: str | None


def status_view(tenant: Tenant) -> CompanyStanding:
    """The view of the status of a company."""
    return {
        "id": show("tnt", tenant.id),
        "standing": str(tenant.status),
        "delete_at": None if tenant.delete_at is None else instant(tenant.delete_at),
    }
