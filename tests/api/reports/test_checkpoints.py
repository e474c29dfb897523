"""Reports start from a checkpoint of the ledger; nobody can tell it from the sum of all lines."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.application.accounting.checkpoints import LedgerPart
from app.application.shared.commands import Answer
from app.domain.shared.clock import SystemClock
from app.domain.shared.errors import ConcurrentChange
from app.infrastructure.reports.folding import DatabaseLedgerTail
from tests.api.reports.test_reports import DECEMBER, JANUARY, trade
from tests.support.company import Company
from tests.support.ledger import Ledger

QUESTIONS: list[tuple[str, dict[str, Any]]] = [
    ("trial-balance", {}),
    ("trial-balance", {"as_of": "2025-12-09"}),
    ("trial-balance", {"as_of": "2025-12-10"}),
    ("trial-balance", {"as_of": "2026-01-31"}),
    ("balance-sheet", {"as_of": "2025-12-31"}),
    ("profit-and-loss", {"effective_from": "2025-12-01", "effective_to": "2025-12-31"}),
    ("profit-and-loss", {"effective_from": "2026-01-01", "effective_to": "2026-01-31"}),
]


async def answers(ledger: Ledger, **known: Any) -> list[Any]:
    """All questions, answered."""
    return [
        await ledger.company.get(f"/reports/{name}", **asked, **known) for name, asked in QUESTIONS
    ]


@pytest.fixture
async def ledger(company: Company, application: Any) -> Ledger:
    return await Ledger.of(application, company)


async def test_reports_say_the_same_with_and_without_it(ledger: Ledger) -> None:
    """R-05: whatever of the history is folded, and whatever comes after, dated before it."""
    company = ledger.company
    product_id = await trade(company)
    before = await answers(ledger)
    assert await ledger.checkpoint() is None
    assert await ledger.fold() == 2  # three documents, one entry each, two at once
    assert await ledger.checkpoint() is not None
    assert await ledger.fold() == 0
    assert await answers(ledger) == before
    await company.stock("5", "2.00", product_id, effective_at=JANUARY)
    lines = [
        {"account_id": await company.first("/accounts", role="cash"), "debit": "1.00"},
        {"account_id": await company.first("/accounts", role="sales"), "credit": "1.00"},
    ]
    by_hand = {"memo": "Late", "lines": lines, "effective_at": DECEMBER}
    await company.post("/journal-entries", by_hand)
    with_tail = await answers(ledger)
    assert with_tail != before
    assert with_tail[2]["total_debit"] == "31.00"  # 10 stock at 2.00, 2 sold at 5.00, and 1.00
    assert await ledger.fold() == 1
    assert await answers(ledger) == with_tail
    await company.assert_sound()


async def test_the_past_is_known_as_it_was(ledger: Ledger) -> None:
    """An instant before the checkpoint is answered from the lines, a later one from both."""
    company = ledger.company
    product_id = await trade(company)
    then = datetime.now(UTC)
    known = await answers(ledger, as_known_at=then.isoformat())
    await company.sell((product_id, "1"), effective_at=JANUARY)
    await ledger.fold()
    folded_to = await ledger.checkpoint()
    assert folded_to is not None and folded_to > then
    assert await answers(ledger, as_known_at=then.isoformat()) == known
    await company.sell((product_id, "1"), effective_at=JANUARY)
    later = datetime.now(UTC)
    known = await answers(ledger, as_known_at=later.isoformat())
    await company.sell((product_id, "1"), effective_at=JANUARY)
    assert await answers(ledger, as_known_at=later.isoformat()) == known
    assert known[3]["total_debit"] != (await answers(ledger))[3]["total_debit"]


async def test_two_folds_at_once_are_one(ledger: Ledger) -> None:
    await trade(ledger.company)
    before = await answers(ledger)
    part = await ledger.tail.next_part(ledger.tenant_id)
    assert part is not None
    outcomes = await asyncio.gather(*(ledger.put(part) for _ in range(4)))
    assert [type(each) for each in outcomes].count(Answer) == 1
    assert [type(each) for each in outcomes].count(ConcurrentChange) == 3
    assert await answers(ledger) == before
    await ledger.company.assert_sound()


async def test_what_may_still_be_written_is_not_folded(ledger: Ledger) -> None:
    """R-02: a transaction that is under way was recorded when it began, and may end much later."""
    await trade(ledger.company)
    patient = DatabaseLedgerTail(ledger.database, SystemClock(), tail_max=0)
    tails = ledger.tail, patient
    ready, waiting = [await each.next_part(ledger.tenant_id) for each in tails]
    assert ready is not None
    assert waiting is None


async def test_nothing_is_recorded_before_the_checkpoint(ledger: Ledger) -> None:
    """A clock that went back cannot hide an entry from the reports: 503, and nothing is done."""
    company = ledger.company
    product_id = await trade(company)
    before = await answers(ledger)
    ahead = datetime.now(UTC) + timedelta(hours=1)
    assert isinstance(await ledger.put(LedgerPart(None, ahead, ())), Answer)
    body = await company.sale((product_id, "1"))
    refused = await company.post("/sales", body, status=503)
    assert refused["code"] == "common.unavailable"
    assert (await company.get("/sales", include_total=True))["total"] == 2
    renamed = await company.client.patch(
        f"/api/v1/products/{product_id}", json={"name": "New"}, headers={"If-Match": '"1"'}
    )
    assert renamed.status_code == 200  # what posts nothing goes on
    assert before != await answers(ledger)  # that checkpoint was a lie, which the auditor tells
    audit = await company.get("/reports/integrity")
    assert [each["name"] for each in audit["checks"] if each["broken"]] == [
        "day_balances_are_lines"
    ]


async def test_who_reads_a_report_has_the_tail_folded(
    ledger: Ledger, application: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the background; a short tail is left alone."""
    folding = application.state.container.folding
    await trade(ledger.company)
    await ledger.company.get("/reports/trial-balance")
    await asyncio.gather(*folding._tasks.running.values())
    assert await ledger.checkpoint() is None
    monkeypatch.setattr(folding, "_tail", ledger.tail)
    await ledger.company.get("/reports/trial-balance")
    await asyncio.gather(*folding._tasks.running.values())
    assert await ledger.checkpoint() is not None
    assert await ledger.tail.next_part(ledger.tenant_id) is None
