"""The audit of what was recorded since an instant, and of all that it touches (RL-01)."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import app.infrastructure.db.tables_of_all_contexts  # noqa: F401  (their rows are moved in time)
from app.domain.shared.ids import UlidFactory, show
from app.infrastructure.db import postgres, sqlite
from app.infrastructure.db.metadata import metadata
from app.infrastructure.db.sqlite import WORK_SECONDS_MAX
from app.infrastructure.db.types import to_microseconds
from app.infrastructure.reports.integrity import INVARIANTS, WHOLE
from app.infrastructure.reports.integrity.audit import statement_of
from tests.api.reports.test_reports import corrupt
from tests.support.audited import Audited
from tests.support.company import Company
from tests.support.corruption import broken, corrupted
from tests.support.corruption_cases import CASES

MICROSECOND = timedelta(microseconds=1)
OLD = UlidFactory(lambda: 1_600_000_000_000)  # ids that a client made in 2020


def now() -> datetime:
    """This instant."""
    return datetime.now(UTC)


@pytest.mark.parametrize("name", CASES)
async def test_what_is_recent_is_found_and_what_is_old_is_not(audited: Audited, name: str) -> None:
    """The same rows as by the audit of everything; of older ones, only what is checked whole."""
    async with corrupted(audited.owner, CASES[name]) as expected:
        full = await broken(audited.company)
        assert full.keys() == expected.keys()
        assert await broken(audited.company, audited.began) == full
        later = now() + timedelta(hours=2)  # some cases move what they corrupt by an hour
        left = {name: row for name, row in full.items() if name in WHOLE}
        assert await broken(audited.company, later) == left


def test_what_is_checked_whole_is_listed() -> None:
    """Every other invariant is narrowed, each has one statement, and all are the tenant's."""
    same = {name for name in INVARIANTS if not _differs(name)}
    assert same == WHOLE


def _differs(name: str) -> bool:
    full, narrow = (statement_of(name, incremental=each).sqlite.sql for each in (False, True))
    assert ":since" not in full
    return full != narrow


async def test_a_company_without_anything_recent_is_sound(company: Company) -> None:
    """Whatever the instant, and the next one lies before the snapshot by the lag."""
    for since in (now(), now() + timedelta(days=1), datetime(1900, 1, 1, tzinfo=UTC)):
        report = await company.get("/reports/integrity", recorded_from=since.isoformat())
        assert report["ok"]
        age = now() - datetime.fromisoformat(report["recorded_to"])
        assert 60 <= age.total_seconds() < 70
    report = await company.get("/reports/integrity")
    assert (report["ok"], report["recorded_from"]) == (True, None)
    assert report["recorded_to"].endswith("Z")


async def test_what_is_no_instant_is_refused(company: Company) -> None:
    """As everywhere else."""
    for bad in ("yesterday", "2026-03-31", "2026-03-31T16:30:00", "", "0"):
        refused = await company.get("/reports/integrity", status=422, recorded_from=bad)
        usual = await company.get("/reports/trial-balance", status=422, as_known_at=bad)
        assert refused["errors"][0] == {**usual["errors"][0], "parameter": "recorded_from"}
        assert refused["code"] == usual["code"]


