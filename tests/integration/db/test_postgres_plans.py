"""How PostgreSQL walks a long list: along an index, as far as the page goes."""

import itertools
from collections.abc import Iterator

import psycopg
import pytest

from app.application.catalog.ports import CONTACT_LIST, PRODUCT_LIST
from app.application.sales.ports import SALE_LIST
from app.application.shared.reading import PageRequest
from app.infrastructure.contexts import lists
from app.infrastructure.db.lists import ListQuery

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
    for listing in (PRODUCT_LIST, CONTACT_LIST, SALE_LIST):
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
