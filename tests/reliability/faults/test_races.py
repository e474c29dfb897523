"""Commands of one company at once, at several instances of the service on one database."""

import asyncio
from collections import Counter
from typing import Any

import pytest

from app.application.accounting.ports import PERIODS
from app.application.inventory.ports import STOCK_LEVELS
from app.application.sales.contract import RETURNED
from app.domain.shared.ids import UlidFactory, show
from tests.support.company import Company
from tests.support.racing import (
    Held,
    Racers,
    Request,
    Waiting,
    counted,
    one_after_the_other,
)
from tests.support.stock import on_hand

SHORT = (409, "inventory.insufficient_stock")
CLOSED = (409, "accounting.period_closed")
_new_id = UlidFactory(lambda: 1_000_000_000_000)


async def sale_of(company: Company, *lines: tuple[str, str], **members: Any) -> dict[str, Any]:
    """The body of a cash sale."""
    return {
        "location_id": await company.location(),
        "lines": [{"product_id": each, "quantity": quantity} for each, quantity in lines],
        "tenders": [{"method": "cash"}],
        **members,
    }


async def left_of(company: Company, product_id: str) -> str:
    """What lies of a product in the one location."""
    [left] = (await on_hand(company, product_id)).values()
    return left


async def test_one_key_has_one_effect(racers: Racers) -> None:
    """G-11: the same request 64 times is one sale and 64 equal answers, one of them fresh."""
    company = racers.company
    product_id = await company.product("KEY")
    await company.open_stock("100", "1.00", product_id)
    body = await sale_of(company, (product_id, "1"))
    answers = await racers.race([Request("/sales", body, "one-key")] * 64)
    assert counted(answers) == {(201, ""): 64}
    assert len({each.content for each in answers}) == 1
    assert len({each.headers["location"] for each in answers}) == 1
    replayed = [each.headers.get("idempotent-replayed") for each in answers]
    assert (replayed.count("true"), replayed.count(None)) == (63, 1)
    assert await left_of(company, product_id) == "99"
    assert (await company.get("/sales", include_total=True))["total"] == 1


async def test_one_key_has_one_effect_whichever_row_tells(racers: Racers) -> None:
    """G-11: the late one is told by a code or a reference that is taken, and answers alike."""
    company = racers.company
    product_id = await company.product("REF")
    await company.open_stock("100", "1.00", product_id)
    body = await sale_of(company, (product_id, "1"), external_ref="till-7")
    piece = await company.first("/units", code="pcs")
    for request in (
        Request("/sales", body, "with-reference"),
        Request("/units", {"code": "race", "name": "Race"}, "unit"),
        Request(
            "/products",
            {"sku": "RACE", "barcode": "4006381333931", "name": "Race", "unit_id": piece},
            "product",
        ),
    ):
        answers = await racers.race([request] * 64)
        assert {(each.status_code, each.content) for each in answers} == {(201, answers[0].content)}
    assert await left_of(company, product_id) == "99"


