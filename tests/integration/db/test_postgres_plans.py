"""How PostgreSQL looks for rows: by what is asked for, and along an index as far as a page goes."""

import itertools
import re
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from app.application.catalog.contacts import CONTACT
from app.application.catalog.products import PRODUCT
from app.application.sales.contract import SALE
from app.application.shared.kinds import Finder, Kind, Lock
from app.application.shared.reading import PageRequest
from app.infrastructure.contexts import lists, registry
from app.infrastructure.db.guards import APP_ROLE
from app.infrastructure.db.lists import ListQuery
from app.infrastructure.db.metadata import metadata
from app.infrastructure.db.postgres import COMMANDS
from app.infrastructure.db.postgres_statements import ReadShape, write_statement

REGISTRY = registry()
TENANT_TABLES = [each for each in metadata.sorted_tables if each.info["tenant"]]
LISTS: dict[str, ListQuery] = {each.listing.name: each for each in lists()}
ROWS = 20_000
TENANT = "00000000-0000-0000-0000-000000000001"
# Rows of one company, without all that belongs to them: the planner looks at nothing else.
ROW_OF = {
    "products": "id, sku, sku_folded, name, name_folded, description, kind, unit_id, "
    "quantity_decimals, costing, active, version",
    "contacts": "id, name, name_folded, is_customer, is_supplier, address, active, version",
    "sales": "id, number, location_id, effective_at, effective_on, currency, net, tax, total, "
    "change, tenders, taxes, recorded_at",
}
VALUE_OF = {
    "id": "gen_random_uuid()",
    "unit_id": "gen_random_uuid()",
    "location_id": "gen_random_uuid()",
    "kind": "'goods'",
    "costing": "'average'",
    "effective_at": "now()",
    "recorded_at": "now()",
    "effective_on": "current_date - n % 300",
    "currency": "'GBP'",
    **dict.fromkeys(("address", "tenders", "taxes"), "'[]'"),
    **dict.fromkeys(("active", "is_customer", "is_supplier"), "true"),
    **dict.fromkeys(("quantity_decimals", "version", "net", "tax", "total", "change"), "0"),
}


