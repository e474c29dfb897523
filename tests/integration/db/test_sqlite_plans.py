"""How SQLite looks for the rows of a command: never by a walk through all of a company's."""

import re
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from app.application.inventory.stock import MOVE
from app.application.shared.kinds import Finder, Lock
from app.application.shared.reading import PageRequest
from app.infrastructure.contexts import lists, registry
from app.infrastructure.db.lists import ListQuery
from app.infrastructure.db.sqlite_statements import SourceRead
from app.infrastructure.reports.stock import STOCK_VALUES, STOCK_VALUES_NOW

REGISTRY = registry()
# The others read all there is of a company by intention: its taxes, its open months, its roles.
NARROW = {each for each, how in REGISTRY.searches.items() if how.by not in ((), ("tenant_id",))}
SEARCHES = sorted(NARROW, key=lambda f: f.name)
KINDS = sorted((each for each, how in REGISTRY.mappings.items() if how.key), key=lambda k: k.name)
# Steps that look at no table: a sort, and the walk through the keys that are asked for.
NO_LOOK = ("USE TEMP B-TREE", "CO-ROUTINE k", "SCAN k", "SCAN 50 CONSTANT ROWS")


def plan(file: Path, sql: str, parameters: int) -> list[str]:
    connection = sqlite3.connect(file)
    rows = connection.execute(f"EXPLAIN QUERY PLAN {sql}", [b""] * parameters).fetchall()
    connection.close()
    return [row[3] for row in rows]


@pytest.mark.parametrize("keys", [1, 50])
@pytest.mark.parametrize("what", [*SEARCHES, *KINDS], ids=lambda each: each.name)
def test_rows_are_found_by_what_is_asked_for(sqlite_template: Path, what: Any, keys: int) -> None:
    """An open item of one customer must not cost a look at those of all."""
    mapping = REGISTRY.mapping_of(what)
    asked = len(REGISTRY.searches[what].by if isinstance(what, Finder) else mapping.key)
    read = SourceRead((what, Lock.NONE), REGISTRY, keys)
    for sql in (read.sql, *(child for child, _ in read.children)):
        for step in plan(sqlite_template, sql, 1 + asked * keys):
            # The tenant, and at least one thing more.
            least = 2 if "(tenant_id=?" in step else 1
            if step.count("=?") < least:
                assert step.startswith(NO_LOOK), (sql, step)


def page_plan(path: Path, listing: ListQuery, sort: str, *filters: str) -> list[str]:
    """How SQLite finds the first page of a list; nothing that the page does not show is sorted."""
    page = PageRequest(limit=50, sort=sort)
    sql = listing._build(filters, sort, page).sqlite.sql
    steps = plan(path, re.sub(r":\w+", "?", sql), sql.count(":"))
    assert [step for step in steps if "TEMP B-TREE" in step] == []
    return steps


def test_a_page_of_stock_values_sums_only_its_own_products(sqlite_template: Path) -> None:
    """S0-18: products come in the order of the key; valuations after the page are not read."""
    steps = page_plan(sqlite_template, STOCK_VALUES, "product_id", "as_of")
    assert steps[0] == "SEARCH valuations USING PRIMARY KEY (tenant_id=?)"


def test_the_stock_values_of_now_are_read_from_the_pools(sqlite_template: Path) -> None:
    steps = page_plan(sqlite_template, STOCK_VALUES_NOW, "product_id")
    assert steps[0] == "SEARCH cost_pools USING PRIMARY KEY (tenant_id=?)"
    assert [step for step in steps if "valuations" in step] == []


def test_a_page_of_the_moves_of_a_product_reads_no_other_move(sqlite_template: Path) -> None:
    [listing] = [each for each in lists() if each.listing is MOVE.listed]
    [step, *_] = page_plan(sqlite_template, listing, "id", "product_id")
    index = "stock_moves_product_id_id_ix (tenant_id=? AND product_id=?)"
    assert step == f"SEARCH stock_moves USING INDEX {index}"
