"""The generator is worth what it finds: holes planted one at a time, each of which it must report.

On SQLite a statement loses its tenant, as if its author had forgotten it; on PostgreSQL, where row
security would still hold, a policy goes as well. Only the operations behind the hole are tried.
"""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from typing import Any

import asyncpg
import orjson
import pytest

from app.api.cursors import CursorSigner
from app.api.deps import Http
from app.application.shared import group
from app.application.shared.idempotency import StoredAnswer
from app.domain.shared.ids import NO_ID, read
from app.infrastructure.db import sqlite_statements, sqlite_steps
from app.infrastructure.db.reader import DatabaseReader
from app.infrastructure.db.schema import driver_url
from tests.support.isolation import Probing
from tests.support.isolation_all import Probe
from tests.support.isolation_reads import cursors, figures, filters, headers, reads
from tests.support.isolation_writes import batches, bodies, made_ids, paths, writes
from tests.support.leaks import forget_statements, without_conditions
from tests.support.statements import counted
from tests.support.tenants import Tenants

TenantsOf = Callable[[str], Awaitable[Tenants]]
Hole = Callable[[Any], AbstractContextManager[Any]]


def read_of(tables: str, naming: str = "") -> Hole:
    """Lists and reports leave the tenant of tables out: all, or those with a parameter."""

    def chosen(statement: Any) -> bool:
        return naming in str(statement)

    return lambda app: without_conditions(
        app, lambda each: each.name in tables.split(), reads=chosen, loads=None
    )


def load_of(*kinds: str) -> Hole:
    """Commands and single objects are loaded without the tenant."""
    return lambda app: without_conditions(app, reads=None, loads=lambda name: name in kinds)


@contextmanager
def cursor_without_tenant(_: Any) -> Iterator[None]:
    """A cursor is bound to list, order and filter only."""
    mac = CursorSigner._mac
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            CursorSigner,
            "_mac",
            lambda self, tag, body: mac(self, str(orjson.loads(tag)[1:]), body),
        )
        yield


@contextmanager
def answers_by_key_alone(app: Any) -> Iterator[None]:
    """A planted leak: a stored answer is found by its key for every caller."""

    def nobodys(**members: Any) -> StoredAnswer:
        return StoredAnswer(**{**members, "principal_id": NO_ID})

    with pytest.MonkeyPatch.context() as patch, load_of("stored_answers")(app):
        patch.setattr(group, "StoredAnswer", nobodys)
        patch.setattr(
            group, "_answer_key", lambda call: (NO_ID, call.command.name, call.idempotency_key)
        )
        yield


@contextmanager
def header_names_the_tenant(_: Any) -> Iterator[None]:
    """A planted leak: the caller selects the company of a session."""
    begin = Http.__init__

    def init(self: Http, request: Any, services: Any, principal: Any) -> None:
        named = request.headers.get("x-tenant-id")
        if named is not None:
            principal = replace(principal, tenant_id=read("cmp", named))
        begin(self, request, services, principal)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Http, "__init__", init)
        yield


@contextmanager
def foreign_rows_take_longer(app: Any) -> Iterator[None]:
    """The answer is right, after a look at whose it is instead."""
    load = DatabaseReader.load
    leaking = load_of("products")

    async def twice(self: DatabaseReader, tenant_id: bytes | None, needs: Any) -> Any:
        loaded = await load(self, tenant_id, needs)
        if not any(loaded.present.values()):
            with leaking(app):
                other = await load(self, tenant_id, needs)
            if any(other.present.values()):
                await load(self, tenant_id, needs)
        return loaded

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseReader, "load", twice)
        yield


@contextmanager
def update_by_id_alone(app: Any) -> Iterator[None]:
    """A change reaches every object of the id, whosever it is."""
    plain = sqlite_statements.update_statement
    forget_statements(app)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            sqlite_steps,
            "update_statement",
            lambda batch: plain(batch).replace("WHERE tenant_id =", "WHERE ?1 <>"),
        )
        yield
    forget_statements(app)


@dataclass(frozen=True)
class Leak:
    """A hole, the probe that must find it, and the operations behind it."""

    name: str
    hole: Hole
    probe: Probe
    operations: tuple[str, ...]


