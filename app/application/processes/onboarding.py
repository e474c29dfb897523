"""A company begins: its owner, its books, its units and its first location, in one command."""

from app.application.accounting.contract import seed_books
from app.application.catalog.contract import seed_units
from app.application.identity.contract import Registration, open_company, registration_needs
from app.application.inventory.contract import seed_location
from app.application.shared.commands import Command, Done
from app.application.shared.permissions import PUBLIC
from app.application.shared.work import Work


def _register(registration: Registration, work: Work) -> Done:
    tenant = open_company(work, registration)
    company = registration.company
    seed_books(
        work,
        currency=company.currency,
        time_zone=tenant.time_zone,
        tax_rounding=company.tax_rounding,
    )
    seed_units(work)
    seed_location(work)
    return Done(None)


REGISTER = Command("auth.register", PUBLIC, registration_needs, _register)