@pytest.fixture
def filled(own_database_url: str) -> Iterator[psycopg.Connection]:
    """A company with long lists, as the owner sees it."""
    with psycopg.connect(own_database_url, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        for table, columns in ROW_OF.items():
            values = [VALUE_OF.get(name, "'text ' || n") for name in columns.split(", ")]
            connection.execute(
                f"INSERT INTO {table} (tenant_id, {columns}) "
                f"SELECT '{TENANT}', {', '.join(values)} FROM generate_series(1, {ROWS}) n"
            )
            connection.execute(f"ANALYZE {table}")
        yield connection


@pytest.mark.parametrize("dialect", ["postgres"])
def test_a_page_is_read_along_an_index(filled: psycopg.Connection) -> None:
    """S4-15: no page of a list looks at all of its rows, or sorts them."""
    for listing in (PRODUCT.listed, CONTACT.listed, SALE.listed):
        for sort, after in itertools.product(listing.sorts, (None, ("a text", b"an id"))):
            request = PageRequest(
                limit=50,
                sort=sort,
                descending=False,
                after=after,
                filters={},
                page=None,
                include_total=False,
            )
            query = LISTS[listing.name]._build((), sort, request).postgres
            plan = filled.execute(f"EXPLAIN (GENERIC_PLAN) {query.sql}").fetchall()
            steps = "\n".join(row[0] for row in plan)
            assert "Seq Scan" not in steps, (listing.name, sort, steps)
            assert "Index" in steps, (listing.name, sort, steps)
            # A sort of the few that share a value is none of the list.
            rest = steps.replace("Incremental Sort", "").replace("Sort Key", "")
            assert "Sort" not in rest, (listing.name, sort, steps)


@pytest.fixture
def empty(own_database_url: str) -> Iterator[psycopg.Connection]:
    """A new database, as a connection of commands sees it."""
    with psycopg.connect(own_database_url, autocommit=True) as connection:
        for name, value in COMMANDS.items():
            connection.execute("SELECT set_config(%s, %s, false)", (name, value))
        connection.execute("SELECT set_config('app.tenant_id', %s, false)", (TENANT,))
        connection.execute(f"SET ROLE {APP_ROLE}")
        yield connection


def probes(connection: psycopg.Connection, sql: str) -> list[tuple[str, str, set[str]]]:
    """How the plan of a statement comes to rows of a table: the scan, the table, by which columns.

    Nothing else may be between: no walk through a table, no hash of it.
    """
    plan = connection.execute(f"EXPLAIN (GENERIC_PLAN) {sql}").fetchall()
    steps = [row[0] for row in plan]
    found = []
    for at, step in enumerate(steps):
        assert not re.search(r"Seq Scan|Bitmap|Hash|Merge", step), "\n".join(steps)
        scan = re.search(r"(Index (?:Only )?Scan) .* on (\w+)", step)
        if scan is not None:
            columns = re.findall(r"\(+(?:\w+\.)?(\w+)\)?(?:::\w+)? =", steps[at + 1])
            found.append((scan[1], scan[2], set(columns)))
    return found


KINDS: list[Kind[Any] | Finder[Any]] = [*REGISTRY.mappings, *REGISTRY.searches]


@pytest.mark.parametrize("dialect", ["postgres"])
def test_rows_of_a_command_are_found_by_what_is_asked_for(empty: psycopg.Connection) -> None:
    """A connection keeps the plans of an empty table while an import fills it."""
    for what in KINDS:
        mapping = REGISTRY.mapping_of(what)
        by = REGISTRY.searches[what].by if isinstance(what, Finder) else mapping.key
        tenant = {"tenant_id"} if mapping.table.info["tenant"] else set()
        kind = what.kind if isinstance(what, Finder) else what
        for lock in {Lock.NONE, kind.lock}:
            shape = ReadShape(((what, lock),), REGISTRY, locking=True)
            root, *children = probes(empty, shape.sql)
            if by:  # the others are all there is of a company: its books, its open months
                assert root[1:] == (mapping.table.name, tenant | set(by)), (what.name, root)
            for child in children:
                assert len(child[2]) > 1, (what.name, child)


@pytest.mark.parametrize("dialect", ["postgres"])
def test_a_changed_row_is_found_by_its_key(empty: psycopg.Connection) -> None:
    changing = [
        table
        for table in metadata.sorted_tables
        if empty.execute("SELECT has_table_privilege(%s, 'UPDATE')", (table.fullname,)).fetchone()
        == (True,)
    ]
    assert len(changing) > 20
    for table in changing:
        keys = [column.name for column in table.primary_key]
        columns = (*keys, *(each.name for each in table.columns if each.name not in keys))
        [(_, name, by)] = probes(empty, write_statement([(table, "update", columns)]))
        assert (name, by) == (table.name, set(keys))


@pytest.mark.parametrize("dialect", ["postgres"])
def test_a_reference_is_checked_by_the_key_of_what_it_names(empty: psycopg.Connection) -> None:
    """The check of a foreign key is planned by the connection too, and kept."""
    named = {
        (each.referred_table, tuple(pair.column.name for pair in each.elements))
        for table in TENANT_TABLES
        for each in table.foreign_key_constraints
    }
    assert len(named) > 10
    empty.execute("RESET ROLE")  # such a check is the owner's
    for table, columns in named:
        asked = " AND ".join(f"{name} = ${at}" for at, name in enumerate(columns, start=1))
        sql = f"SELECT 1 FROM ONLY {table.fullname} x WHERE {asked} FOR KEY SHARE OF x"
        assert [found[1:] for found in probes(empty, sql)] == [(table.name, set(columns))]