LEAKS = (
    Leak("an object by its id", load_of("products"), paths, ("GET /products/{id}",)),
    Leak("a change by an id", load_of("units"), paths, ("PATCH /units/{id}",)),
    Leak("a list", read_of("units"), reads, ("GET /units",)),
    Leak("a list of two tables", read_of("payments open_items"), reads, ("GET /payments",)),
    Leak(
        "a list with a filter",
        read_of("stock_moves", ":f_product_id"),
        filters,
        ("GET /stock-moves",),
    ),
    Leak("a search", read_of("contacts", ":f_q"), filters, ("GET /contacts",)),
    Leak("a reference in a body", load_of("accounts"), bodies, ("POST /journal-entries",)),
    Leak("a reference of a document", load_of("contacts"), bodies, ("POST /sales",)),
    Leak("an item of a batch", load_of("contacts"), batches, ("POST /receipts/batch",)),
    Leak("a finder", load_of("product_by_sku"), writes, ("POST /products",)),
    Leak(
        "sums of a report",
        read_of("day_balances journal_entries journal_lines accounts"),
        figures,
        ("GET /reports/trial-balance",),
    ),
    Leak("sums of the stock", read_of("cost_pools"), figures, ("GET /reports/stock-totals",)),
    Leak("a cursor", cursor_without_tenant, cursors, ("GET /units", "GET /accounts")),
    Leak("a stored answer", answers_by_key_alone, writes, ("POST /units",)),
    Leak("a header", header_names_the_tenant, headers, ("GET /units",)),
    Leak("one more statement", foreign_rows_take_longer, paths, ("GET /products/{id}",)),
    Leak(
        "a change by the id alone",
        update_by_id_alone,
        made_ids,
        ("POST /units", "PATCH /units/{id}"),
    ),
)


@pytest.mark.parametrize("dialect", ["sqlite"])
@pytest.mark.parametrize("leak", LEAKS, ids=lambda each: each.name)
async def test_a_planted_leak_is_found(tenants_of: TenantsOf, dialect: str, leak: Leak) -> None:
    """S3-01: that the same probes find nothing without it is test_every_route_isolation.py."""
    tenants = await tenants_of(dialect)
    with counted() as counter:
        on = Probing(tenants, *leak.operations, statements=lambda: counter.total)
        with leak.hole(tenants.app):
            await leak.probe(on)
    assert on.report.crossings
    if leak.probe in {writes, made_ids}:
        await tenants.look()


POLICIES = {
    "no policy": "ALTER TABLE {0} DISABLE ROW LEVEL SECURITY",
    "a policy for all": "ALTER POLICY {0}_tenant ON {0} USING (true) WITH CHECK (true)",
}
MENDED = (
    "ALTER TABLE {0} ENABLE ROW LEVEL SECURITY",
    "ALTER POLICY {0}_tenant ON {0} "
    "USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid) "
    "WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)",
)
ON_POSTGRES = (
    ("contacts", "no policy", reads, ("GET /contacts",)),
    ("products", "a policy for all", paths, ("GET /products/{id}",)),
    ("accounts", "no policy", bodies, ("POST /journal-entries",)),
    ("cost_pools", "a policy for all", figures, ("GET /reports/stock-totals",)),
)


@pytest.mark.parametrize("dialect", ["postgres"])
@pytest.mark.parametrize(("table", "hole", "probe", "operations"), ON_POSTGRES)
async def test_a_table_without_row_security_is_found(
    tenants_of: TenantsOf,
    database_url: str,
    table: str,
    hole: str,
    probe: Probe,
    operations: tuple[str, ...],
) -> None:
    """S3-01: with the conditions of the application, with the policy, with neither."""
    tenants = await tenants_of("postgres")
    owner = await asyncpg.connect(driver_url(database_url))
    found = []
    try:
        for policy, condition in ((False, True), (True, False), (False, False)):
            if not policy:
                await owner.execute(POLICIES[hole].format(table))
            on = Probing(tenants, *operations)
            if condition:
                await probe(on)
            else:
                with without_conditions(tenants.app):
                    await probe(on)
            found.append(on.report.crossings)
            for statement in MENDED:
                await owner.execute(statement.format(table))
    finally:
        await owner.close()
    assert [bool(each) for each in found] == [False, False, True], found