async def test_one_key_with_two_bodies_serves_one_of_them(racers: Racers) -> None:
    """G-11: whichever body comes first is posted; the other one is refused each time."""
    company = racers.company
    product_id = await company.product("TWO")
    await company.open_stock("100", "1.00", product_id)
    bodies = [await sale_of(company, (product_id, quantity)) for quantity in ("1", "2")]
    answers = await racers.race(
        [Request("/sales", bodies[number // 2 % 2], "same-key") for number in range(64)]
    )
    sides = [
        counted(answers[number] for number in range(64) if number // 2 % 2 == side)
        for side in (0, 1)
    ]
    won = {(201, ""): 32}
    refused = {(422, "common.idempotency_key_reused"): 32}
    assert sides in ([won, refused], [refused, won])
    fresh = [each for each in answers if each.status_code == 201]
    assert len({each.content for each in fresh}) == 1
    assert [each.headers.get("idempotent-replayed") for each in fresh].count(None) == 1
    left = "99" if sides[0] == won else "98"
    assert await left_of(company, product_id) == left


async def test_one_id_under_two_keys_is_one_sale(racers: Racers) -> None:
    """G-11: a client-made id is made once; the other key is told what was made."""
    company = racers.company
    product_id = await company.product("ID")
    await company.open_stock("100", "1.00", product_id)
    sale_id = show("sal", _new_id())
    body = await sale_of(company, (product_id, "1"), id=sale_id)
    answers = await racers.race(
        [Request("/sales", body, f"key-{number // 2 % 2}") for number in range(64)]
    )
    assert {each.json()["id"] for each in answers} == {sale_id}
    statuses = [
        {answers[number].status_code for number in range(64) if number // 2 % 2 == key}
        for key in (0, 1)
    ]
    assert statuses in ([{200}, {201}], [{201}, {200}])
    fresh = [each for each in answers if "idempotent-replayed" not in each.headers]
    assert sorted(each.status_code for each in fresh) == [200, 201]
    assert await left_of(company, product_id) == "99"


async def test_of_64_changes_of_one_version_one_wins(racers: Racers) -> None:
    """CO-02, G-11: one of the PATCHes is kept, the version is one more, 63 are told it is stale."""
    company = racers.company
    product_id = await company.product("STALE")
    path, stale = f"/products/{product_id}", (("If-Match", '"1"'),)
    answers = await racers.race(
        Request(path, {"name": f"Name {number}"}, method="PATCH", headers=stale)
        for number in range(64)
    )
    assert counted(answers) == {(200, ""): 1, (412, "common.stale_version"): 63}
    [won] = [each for each in answers if each.status_code == 200]
    assert won.headers["etag"] == '"2"'
    assert (await company.get(path))["name"] == won.json()["name"]


async def test_five_pieces_go_to_five_of_64_buyers(racers: Racers) -> None:
    """CO-05, G-11: five are sold, 59 are refused with the shortage, nothing is left."""
    company = racers.company
    product_id = await company.product("FIVE")
    await company.open_stock("5", "1.00", product_id)
    body = await sale_of(company, (product_id, "1"))
    answers = await racers.race([Request("/sales", body)] * 64)
    assert counted(answers) == {(201, ""): 5, SHORT: 59}
    shortages = [each.json()["errors"] for each in answers if each.status_code == 409]
    for [shortage] in shortages:
        assert shortage["pointer"] == "/lines/0/quantity"
        assert shortage["message"].startswith("Item FIVE: 0 on hand, 1 requested")
    assert await left_of(company, product_id) == "0"


async def test_baskets_in_opposite_order(racers: Racers) -> None:
    """CO-03: baskets that name the same goods in opposite order are sold or short, no worse."""
    company = racers.company
    first, second = [await company.product(sku) for sku in ("FIRST", "SECOND")]
    await company.open_stock("20", "1.00", first, second)
    forth = await sale_of(company, (first, "1"), (second, "1"))
    back = await sale_of(company, (second, "1"), (first, "1"))
    answers = await racers.race(
        Request("/sales", back if number // 3 % 2 else forth) for number in range(32)
    )
    assert counted(answers) == {(201, ""): 20, SHORT: 12}
    assert await left_of(company, first) == await left_of(company, second) == "0"


async def test_numbers_under_200_writers(racers: Racers) -> None:
    """CO-04: every fifth command fails, and the numbers of the others are 1 to 160."""
    company = racers.company
    product_id = await company.product("NUMBER")
    await company.open_stock("500", "1.00", product_id)
    sold, short = [
        Request("/sales", await sale_of(company, (product_id, quantity)))
        for quantity in ("1", "1000")
    ]
    answers = await racers.race(sold if number % 5 else short for number in range(200))
    assert counted(answers) == {(201, ""): 160, SHORT: 40}
    numbers = [each.json()["number"][-6:] for each in answers if each.status_code == 201]
    assert sorted(numbers) == [f"{number:06d}" for number in range(1, 161)]
    assert await left_of(company, product_id) == "340"


async def by_hand(company: Company, day: str = "2025-11-15") -> dict[str, Any]:
    """The body of a journal entry of 1.00 on a day."""
    cash, sales = [await company.first("/accounts", role=role) for role in ("cash", "sales")]
    lines = [{"account_id": cash, "debit": "1.00"}, {"account_id": sales, "credit": "1.00"}]
    return {"memo": "By hand", "effective_at": f"{day}T12:00:00Z", "lines": lines}


@pytest.mark.parametrize("begun", [True, False])
async def test_closing_a_month_against_posting_into_it(racers: Racers, *, begun: bool) -> None:
    """RL-01: each entry is in the closed month's books or refused; the month changes no more."""
    company = racers.company
    body = await by_hand(company)
    # A month with a row: postings share it, closing takes it. Without one: the books decide.
    await company.post("/journal-entries", body if begun else await by_hand(company, "2025-12-15"))
    requests = [Request("/journal-entries", body) for _ in range(40)]
    requests.insert(20, Request("/periods/2025-11/close", {}))
    answers = await racers.race(requests)
    closing = answers.pop(20)
    assert closing.status_code == 200, closing.text
    statuses = counted(answers)
    posted = statuses[201, ""]
    assert statuses == Counter({(201, ""): posted, CLOSED: 40 - posted})
    balances = await company.balances(as_of="2025-11-30")
    total = posted + begun
    assert balances.get("cash", "0.00") == f"{total}.00"
    again = await racers.race([Request("/journal-entries", body)] * 4)
    assert counted(again) == {CLOSED: 4}
    assert await company.balances(as_of="2025-11-30") == balances


async def test_a_return_against_itself(racers: Racers) -> None:
    """G-11: of 32 who bring back one of five pieces, five are served."""
    company = racers.company
    product_id = await company.product("BACK", price="2.00")
    await company.open_stock("5", "1.00", product_id)
    sale = await company.sell((product_id, "5"))
    line = {"sale_id": sale["id"], "sale_line": 1, "quantity": "1"}
    place = {"location_id": await company.location(), "refund": {"method": "cash"}}
    answers = await racers.race([Request("/returns", {**place, "lines": [line]})] * 32)
    assert counted(answers) == {(201, ""): 5, (409, "sales.over_return"): 27}
    assert await left_of(company, product_id) == "5"


async def owing(company: Company, amount: str) -> tuple[str, str]:
    """A customer who owes this much for one sale, and the sale."""
    customer_id = await company.contact("Customer")
    product_id = await company.product("OWED", price=amount)
    await company.open_stock("1", "1.00", product_id)
    account: Any = {"customer_id": customer_id, "tenders": [{"method": "on_account"}]}
    return customer_id, (await company.sell((product_id, "1"), **account))["id"]


@pytest.mark.parametrize("named", [True, False])
async def test_a_payment_against_itself(racers: Racers, *, named: bool) -> None:
    """G-11: 10.00 are open; of 32 payments of 4.00 two are allocated, and no more."""
    company = racers.company
    customer_id, sale_id = await owing(company, "10.00")
    body: dict[str, Any] = {
        "direction": "in",
        "contact_id": customer_id,
        "method": "bank",
        "amount": "4.00",
        "excess": "refuse",
    }
    if named:
        body["allocations"] = [{"document_id": sale_id, "amount": "4.00"}]
    answers = await racers.race([Request("/payments", body)] * 32)
    code = "accounting.over_allocation" if named else "accounting.excess_payment"
    assert counted(answers) == {(201, ""): 2, (409, code): 30}
    paid = [each.json() for each in answers if each.status_code == 201]
    assert [each["allocated"] for each in paid] == ["4.00", "4.00"]
    assert (await company.balances())["receivables"] == "2.00"


async def test_the_last_unit_waits_for_its_first_buyer(racers: Racers) -> None:
    """CO-05: the second sale waits for the first one's lock, and then finds nothing."""
    company = racers.company
    product_id = await company.product("LAST")
    await company.open_stock("1", "1.00", product_id)
    sale = Request("/sales", await sale_of(company, (product_id, "1")))
    first, second = await one_after_the_other(racers, STOCK_LEVELS, sale, sale)
    assert counted([first]) == {(201, ""): 1}
    assert counted([second]) == {SHORT: 1}
    assert second.json()["detail"].startswith("Item LAST: 0 on hand, 1 requested")
    assert await left_of(company, product_id) == "0"


async def test_a_return_waits_for_the_return_before_it(racers: Racers) -> None:
    """G-11: the second return of a line waits, and then nothing is left to return."""
    company = racers.company
    product_id = await company.product("ONCE", price="2.00")
    await company.open_stock("1", "1.00", product_id)
    sale = await company.sell((product_id, "1"))
    line = {"sale_id": sale["id"], "sale_line": 1, "quantity": "1"}
    place = {"location_id": await company.location(), "refund": {"method": "cash"}}
    back = Request("/returns", {**place, "lines": [line]})
    first, second = await one_after_the_other(racers, RETURNED, back, back)
    assert counted([first]) == {(201, ""): 1}
    assert counted([second]) == {(409, "sales.over_return"): 1}
    assert await left_of(company, product_id) == "1"


async def test_closing_waits_for_the_posting_before_it(racers: Racers) -> None:
    """RL-01: a closing waits for the posting under way, which is in the closed books."""
    company = racers.company
    body = await by_hand(company)
    await company.post("/journal-entries", body)
    posting, closing = Request("/journal-entries", body), Request("/periods/2025-11/close", {})
    first, second = await one_after_the_other(racers, PERIODS, posting, closing)
    assert (first.status_code, second.status_code) == (201, 200)
    assert (await company.balances(as_of="2025-11-30"))["cash"] == "2.00"


async def test_a_posting_waits_for_the_closing_before_it(racers: Racers) -> None:
    """RL-01: a posting waits for the closing under way, and is refused."""
    company = racers.company
    body = await by_hand(company)
    await company.post("/journal-entries", body)
    posting, closing = Request("/journal-entries", body), Request("/periods/2025-11/close", {})
    first, second = await one_after_the_other(racers, PERIODS, closing, posting)
    assert first.status_code == 200
    assert counted([second]) == {CLOSED: 1}
    assert (await company.balances(as_of="2025-11-30"))["cash"] == "1.00"


# On SQLite one writer follows the other, so a command held in its decision holds all.
on_postgres = pytest.mark.parametrize("dialect", ["postgres"])


@on_postgres
async def test_a_closing_is_recorded_after_what_it_closes(racers: Racers) -> None:
    """RL-01: what a closing waited for was recorded before it, so the closed month is final."""
    company = racers.company
    body = await by_hand(company)
    await company.post("/journal-entries", body)
    with pytest.MonkeyPatch.context() as patch:
        held = Held(racers.fleet.database(0), PERIODS, patch)
        try:
            posting = asyncio.create_task(racers.send(0, Request("/journal-entries", body)))
            await held.reached()
            closing = asyncio.create_task(racers.send(1, Request("/periods/2025-11/close", {})))
            await Waiting(racers.fleet, 1, patch).seen()
            late = asyncio.create_task(racers.send(2, Request("/journal-entries", body)))
            await Waiting(racers.fleet, 2, patch).seen(2)
        finally:
            held.release()
        answers = await asyncio.gather(posting, closing, late)
    assert [each.status_code for each in answers] == [201, 200, 201]
    closed_at = answers[1].json()["closed_at"]
    assert max(answers[0].json()["recorded_at"], answers[2].json()["recorded_at"]) <= closed_at


@on_postgres
async def test_the_first_number_of_a_series_is_decided_again(racers: Racers) -> None:
    """CO-03, CO-04: of two who both make the first number of a series, one gets the second."""
    company = racers.company
    request = Request("/journal-entries", await by_hand(company))
    service = await company.product("SERVICE", kind="service")
    await company.sell((service, "1"), effective_at="2025-11-02T12:00:00Z")  # begins the month
    with pytest.MonkeyPatch.context() as patch:
        held = Held(racers.fleet.database(0), PERIODS, patch)
        try:
            first = asyncio.create_task(racers.send(0, request))
            await held.reached()
            second = await racers.send(1, request)
        finally:
            held.release()
        answers = [second, await first]
    numbers = [each.json().get("number", each.json().get("code")) for each in answers]
    assert numbers == ["JNL/2025/000001", "JNL/2025/000002"]
