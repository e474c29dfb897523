"""A company begins: its owner, its books, its units and its first location, in one command."""

from app.application.accounting.contract import seed_books
from app.application.catalog.contract import seed_units
from app.application.identity.contract import (
    Company,
    Registration,
    found_another,
    founded_view,
    founding_needs,
    open_company,
    registration_needs,
)
from app.application.inventory.contract import seed_location
from app.application.shared.commands import Command, Done
from app.application.shared.permissions import PUBLIC
from app.application.shared.work import Work


def _register(registration: Registration, work: Work) -> Done:
    _begin(work, open_company(work, registration).time_zone, registration.company)
    return Done(None)


def _found(company: Company, work: Work) -> Done:
    tenant = found_another(work, company)
    _begin(work, tenant.time_zone, company)
    return Done(founded_view(tenant), status=201)


def _begin(work: Work, time_zone: str, company: Company) -> None:
    """What every company starts with."""
    seed_books(
        work,
        currency=company.currency,
        time_zone=time_zone,
        tax_rounding=company.tax_rounding,
    )
    seed_units(work)
    seed_location(work)


REGISTER = Command("auth.register", PUBLIC, registration_needs, _register)
# Runs as the new company. Every signed-in user may open one.
FOUND_COMPANY = Command("companies.create", "profile:write", founding_needs, _found)
