"""TE-03, S3-38: a statement on a tenant's table that does not name the tenant cannot be made."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import and_, exists, func, not_, or_, select, text, union_all
from sqlalchemy.sql.selectable import SelectBase

import app.infrastructure.db.tables_of_all_contexts  # noqa: F401
from app.application.shared.kinds import Finder, Kind, Lock
from app.application.shared.reading import Listing, PageRequest
from app.infrastructure.catalog.tables import categories, products
from app.infrastructure.contexts import lists, registry
from app.infrastructure.db.lists import ListQuery
from app.infrastructure.db.metadata import metadata
from app.infrastructure.db.postgres_statements import ReadShape, write_statement
from app.infrastructure.db.query import Query, TenantMissing, of_tenant
from app.infrastructure.db.sqlite_statements import SourceRead, update_statement
from app.infrastructure.identity.directory.tables import memberships, users

MINE = of_tenant(products)
OTHER = products.alias("other")
ALL = select(products.c.id)
COUNTED = select(func.count()).select_from(products)
SAME = products.c.tenant_id == categories.c.tenant_id
IN_CATEGORY = products.c.category_id == categories.c.id

UNBOUND: dict[str, SelectBase] = {
    "a table": ALL,
    "another column": ALL.where(products.c.id == products.c.unit_id),
    "one side of an or": ALL.where(or_(*MINE, products.c.sku == "x")),
    "its opposite": ALL.where(not_(and_(*MINE, products.c.sku == "x"))),
    "a join": ALL.join(categories, IN_CATEGORY).where(*MINE),
    "the other of a join": select(categories.c.id).join(products, IN_CATEGORY).where(*MINE),
    "two that name each other": ALL.join(categories, SAME & IN_CATEGORY),
    "what stays in an outer join": ALL.outerjoin(categories, and_(*MINE, SAME)),
    "an alias": select(OTHER.c.id).where(*MINE, OTHER.c.id == products.c.id),
    "the same table around a bound one": select(
        products.c.id, select(products.c.sku).where(*MINE).subquery().c.sku
    ),
    "a subquery": select(ALL.subquery().c.id),
    "a common table expression": select(ALL.cte().c.id),
    "a column": select(users.c.id, COUNTED.scalar_subquery()),
    "a condition": select(users.c.id).where(exists().where(products.c.id == users.c.id)),
    "a set": select(users.c.id).where(users.c.id.in_(ALL)),
    "one of a union": union_all(ALL.where(*MINE), select(OTHER.c.id)),
    "a condition on its own": select(users.c.id).where(ALL.where(exists().where(*MINE)).exists()),
    "text": text("SELECT id FROM products").columns(products.c.id),
    "text in a condition": ALL.where(*MINE, text("1 = 1 OR sku = 'x'")),
}

BOUND: dict[str, SelectBase] = {
    "a table": ALL.where(*MINE),
    "with more": ALL.where(and_(*MINE, products.c.active)),
    "a join of two that are": ALL.join(categories, IN_CATEGORY).where(
        *of_tenant(products, categories)
    ),
    "a join with one that is": ALL.join(categories, SAME & IN_CATEGORY).where(*MINE),
    "what comes in an outer join": ALL.outerjoin(categories, SAME).where(*MINE),
    "within one that is": ALL.where(
        *MINE, exists().where(categories.c.tenant_id == products.c.tenant_id)
    ),
    "a subquery": select(ALL.where(*MINE).subquery().c.id),
}


@pytest.mark.parametrize("statement", UNBOUND.values(), ids=UNBOUND)
def test_a_statement_without_the_tenant_cannot_be_made(statement: SelectBase) -> None:
    with pytest.raises(TenantMissing):
        Query(statement)


@pytest.mark.parametrize("statement", BOUND.values(), ids=BOUND)
def test_a_statement_within_the_tenant_can(statement: SelectBase) -> None:
    assert Query(statement).tenant


def test_what_reads_no_tenants_table_needs_none() -> None:
    assert not Query(select(users.c.id).join(memberships)).tenant


def test_a_list_that_forgets_its_tenant_fails_at_its_first_page() -> None:
    """Readers have no way around: every page is such a statement."""
    listing = Listing("forgetful", sorts=("sku",), filters=())
    query = ListQuery(listing, ALL, products.c.id, str, {"sku": products.c.sku}, {})
    with pytest.raises(TenantMissing):
        query._build((), "sku", _first_page())


def _first_page() -> PageRequest:
    return PageRequest(
        limit=1,
        sort="sku",
        descending=False,
        after=None,
        filters={},
        page=None,
        include_total=False,
    )


def test_every_list_with_every_filter_is_within_the_tenant() -> None:
    """The invariants are made with the check where they are compared (test_auditor_since.py)."""
    for each in lists():
        for sort in each.sorts:
            each._build(tuple(each.filters), sort, _first_page())
        each._count(tuple(each.filters))


REGISTRY = registry()
KINDS: list[Kind[Any] | Finder[Any]] = [*REGISTRY.mappings, *REGISTRY.searches]


@pytest.mark.parametrize("what", KINDS, ids=lambda each: each.name)
def test_what_a_command_loads_is_within_the_tenant(what: Kind[Any] | Finder[Any]) -> None:
    """Root and children of every kind and finder; a further condition cannot widen it."""
    mapping = REGISTRY.mapping_of(what)
    if not mapping.table.info["tenant"]:
        return
    for keys in (1, 50):
        read = SourceRead((what, Lock.NONE), REGISTRY, keys)
        for sql in (read.sql, *(each for each, _ in read.children)):
            assert " WHERE t.tenant_id = ?1" in sql, sql
            assert not re.search(r"\bOR\b", re.sub(r"\([^()]*\)", "", sql)), sql
        assert all(" c ON c.tenant_id = ?1 AND " in sql for sql, _ in read.children)
    for lock in {Lock.NONE, what.kind.lock if isinstance(what, Finder) else what.lock}:
        sql = ReadShape([(what, lock)], REGISTRY, locking=True).sql
        tables = re.findall(r"FROM (\w+) ([tc])\b", sql)
        assert len(tables) == len(re.findall(r"WHERE [tc]\.tenant_id = \$1", sql)), sql
        assert {name for name, _ in tables} == {
            mapping.table.name,
            *(each.table.name for each in mapping.children),
        }


def test_what_a_command_changes_is_within_the_tenant() -> None:
    """The tenant is part of every key that a change looks for."""
    for table in metadata.sorted_tables:
        if table.info["tenant"]:
            batch = (table, "update", tuple(table.columns.keys()))
            assert "t.tenant_id = r.tenant_id" in write_statement([batch])
            assert " WHERE tenant_id = ?" in update_statement(batch)


TENANT_TABLES = "|".join(each.name for each in metadata.sorted_tables if each.info["tenant"])
READS = re.compile(rf"\b(FROM|JOIN|UPDATE|INTO)\s+({TENANT_TABLES})\b", re.IGNORECASE)


def texts(path: Path) -> Iterator[str]:
    """The texts of a module, an f-string as one."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    inner: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            inner.update(map(id, node.values))
            yield "".join(str(_value(each)) for each in node.values)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inner:
            yield node.value


def _value(part: Any) -> Any:
    return part.value if isinstance(part, ast.Constant) else "x"


def test_no_statement_is_written_as_text_without_the_tenant() -> None:
    """What is no ``Query``: the checks of SQLite and the triggers, which name it themselves."""
    found = [
        (str(path), each)
        for path in Path("app").rglob("*.py")
        for each in texts(path)
        if READS.search(each) and "tenant_id" not in each
    ]
    assert found == []
