"""The limits: the rows of a sale written by pgbench, and by a plain loop on SQLite."""

import contextlib
import json
import os
import resource
import sqlite3
import subprocess
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import asyncpg

from app.domain.shared.ids import read
from app.infrastructure.db.sqlite import connect
from load.measure.company import Company


@dataclass(frozen=True, slots=True)
class Facts:
    """The ids of the company that a handwritten sale needs."""

    tenant: bytes
    user: bytes
    location: bytes
    cash: bytes
    revenue: bytes
    cost: bytes
    stock: bytes

    @property
    def hexadecimal(self) -> dict[str, str]:
        """The ids as SQL literals."""
        return {name: getattr(self, name).hex() for name in self.__slots__}


async def facts_of(company: Company) -> Facts:
    """Read them from the company."""
    me = await company.read("/auth/me")
    accounts = (await company.read("/accounts?limit=200"))["data"]
    by_role = {each["role"]: read("acc", each["id"]) for each in accounts if each["role"]}
    return Facts(
        read("cmp", me["company_id"]),
        read("usr", me["user_id"]),
        read("loc", company.location),
        by_role["cash"],
        by_role["sales"],
        by_role["cost_of_goods_sold"],
        by_role["stock"],
    )


# One statement per step, like an application without our write path. It stores a body of the length
# of our stored answer, too.
_STEPS = r"""
\set a random(1, :products)
\set b random(1, :products)
\set c random(1, :products)
\set key random(1, 9000000000000000000)
SELECT uuidv7() AS sale, uuidv7() AS entry \gset
BEGIN;
SELECT set_config('app.tenant_id', '{tenant}', true);
SELECT status FROM stored_answers WHERE tenant_id = '{tenant}' AND principal_id = '{user}'
  AND operation = 'pgbench' AND idempotency_key = (:key)::text;
SELECT id, sku, name, kind, price, tax_id, costing, active FROM products
  WHERE tenant_id = '{tenant}' AND id IN ({ids});
SELECT product_id, on_hand, version FROM stock_levels
  WHERE tenant_id = '{tenant}' AND location_id = '{location}' AND product_id IN ({ids})
  ORDER BY product_id FOR UPDATE;
SELECT product_id, quantity, value, pool_seq, version FROM cost_pools
  WHERE tenant_id = '{tenant}' AND product_id IN ({ids}) ORDER BY product_id FOR UPDATE;
SELECT status FROM periods WHERE tenant_id = '{tenant}'
  AND starts_on = date_trunc('month', current_date)::date FOR KEY SHARE;
SELECT currency, closed_through FROM books WHERE tenant_id = '{tenant}' FOR KEY SHARE;
UPDATE stock_levels SET on_hand = on_hand - 1000000, version = version + 1
  WHERE tenant_id = '{tenant}' AND location_id = '{location}' AND product_id IN ({ids});
UPDATE cost_pools SET quantity = quantity - 1000000, value = value - 120, pool_seq = pool_seq + 1,
  total_out = total_out + 1000000, last_costed_on = current_date, version = version + 1
  WHERE tenant_id = '{tenant}' AND product_id IN ({ids});
INSERT INTO valuations (tenant_id, product_id, seq, effective_on, kind, quantity, value,
  source_kind, source_id, line, parts, recorded_at)
  SELECT tenant_id, product_id, pool_seq, current_date, 'issue', -1000000, -120, 'sale',
  (:'sale')::uuid, 1, '[]', now() FROM cost_pools
  WHERE tenant_id = '{tenant}' AND product_id IN ({ids});
INSERT INTO stock_moves (tenant_id, id, product_id, location_id, quantity, effective_at,
  effective_on, source_kind, source_id, line, recorded_at)
  SELECT '{tenant}', uuidv7(), p, '{location}', -1000000, now(), current_date, 'sale',
  (:'sale')::uuid, 1, now() FROM unnest(ARRAY[{ids}]) p;
INSERT INTO journal_entries (tenant_id, id, effective_at, effective_on, source_kind, source_id,
  purpose, memo, recorded_at)
  VALUES ('{tenant}', (:'entry')::uuid, now(), current_date, 'sale', (:'sale')::uuid, 'posting',
  'SAL/2026/MAIN/000001', now());
INSERT INTO journal_lines (tenant_id, entry_id, line, account_id, amount, memo, effective_on,
  recorded_at) VALUES
  ('{tenant}', (:'entry')::uuid, 1, '{cash}', 750, '', current_date, now()),
  ('{tenant}', (:'entry')::uuid, 2, '{revenue}', -750, '', current_date, now()),
  ('{tenant}', (:'entry')::uuid, 3, '{cost}', 360, '', current_date, now()),
  ('{tenant}', (:'entry')::uuid, 4, '{stock}', -360, '', current_date, now());
INSERT INTO sales (tenant_id, id, number, location_id, effective_at, effective_on, currency, net,
  tax, total, change, entry_id, tenders, taxes, recorded_at)
  VALUES ('{tenant}', (:'sale')::uuid, 'PGB/' || (:key)::text, '{location}', now(), current_date,
  'GBP', 750, 0, 750, 0, (:'entry')::uuid, '[["cash",750]]', '[]', now());
INSERT INTO sale_lines (tenant_id, sale_id, line, product_id, description, quantity, unit_price,
  gross, discount, net, tax, total, tax_parts, cost, valuation_seq)
  SELECT '{tenant}', (:'sale')::uuid, n, p, 'Product', 1000000, 2500000, 250, 0, 250, 0, 250, '[]',
  120, 1 FROM unnest(ARRAY[{ids}]) WITH ORDINALITY AS t(p, n);
INSERT INTO audit_entries (tenant_id, id, actor_id, session_id, request_id, address, action,
  entity_kind, entity_id, changes, recorded_at)
  VALUES ('{tenant}', uuidv7(), '{user}', '{user}', 'pgbench', '127.0.0.1', 'posted', 'sale',
  (:'sale')::uuid, '{{"number":"SAL/2026/MAIN/000001","total":750,"currency":"GBP"}}', now());
INSERT INTO outbox_events (tenant_id, id, type, subject_id, payload, recorded_at)
  VALUES ('{tenant}', uuidv7(), 'sale.posted', (:'sale')::uuid,
  '{{"number":"SAL/2026/MAIN/000001","total":750,"currency":"GBP"}}', now());
INSERT INTO stored_answers (tenant_id, principal_id, operation, idempotency_key, request_hash,
  status, headers, body, recorded_at)
  VALUES ('{tenant}', '{user}', 'pgbench', (:key)::text, '\x00'::bytea, 201, '{{}}',
  repeat('x', {body}), now());
UPDATE number_series SET next_number = next_number + 1, version = version + 1
  WHERE tenant_id = '{tenant}' AND series = 'SAL' AND scope_id = '{location}'
  AND year = extract(year FROM current_date)::bigint RETURNING next_number;
COMMIT;
"""
_BODY_LENGTH = 1400


