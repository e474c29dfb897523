"""RL-01: of each kind of row one is corrupted, and the auditor names it and nothing else."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from app.domain.shared.ids import read
from app.infrastructure.reports.integrity import INVARIANTS
from app.main import create_app
from tests.conftest import drop, fresh_url, settings_for
from tests.support.company import Company, register_company
from tests.support.corruption import Corruption, Owner, broken, corrupted, owner_of
from tests.support.corruption_cases import CASES, FIRST_OF_SALE, numbered
from tests.support.ledger import Ledger


@dataclass
class Audited:
    """A company that has traded a month, another one, and the owner of their database."""

    company: Company
    other: Company
    owner: Owner


@pytest.fixture(scope="module")
async def audited_of(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Callable[[str], Awaitable[Audited]]]:
    """One of each database; every test puts back what it corrupts."""
    made: dict[str, Audited] = {}
    async with AsyncExitStack() as stack:

        async def audited(dialect: str) -> Audited:
            if dialect not in made:
                url = fresh_url(dialect, request, tmp_path_factory.mktemp(dialect))
                stack.callback(drop, url)
                app = create_app(settings_for(url))
                await stack.enter_async_context(app.router.lifespan_context(app))
                company = await stack.enter_async_context(register_company(app))
                other = await stack.enter_async_context(register_company(app))
                await trade(company, await Ledger.of(app, company))
                await company.assert_sound()
                owner = await stack.enter_async_context(owner_of(url))
                made[dialect] = Audited(company, other, owner)
            return made[dialect]

        yield audited


@pytest.fixture
async def audited(
    audited_of: Callable[[str], Awaitable[Audited]], dialect: str
) -> AsyncIterator[Audited]:
    """The company of this database, sound again after the test."""
    found = await audited_of(dialect)
    yield found
    assert await broken(found.company) == {}


def at(day: int) -> str:
    """Noon of a day of the month that is closed in the end."""
    return f"2025-11-{day:02d}T12:00:00Z"


async def trade(company: Company, ledger: Ledger) -> None:
    """A month with a document of each kind, of goods at average cost and FIFO.

    The first receipt is folded into the checkpoint of the ledger.
    """
    tax_id = await company.first("/taxes", code="VAT20")
    supplier, customer = await company.contact("Supplier", "supplier"), await company.contact("C")
    company.ids["supplier"] = supplier
    taxed = {"price": "10.00", "tax_id": tax_id, "purchase_tax_id": tax_id}
    average = await company.product("AVERAGE", **taxed)
    fifo = await company.product("FIFO", costing="fifo", **taxed)
    receipt = await company.stock("10", "3.00", fifo, average, effective_at=at(2))
    await ledger.fold()
    await company.stock("4", "3.20", fifo, effective_at=at(3))
    sale = await company.sell((average, "2"), (fifo, "3"), effective_at=at(4))
    account: dict[str, Any] = {"customer_id": customer, "tenders": [{"method": "on_account"}]}
    owed = await company.sell((fifo, "4"), **account, effective_at=at(5))
    await company.sell((average, "1"), effective_at=at(5))
    line = {"sale_id": sale["id"], "line": 1, "quantity": "1"}
    await company.take_back(line, effective_at=at(6))
    line = {"sale_id": owed["id"], "line": 1, "quantity": "1"}
    refund: dict[str, Any] = {"refund": {"method": "on_account"}, "customer_id": customer}
    await company.take_back(line, **refund, effective_at=at(6))
    await buy(company, receipt["id"], supplier)
    await pay(company, customer, supplier)
    lost = {"reason": "theft", "lines": [{"product_id": average, "quantity": "-1"}]}
    place = {"location_id": await company.location(), "effective_at": at(10)}
    await company.post("/adjustments", {**place, **lost})
    accounts = [await company.first("/accounts", role=role) for role in ("cash", "sales")]
    sides = ({"debit": "1.00"}, {"credit": "1.00"})
    lines = [{"account_id": each, **side} for each, side in zip(accounts, sides, strict=True)]
    by_hand = {"memo": "By hand", "lines": lines, "effective_at": at(11)}
    entry = await company.post("/journal-entries", by_hand)
    await company.post(f"/journal-entries/{entry['id']}/reverse", {"effective_at": at(12)})
    await company.post("/periods/2025-11/close", {}, status=200)


async def buy(company: Company, receipt_id: str, supplier_id: str) -> None:
    """Bill the receipt at another price; goods go back, billed and not."""
    billed = [
        {"receipt_id": receipt_id, "receipt_line": line, "quantity": "9", "unit_price": price}
        for line, price in ((1, "3.10"), (2, "3.00"))
    ]
    numbered = {"supplier_id": supplier_id, "supplier_number": "S-1"}
    await company.post("/bills", {**numbered, "lines": billed, "effective_at": at(7)})
    back = {"lines": [{"line": line, "quantity": "2"} for line in (1, 2)]}
    await company.post(f"/receipts/{receipt_id}/return", {**back, "effective_at": at(8)})


async def pay(company: Company, customer_id: str, supplier_id: str) -> None:
    """Payments of both directions; what the customer paid is allocated later."""
    out = {"direction": "out", "contact_id": supplier_id, "method": "bank", "amount": "20.00"}
    await company.post("/payments", {**out, "allocate": "oldest", "effective_at": at(9)})
    paid = {"direction": "in", "contact_id": customer_id, "method": "bank", "amount": "5.00"}
    await company.post("/payments", {**paid, "allocate": "none", "effective_at": at(9)})
    matched = {"contact_id": customer_id, "side": "receivable", "effective_at": at(9)}
    await company.post("/allocations", matched)


async def assert_named(audited: Audited, corruption: Corruption) -> None:
    """The auditor names the invariants that the corruption breaks, its row, and nothing else."""
    async with corrupted(audited.owner, corruption) as expected:
        found = await broken(audited.company)
        assert found.keys() == expected.keys()
        rows = {name: row for name, row in expected.items() if row is not None}
        assert {name: found[name] for name in rows} == rows
        assert await broken(audited.other) == {}


@pytest.mark.parametrize("name", CASES)
async def test_the_auditor_names_the_row(audited: Audited, name: str) -> None:
    """RL-01: one corrupted row, exactly the invariants that it breaks, and that row."""
    await assert_named(audited, CASES[name])


def test_each_invariant_has_its_corruption() -> None:
    """RL-01: no invariant that was never seen to break."""
    seen = {name for each in CASES.values() for name in each.breaks}
    assert seen == set(INVARIANTS)


async def test_no_row_refers_to_another_company(audited: Audited) -> None:
    """RL-01: a tax code of another company is no reference, whatever the database lets pass."""
    tenant = await tenant_of(audited.other)
    [own] = await audited.owner.rows(
        f"SELECT tenant_id FROM sale_lines WHERE {FIRST_OF_SALE} AND tax_id IS NOT NULL"
    )
    foreign = f"(SELECT id FROM taxes WHERE code = 'VAT20' AND tenant_id <> {literal(own[0])})"
    assert bytes_of(own[0]) != tenant
    corruption = Corruption(
        "sale_lines",
        FIRST_OF_SALE,
        f"SET tax_id = {foreign}",
        {"references_stay_in_the_tenant": ("sale_id", "'sale_lines.tax_id'")},
    )
    await assert_named(audited, corruption)


async def test_a_row_that_went_to_another_company_is_found_in_both(audited: Audited) -> None:
    """RL-01: no child of another tenant than its parent."""
    tenant = await tenant_of(audited.other)
    adjustment = numbered("adjustments", "ADJ/2025/MAIN/000001")
    target = "x'" + tenant.hex() + "'"
    if not isinstance((await audited.owner.rows("SELECT id FROM taxes"))[0][0], bytes):
        target = f"'{tenant.hex()}'"
    corruption = Corruption(
        "adjustment_lines",
        f"adjustment_id = {adjustment}",
        f"SET tenant_id = {target}",
        {
            "documents_are_lines": ("adjustment_id", "'value'"),
            "moves_are_lines": ("adjustment_id", "line"),
            "costs_are_valuations": ("adjustment_id", "line"),
            "references_stay_in_the_tenant": None,
        },
    )
    async with corrupted(audited.owner, corruption) as expected:
        gone = await broken(audited.company)
        assert gone == {name: row for name, row in expected.items() if row is not None}
        come = await broken(audited.other)
        assert come.keys() == expected.keys()
        assert come["references_stay_in_the_tenant"][0] == gone["moves_are_lines"][0]


async def tenant_of(company: Company) -> bytes:
    """The id of a company as the database has it."""
    return read("tnt", (await company.get("/auth/me"))["tenant_id"])


def bytes_of(value: Any) -> bytes:
    """An id of either database."""
    return value if isinstance(value, bytes) else bytes(value.bytes)


def literal(value: Any) -> str:
    """An id in a statement of its database."""
    return f"x'{value.hex()}'" if isinstance(value, bytes) else f"'{value}'"