async def test_an_audit_is_one_statement_each_and_the_clock(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However much was recorded."""
    statements: list[str] = []
    for scope, method in (
        (sqlite.SqliteScope, "rows"),
        (postgres.PostgresScope, "rows"),
        (postgres.PostgresScope, "row"),
    ):
        plain = getattr(scope, method)

        async def counted(self: Any, query: Any, _plain: Any = plain, **values: Any) -> Any:
            if self._tenant_id is not None:  # not the look at the session
                statements.append(query.sqlite.sql)
            return await _plain(self, query, **values)

        monkeypatch.setattr(scope, method, counted)
    periods: list[dict[str, Any]] = [{}, {"recorded_from": "2026-01-01T00:00:00Z"}]
    for asked in periods:
        for _ in range(2):
            statements.clear()
            await company.get("/reports/integrity", **asked)
            assert len(statements) == len(INVARIANTS) + 1
        await company.stock("1", "1.00", await company.product(f"COUNT-{len(asked)}"))


@dataclass
class Shop:
    """A company that has bought, sold, taken back and owes, before a test looks at it."""

    company: Company
    url: str
    goods: str
    others: str
    customer: str
    receipt: Any
    sale: Any

    @property
    def line(self) -> dict[str, Any]:
        """One piece of the sale."""
        return {"sale_id": self.sale["id"], "sale_line": 1, "quantity": "1"}


@pytest.fixture
async def shop(own_company: Company, own_database_url: str) -> Shop:
    """What is old in the tests."""
    company = own_company
    goods, others = await company.product("OLD", price="5.00"), await company.product("OTHERS")
    receipt = await company.stock("20", "2.00", goods)
    await company.stock("20", "2.00", others)
    customer = await company.contact("Customer")
    account: Any = {"customer_id": customer, "tenders": [{"method": "on_account"}]}
    sale = await company.sell((goods, "4"), **account)
    made = Shop(company, own_database_url, goods, others, customer, receipt, sale)
    await company.take_back(made.line, customer_id=customer)
    await company.post("/payments", {**paid(made), "amount": "1.00"})
    await bill(made, "1")
    await company.assert_sound()
    return made


def paid(shop: Shop) -> dict[str, Any]:
    """A payment of the customer, which settles the oldest."""
    to = {"direction": "in", "contact_id": shop.customer, "method": "bank", "amount": "2.00"}
    return {**to, "allocate": "oldest"}


async def bill(shop: Shop, number: str) -> None:
    """Bill some of the receipt."""
    line = {"receipt_id": shop.receipt["id"], "receipt_line": 1, "quantity": "2"}
    body = {"supplier_id": shop.receipt["supplier_id"], "supplier_number": number}
    await shop.company.post("/bills", {**body, "lines": [{**line, "unit_price": "2.00"}]})


async def sell(shop: Shop) -> None:
    """Sell one piece."""
    await shop.company.sell((shop.goods, "1"))


Action = Callable[[Shop], Awaitable[Any]]
TOUCHED: dict[str, tuple[str, Action]] = {
    "levels_are_moves": ("UPDATE stock_levels SET on_hand = on_hand + {0}", sell),
    "pool_value_is_valuations": ("UPDATE cost_pools SET value = value + {0}", sell),
    "settled_is_allocations": (
        "UPDATE open_items SET settled = settled + {0} WHERE document_kind = 'sale'",
        lambda shop: shop.company.post("/payments", paid(shop)),
    ),
    "returned_so_far_is_returns": (
        "UPDATE returned_so_far SET cost = cost + {0}",
        lambda shop: shop.company.take_back(shop.line, customer_id=shop.customer),
    ),
    "receipt_progress_is_documents": (
        "UPDATE receipt_progress SET billed_value = billed_value + {0}",
        lambda shop: bill(shop, "2"),
    ),
}


@pytest.mark.parametrize("name", TOUCHED)
async def test_what_touches_old_rows_has_them_checked_as_a_whole(shop: Shop, name: str) -> None:
    """Found as soon as a document recorded since touches it, by none that does not."""
    statement, action = TOUCHED[name]
    since = now() + timedelta(microseconds=1)
    await corrupt(shop.url, statement.format(1))
    assert list(await broken(shop.company)) == [name]
    assert await broken(shop.company, since) == {}
    await action(shop)
    full, found = await broken(shop.company), await broken(shop.company, since)
    assert list(found) == [name]
    if name not in {"levels_are_moves", "pool_value_is_valuations"}:  # rows of OTHERS break too
        assert found == full
    await corrupt(shop.url, statement.format(-1))
    assert await broken(shop.company, since) == {}
    await shop.company.assert_sound()


async def test_only_what_is_touched_is_looked_at(shop: Shop) -> None:
    """Of two products with a wrong level, that which was sold since."""
    since = now()
    await corrupt(shop.url, "UPDATE stock_levels SET on_hand = on_hand + 1")
    await sell(shop)
    cases: list[tuple[dict[str, Any], int]] = [({}, 2), ({"recorded_from": since.isoformat()}, 1)]
    for asked, wrong in cases:
        report = await shop.company.get("/reports/integrity", **asked)
        assert {each["name"]: each["broken"] for each in report["checks"] if each["broken"]} == {
            "levels_are_moves": wrong
        }


async def test_a_document_with_an_old_id_is_recent(shop: Shop) -> None:
    """Clients make ids when they like: what counts is when the document was recorded."""
    since = now()
    id_ = show("sal", OLD())
    await shop.company.sell((shop.goods, "1"), id=id_)
    product_id = show("prd", OLD())
    await shop.company.product("AGED", id=product_id)
    await shop.company.open_stock("3", "2.00", product_id)
    assert await broken(shop.company, since) == {}
    tender = "UPDATE sales SET tenders = '[[\"cash\", 1]]' WHERE recorded_at >= {0}"
    await corrupt(shop.url, tender.format(literal(shop.url, since)))
    assert list(await broken(shop.company, since)) == ["sales_are_tenders"]
    orphan = "UPDATE stock_moves SET source_kind = 'sale' WHERE source_kind = 'adjustment'"
    await corrupt(shop.url, orphan)
    found = await broken(shop.company, since)
    assert list(found) == ["moves_have_documents", "sales_are_tenders"]
    assert found == await broken(shop.company)


async def test_nothing_is_missed_between_two_audits(shop: Shop) -> None:
    """What comes to light after a snapshot has been recorded at or after its ``recorded_to``.

    A transaction that the snapshot does not see began to be recorded as long ago as it may live.
    """
    report = await shop.company.get("/reports/integrity")
    taken, until = now(), datetime.fromisoformat(report["recorded_to"])
    await corrupt(shop.url, "UPDATE sales SET tenders = '[[\"cash\", 1]]'")
    earliest = taken - timedelta(seconds=WORK_SECONDS_MAX)
    for at, missed in ((earliest, False), (until, False), (until - MICROSECOND, True)):
        await record_at(shop.url, at)
        found = await broken(shop.company, until)
        assert found == ({} if missed else await broken(shop.company))
    again = await shop.company.get("/reports/integrity", recorded_from=report["recorded_to"])
    assert again["recorded_to"] >= report["recorded_to"]


async def record_at(url: str, at: datetime) -> None:
    """Every row of the database was recorded at an instant."""
    for table in metadata.sorted_tables:
        if table.info["tenant"] and "recorded_at" in table.c:
            await corrupt(url, f"UPDATE {table.name} SET recorded_at = {literal(url, at)}")


def literal(url: str, at: datetime) -> str:
    """An instant in a statement of its database."""
    return str(to_microseconds(at)) if url.startswith("sqlite") else f"'{at.isoformat()}'"
