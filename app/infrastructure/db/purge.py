"""Deletes all data of a company after its grace period, as the owner of the database.

It works in small transactions, children before parents, and keeps its counts in the row of
``purges`` that permits deleting facts. A killed purge continues when it is run again. The company,
its members and the users without another company are deleted last, in one transaction.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final

import structlog
from sqlalchemy import ForeignKeyConstraint, Table

from app.domain.shared.ids import Id
from app.infrastructure.db.metadata import PLATFORM, metadata
from app.infrastructure.db.operators import keep_act
from app.infrastructure.db.owner import Owner, transaction

ROWS_AT_ONCE: Final = 1_000
_log = structlog.get_logger("app.purge")


async def due(owner: Owner, now: datetime) -> list[tuple[Id, str]]:
    """Id and name of each company whose grace period is over, or whose purge has begun."""
    tenants = owner.named(_platform("tenants"))
    rows = await owner.rows(
        f"SELECT id, name FROM {tenants} WHERE purging OR delete_at <= $1 ORDER BY id",
        now,
    )
    return [(Id(row[0]), str(row[1])) for row in rows]


async def purge(
    owner: Owner,
    tenant_id: Id,
    now: datetime,
    new_id: Callable[[], Id],
    *,
    rows_at_once: int = ROWS_AT_ONCE,
) -> dict[str, int] | None:
    """Delete the company; returns the rows deleted per table, None if it was cancelled."""
    if not await _begin(owner, tenant_id, now):
        return None
    counts = await _counted(owner, tenant_id)
    left = True
    while left:  # a request that was admitted just before may have written again
        left = False
        for table in _of_companies():
            left |= await _empty(owner, table, tenant_id, counts, rows_at_once)
    async with transaction(owner, tenant_id):
        await _end(owner, tenant_id, counts)
        await _keep_count(owner, tenant_id, counts)
        finish = f"UPDATE {_purges(owner)} SET finished_at = $2 WHERE company_id = $1"
        await owner.change(finish, tenant_id, now)
        changes = {"rows": sum(counts.values())}
        await keep_act(owner, new_id(), "company.purged", now, changes, tenant_id)
    return dict(counts)


async def _begin(owner: Owner, tenant_id: Id, now: datetime) -> bool:
    """Lock the company and permit deleting its facts; returns whether it is still to be deleted."""
    tenants = owner.named(_platform("tenants"))
    async with transaction(owner, tenant_id):
        going = await owner.change(
            f"UPDATE {tenants} SET purging = $3, version = version + 1 "
            "WHERE id = $1 AND (purging OR delete_at <= $2)",
            tenant_id,
            now,
            True,
        )
        if going:
            [(name,)] = await owner.rows(
                f"SELECT name FROM {tenants} WHERE id = $1",
                tenant_id,
            )
            await owner.change(
                f"INSERT INTO {_purges(owner)} (company_id, name_hash, started_at, row_counts) "
                "VALUES ($1, $2, $3, $4) ON CONFLICT (company_id) DO NOTHING",
                tenant_id,
                name_hash(tenant_id, name),
                now,
                owner.json({}),
            )
    return bool(going)


def name_hash(tenant_id: Id, name: str) -> bytes:
    """The keyed hash of a name: it can be recognised, but not read."""
    return hashlib.blake2b(name.encode(), key=tenant_id, person=b"tombstone").digest()


async def _counted(owner: Owner, tenant_id: Id) -> Counter[str]:
    """The counts of an earlier run."""
    [(kept,)] = await owner.rows(
        f"SELECT row_counts FROM {_purges(owner)} WHERE company_id = $1",
        tenant_id,
    )
    return Counter(owner.read_json(kept))


async def _keep_count(owner: Owner, tenant_id: Id, counts: Counter[str]) -> None:
    update = f"UPDATE {_purges(owner)} SET row_counts = $2 WHERE company_id = $1"
    await owner.change(update, tenant_id, owner.json(dict(counts)))


async def _empty(
    owner: Owner, table: Table, tenant_id: Id, counts: Counter[str], rows_at_once: int
) -> bool:
    """Delete every row of a company in a table; returns whether there was one."""
    statement = _delete(owner.named(table), table)
    found = False
    while True:
        async with transaction(owner, tenant_id):
            gone = await owner.change(statement, tenant_id, rows_at_once)
            if gone:
                found = True
                counts[str(table.name)] += gone
                await _keep_count(owner, tenant_id, counts)
        if not gone:
            return found


def _delete(name: str, table: Table) -> str:
    """A statement that deletes up to a number of rows, unreferenced rows of the table first."""
    key = ", ".join(each.name for each in table.primary_key.columns)
    free = [
        f"NOT EXISTS (SELECT 1 FROM {name} c WHERE "
        + " AND ".join(
            f"c.{each.parent.name} = t.{each.column.name}" for each in constraint.elements
        )
        + ")"
        for constraint in table.constraints
        if isinstance(constraint, ForeignKeyConstraint) and constraint.referred_table is table
    ]
    condition = " AND ".join(["t.tenant_id = $1", *free])
    return (
        f"DELETE FROM {name} WHERE ({key}) IN "
        f"(SELECT {', '.join(f't.{each.name}' for each in table.primary_key.columns)} "
        f"FROM {name} t WHERE {condition} LIMIT $2)"
    )


async def _end(owner: Owner, tenant_id: Id, counts: Counter[str]) -> None:
    """Delete the company's rows in the platform tables, and users without another company."""
    memberships = owner.named(_platform("memberships"))
    operators = owner.named(_platform("operators"))
    alone = await owner.rows(
        f"SELECT m.user_id FROM {memberships} m WHERE m.tenant_id = $1 AND NOT EXISTS "
        f"(SELECT 1 FROM {memberships} o WHERE o.user_id = m.user_id AND o.tenant_id <> $1) "
        f"AND NOT EXISTS (SELECT 1 FROM {operators} o WHERE o.user_id = m.user_id)",
        tenant_id,
    )
    for table in _of_platform():
        if "tenant_id" in table.c:
            gone = await owner.change(
                f"DELETE FROM {owner.named(table)} WHERE tenant_id = $1",
                tenant_id,
            )
            counts[str(table.name)] += gone
    messages, users = owner.named(_platform("messages")), owner.named(_platform("users"))
    for (user_id,) in alone:
        counts["messages"] += await owner.change(
            f"DELETE FROM {messages} WHERE recipient = (SELECT email FROM {users} WHERE id = $1)",
            user_id,
        )
        for table in _of_platform():
            for column in _of_users(table):
                gone = await owner.change(
                    f"DELETE FROM {owner.named(table)} WHERE {column} = $1 AND NOT EXISTS "
                    f"(SELECT 1 FROM {memberships} o WHERE o.user_id = $1)",  # joined meanwhile
                    user_id,
                )
                counts[str(table.name)] += gone
    tenants = owner.named(_platform("tenants"))
    counts["tenants"] += await owner.change(f"DELETE FROM {tenants} WHERE id = $1", tenant_id)


def _of_users(table: Table) -> Iterator[str]:
    """The columns of a table that name a user."""
    if table.name == "users":
        yield "id"
    for constraint in table.foreign_key_constraints:
        if constraint.referred_table.name == "users":
            yield from (str(each) for each in constraint.column_keys)


def _of_companies() -> list[Table]:
    """The tables of companies, children first."""
    return [table for table in reversed(metadata.sorted_tables) if table.info["tenant"]]


def _of_platform() -> list[Table]:
    """The tables of the platform, children first."""
    return [table for table in reversed(metadata.sorted_tables) if not table.info["tenant"]]


def _platform(name: str) -> Table:
    return metadata.tables[f"{PLATFORM}.{name}"]


def _purges(owner: Owner) -> str:
    return owner.named(_platform("purges"))
