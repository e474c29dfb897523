"""Provable isolation: two companies, every id of every route swapped, on both databases.

What is tried comes from the OpenAPI document, so a new route is covered, or fails here. On
PostgreSQL the same probes pass when the application names no tenant at all: row security alone
keeps the companies apart (TE-01..05, S3-01..03, S3-38, S0-54, S4-32, G-03).
"""

import re
from collections.abc import Awaitable, Callable

import pytest

from app.infrastructure.db.metadata import metadata
from tests.support.isolation import Probing
from tests.support.isolation_all import PROBES
from tests.support.leaks import without_conditions
from tests.support.statements import counted
from tests.support.tenants import Tenants

PLATFORM_TABLES = [each.name for each in metadata.sorted_tables if not each.info["tenant"]]


async def test_every_id_is_swapped_and_nothing_is_crossed(
    tenants_of: Callable[[str], Awaitable[Tenants]], dialect: str
) -> None:
    """G-03, TE-05: all of them, none inconclusive, with as many statements as a missing one."""
    tenants = await tenants_of(dialect)
    await tenants.look()
    with counted() as counter:
        on = Probing(tenants, statements=lambda: counter.total)
        for probe in PROBES:
            await probe(on)
    assert on.report.crossings == []
    assert on.report.inconclusive == []
    assert on.expected() - on.report.exercised == set()
    print(f"{len(on.chosen())} operations, {len(on.expected())} places, {on.report.probes} probes")
    assert len(on.expected()) >= 212
    assert on.report.probes >= 900
    assert counter.total > 5_000


@pytest.mark.parametrize("dialect", ["postgres"])
async def test_row_security_alone_keeps_companies_apart(
    tenants_of: Callable[[str], Awaitable[Tenants]], dialect: str
) -> None:
    """S3-01: without the tenant in any statement on tenants' tables nothing else is seen."""
    tenants = await tenants_of(dialect)
    await tenants.look()
    with without_conditions(tenants.app) as removed, counted() as counter:
        on = Probing(tenants)
        for probe in PROBES:
            await probe(on)
    assert on.report.crossings == []
    assert on.expected() - on.report.exercised == set()
    assert removed.conditions.keys() >= {"products", "sales", "journal_lines", "stock_moves"}
    bound = {sql for sql in counter.seen if re.search(r"tenant_id = (\$|r\.)", sql)}
    assert [sql for sql in bound if not any(each in sql for each in PLATFORM_TABLES)] == []