def write_pgbench_script(folder: Path, facts: Facts) -> Path:
    """The script of one sale of three lines."""
    ids = ", ".join(f"lpad(to_hex((:{name})::bigint), 32, '0')::uuid" for name in "abc")
    # psql's \gset gives texts; parameters of prepared statements are written (:name)::type.
    steps = _STEPS.replace("(:'sale')", "(:sale)").replace("(:'entry')", "(:entry)")
    script = folder / "sale.sql"
    script.write_text(steps.format(ids=ids, body=_BODY_LENGTH, **facts.hexadecimal))
    return script


def run_pgbench(folder: Path, script: Path, *, products: int, clients: int, sales: int) -> float:
    """Run ``sales`` sales over ``clients`` connections; returns the CPU seconds of pgbench.

    Raises:
        RuntimeError: it failed; the message is its output.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(  # noqa: S603 - the program of the server that this run started
        [
            folder / "binaries" / "pgbench",
            *("--no-vacuum", "--protocol=prepared", f"--file={script}", "--max-tries=10"),
            *(f"--client={clients}", f"--transactions={sales // clients}"),
            *(f"--define=products={products}", f"--host={folder}", "--username=postgres"),
            "postgres",
        ],
        env=os.environ | {"PGOPTIONS": "-c role=tradepost_app -c jit=off"},
        capture_output=True,
        text=True,
        check=False,
    )
    failed = "number of failed transactions: 0 " not in done.stdout
    if done.returncode != 0 or failed:
        raise RuntimeError(f"pgbench: {done.stdout}\n{done.stderr}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


async def analyze(url: str) -> None:
    """Analyse the loaded tables."""
    connection = await asyncpg.connect(url)
    await connection.execute("VACUUM ANALYZE")
    await connection.close()


def copy_database(source: Path, target: Path) -> None:
    """A copy of a database that is in use."""
    closing = contextlib.closing
    with closing(sqlite3.connect(source)) as read, closing(sqlite3.connect(target)) as written:
        read.backup(written)


class SqliteLoop:
    """The rows of a sale in a plain loop with one commit each, synchronous=FULL."""

    def __init__(self, path: Path, facts: Facts, products: int) -> None:
        self._connection = connect(path)
        self._facts = facts
        self._products = products
        self._chance = Random(7)
        self._made = 0

    def run(self, sales: int) -> float:
        """Post the sales; returns the CPU seconds used."""
        started = time.thread_time()
        for _ in range(sales):
            self._sale(self._connection)
        return time.thread_time() - started

    def close(self) -> None:
        """End it."""
        self._connection.close()

    def _id(self) -> bytes:
        self._made += 1
        return b"\x09" + self._made.to_bytes(15, "big")

    def _sale(self, db: sqlite3.Connection) -> None:
        facts = self._facts
        tenant, now = facts.tenant, datetime.now(UTC)
        day = now.date().isoformat()
        instant = int(now.timestamp() * 1_000_000)
        sale, entry = self._id(), self._id()
        ids = [n.to_bytes(16, "big") for n in self._chance.sample(range(1, self._products + 1), 3)]
        db.execute("BEGIN IMMEDIATE")
        for product in ids:
            db.execute(_READ_PRODUCT, (tenant, product)).fetchone()
            db.execute(_READ_LEVEL, (tenant, product, facts.location)).fetchone()
            sequence = db.execute(_READ_POOL, (tenant, product)).fetchone()[0]
            db.execute(_LEVEL, (tenant, product, facts.location))
            db.execute(_POOL, (day, tenant, product))
            seq = sequence + 1
            db.execute(_VALUATION, (tenant, product, seq, day, sale, instant))
            move = (tenant, self._id(), product, facts.location, instant, day, sale, instant)
            db.execute(_MOVE, move)
        db.execute(_ENTRY, (tenant, entry, instant, day, sale, instant))
        amounts = ((facts.cash, 750), (facts.revenue, -750), (facts.cost, 360), (facts.stock, -360))
        for line, (account, amount) in enumerate(amounts, 1):
            db.execute(_LINE, (tenant, entry, line, account, amount, day, instant))
        number = f"LIM/{self._made}"
        db.execute(_SALE, (tenant, sale, number, facts.location, instant, day, entry, instant))
        for line, product in enumerate(ids, 1):
            db.execute(_SALE_LINE, (tenant, sale, line, product))
        summary = json.dumps({"number": number, "total": 750, "currency": "GBP"})
        user = facts.user
        db.execute(_AUDIT, (tenant, self._id(), user, user, sale, summary, instant))
        db.execute(_EVENT, (tenant, self._id(), sale, summary, instant))
        db.execute(_ANSWER, (tenant, user, number, b"\0", "x" * _BODY_LENGTH, instant))
        db.execute(_SERIES, (tenant, facts.location))
        db.execute("COMMIT")


_READ_PRODUCT = "SELECT sku, name, kind, price FROM products WHERE tenant_id = ? AND id = ?"
_READ_LEVEL = (
    "SELECT on_hand FROM stock_levels WHERE tenant_id = ? AND product_id = ? AND location_id = ?"
)
_READ_POOL = "SELECT pool_seq, value FROM cost_pools WHERE tenant_id = ? AND product_id = ?"
_LEVEL = (
    "UPDATE stock_levels SET on_hand = on_hand - 1000000, version = version + 1 "
    "WHERE tenant_id = ? AND product_id = ? AND location_id = ?"
)
_POOL = (
    "UPDATE cost_pools SET quantity = quantity - 1000000, value = value - 120, "
    "pool_seq = pool_seq + 1, total_out = total_out + 1000000, last_costed_on = ?, "
    "version = version + 1 WHERE tenant_id = ? AND product_id = ?"
)
_VALUATION = (
    "INSERT INTO valuations (tenant_id, product_id, seq, effective_on, kind, quantity, value, "
    "source_kind, source_id, line, parts, recorded_at) "
    "VALUES (?, ?, ?, ?, 'issue', -1000000, -120, 'sale', ?, 1, '[]', ?)"
)
_MOVE = (
    "INSERT INTO stock_moves (tenant_id, id, product_id, location_id, quantity, effective_at, "
    "effective_on, source_kind, source_id, line, recorded_at) "
    "VALUES (?, ?, ?, ?, -1000000, ?, ?, 'sale', ?, 1, ?)"
)
_ENTRY = (
    "INSERT INTO journal_entries (tenant_id, id, effective_at, effective_on, source_kind, "
    "source_id, purpose, memo, recorded_at) VALUES (?, ?, ?, ?, 'sale', ?, 'posting', '', ?)"
)
_LINE = (
    "INSERT INTO journal_lines (tenant_id, entry_id, line, account_id, amount, memo, "
    "effective_on, recorded_at) VALUES (?, ?, ?, ?, ?, '', ?, ?)"
)
_SALE = (
    "INSERT INTO sales (tenant_id, id, number, location_id, effective_at, effective_on, currency, "
    "net, tax, total, change, entry_id, tenders, taxes, recorded_at) "
    "VALUES (?, ?, ?, ?, ?, ?, 'GBP', 750, 0, 750, 0, ?, '[[\"cash\",750]]', '[]', ?)"
)
_SALE_LINE = (
    "INSERT INTO sale_lines (tenant_id, sale_id, line, product_id, description, quantity, "
    "unit_price, gross, discount, net, tax, total, tax_parts, cost, valuation_seq) "
    "VALUES (?, ?, ?, ?, 'Product', 1000000, 2500000, 250, 0, 250, 0, 250, '[]', 120, 1)"
)
_AUDIT = (
    "INSERT INTO audit_entries (tenant_id, id, actor_id, session_id, request_id, address, action, "
    "entity_kind, entity_id, changes, recorded_at) "
    "VALUES (?, ?, ?, ?, 'loop', '127.0.0.1', 'posted', 'sale', ?, ?, ?)"
)
_EVENT = (
    "INSERT INTO outbox_events (tenant_id, id, type, subject_id, payload, recorded_at) "
    "VALUES (?, ?, 'sale.posted', ?, ?, ?)"
)
_ANSWER = (
    "INSERT INTO stored_answers (tenant_id, principal_id, operation, idempotency_key, "
    "request_hash, status, headers, body, recorded_at) VALUES (?, ?, 'loop', ?, ?, 201, '{}', ?, ?)"
)
_SERIES = (
    "UPDATE number_series SET next_number = next_number + 1, version = version + 1 "
    "WHERE tenant_id = ? AND series = 'SAL' AND scope_id = ?"
)
