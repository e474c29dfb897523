"""Every context's mappings and lists, gathered for the composition root."""

from app.infrastructure.accounting import mappings as accounting
from app.infrastructure.db import kernel_tables
from app.infrastructure.db.lists import ListQuery
from app.infrastructure.db.mapping import Registry
from app.infrastructure.identity import mappings as identity
from app.infrastructure.inventory import mappings as inventory
from app.infrastructure.reports import build as reports
from app.infrastructure.stored import STORED


def registry() -> Registry:
    """How every kind is loaded and saved."""
    found = Registry()
    for module in (kernel_tables, identity, accounting, inventory):
        found.add(*module.MAPPINGS)
    for each in STORED:
        found.add(*each.mappings)
    found.sqlite_checks.update(accounting.SQLITE_CHECKS)
    return found


def lists() -> list[ListQuery]:
    """Every list."""
    return [
        *identity.LISTS,
        *(each for stored in STORED for each in stored.lists),
        *reports.LISTS,
    ]
