"""The write path: statements, round trips, trail, retries."""

import asyncio
import sqlite3
from typing import Any

import asyncpg
import pytest

from app.infrastructure.db.schema import driver_url
from tests.support.company import Company


async def count(database_url: str, table: str) -> int:
    """Rows of a table, of all companies."""
    if database_url.startswith("sqlite"):
        connection = sqlite3.connect(database_url.split("///", 1)[1])
        try:
            return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
        finally:
            connection.close()
    owner = await asyncpg.connect(driver_url(database_url))
    try:
        return int(await owner.fetchval(f"SELECT count(*) FROM {table}"))
    finally:
        await owner.close()


async def sale_body(company: Company, lines: int = 3) -> dict[str, Any]:
    products = [await company.product(f"W{number}") for number in range(lines)]
    await company.open_stock("100", "1.00", *products)
    return {
        "location_id": await company.location(),
        "lines": [{"product_id": each, "quantity": "1"} for each in products],
        "tenders": [{"method": "cash"}],
    }


async def test_a_sale_is_4_round_trips_and_1_writing_statement(
    database_url: str, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stack 4, R-35: begin with the tenant, one locking read, one write, commit."""
    if database_url.startswith("sqlite"):
        return
    body = await sale_body(company)
    await company.post("/sales", body)  # the token and the statements are known from here on
    trips: list[str] = []

    def counted(name: str) -> None:
        plain = getattr(asyncpg.Connection, name)

        async def call(self: Any, query: str, *args: Any, **kwargs: Any) -> Any:
            trips.append(query.split(None, 1)[0].rstrip(";"))
            return await plain(self, query, *args, **kwargs)

        monkeypatch.setattr(asyncpg.Connection, name, call)

    for name in ("execute", "fetchrow", "fetch", "fetchval"):
        counted(name)
    await company.post("/sales", body)
    assert trips == ["BEGIN", "SELECT", "WITH", "COMMIT"]


async def test_100_sales_of_a_batch_share_one_read_and_one_write(
    database_url: str, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stack 5: a group of commands is one transaction of four round trips."""
    body = await sale_body(company, lines=1)
    items = [{**body, "idempotency_key": f"item-{number}"} for number in range(100)]
    trips: list[str] = []
    if not database_url.startswith("sqlite"):
        plain = asyncpg.Connection.fetchrow

        async def call(self: Any, query: str, *args: Any, **kwargs: Any) -> Any:
            trips.append(query.split(None, 1)[0])
            return await plain(self, query, *args, **kwargs)

        monkeypatch.setattr(asyncpg.Connection, "fetchrow", call)
    answer = await company.post("/sales/batch", {"atomic": True, "items": items}, status=200)
    assert {item["status"] for item in answer["items"]} == {201}
    assert trips in ([], ["SELECT", "WITH"])
    await company.assert_sound()


async def test_postgres_plans_the_statements_of_a_sale_once(
    database_url: str, company: Company, application: Any
) -> None:
    """Stack 4: no custom plan of the write and of the locking read."""
    if database_url.startswith("sqlite"):
        return
    body = await sale_body(company)
    for _ in range(8):
        await company.post("/sales", body)
    pool = application.state.container.database._commands
    connections = [await pool.acquire() for _ in range(pool.get_size())]
    rows = []
    for connection in connections:
        rows += await connection.fetch(
            "SELECT generic_plans, custom_plans FROM pg_prepared_statements "
            "WHERE statement LIKE 'WITH%' OR statement LIKE 'SELECT clock%'"
        )
    for connection in connections:
        await pool.release(connection)
    assert rows
    assert sum(row["generic_plans"] for row in rows) > 0
    assert sum(row["custom_plans"] for row in rows) == 0


async def test_a_command_leaves_one_audit_row_and_one_event(
    database_url: str, company: Company
) -> None:
    """S0-51, S1-24: trail and outbox are written with the effect; a replay writes nothing."""
    body = await sale_body(company)
    tables = ("audit_entries", "outbox_events", "sales", "journal_entries", "stock_moves")
    before = {table: await count(database_url, table) for table in tables}
    await company.post("/sales", body, key="trail")
    await company.post("/sales", body, key="trail")
    refused = {**body, "lines": [{**body["lines"][0], "quantity": "1000"}]}
    await company.post("/sales", refused, status=409)
    after = {table: await count(database_url, table) for table in tables}
    assert {table: after[table] - before[table] for table in tables} == {
        "audit_entries": 1,
        "outbox_events": 1,
        "sales": 1,
        "journal_entries": 1,
        "stock_moves": 3,
    }


async def test_baskets_in_opposite_order_do_not_deadlock(company: Company) -> None:
    """CO-03: locks are taken in key order, whatever the order of the lines."""
    body = await sale_body(company, lines=4)
    turned = {**body, "lines": body["lines"][::-1]}
    answers = await asyncio.gather(
        *(
            company.client.post(
                "/api/v1/sales",
                json=body if number % 2 else turned,
                headers={"Idempotency-Key": f"basket-{number}"},
            )
            for number in range(24)
        )
    )
    assert {answer.status_code for answer in answers} == {201}
    numbers = {answer.json()["number"][-6:] for answer in answers}
    assert numbers == {f"{number:06d}" for number in range(1, 25)}
    await company.assert_sound()


async def test_numbers_have_no_gap_where_every_third_command_fails(company: Company) -> None:
    """CO-04: a refused document gives its number back."""
    body = await sale_body(company, lines=1)
    bad = {**body, "tenders": [{"method": "cash", "amount": "0.01"}]}
    answers = await asyncio.gather(
        *(
            company.client.post(
                "/api/v1/sales",
                json=bad if number % 3 == 0 else body,
                headers={"Idempotency-Key": f"number-{number}"},
            )
            for number in range(30)
        )
    )
    taken = sorted(int(each.json()["number"][-6:]) for each in answers if each.status_code == 201)
    assert taken == list(range(1, 21))
