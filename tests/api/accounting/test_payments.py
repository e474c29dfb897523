"""Payments over HTTP: what they post, what they settle, what is left."""

import asyncio
from typing import Any

from tests.support.company import Company

PAYMENT_ID = "pay_01JZ8B6Q0G3V5W7X9YABCDEFGH"


def received(customer: str, amount: str, **members: Any) -> dict[str, Any]:
    """A payment from a customer on 31 March 2026, settling the oldest."""
    return {
        "direction": "in",
        "contact_id": customer,
        "method": "bank",
        "amount": amount,
        "effective_at": "2026-03-31T15:00:00Z",
        "excess": "refuse",
        **members,
    }


async def open_amounts(company: Company, **params: Any) -> dict[str, str]:
    """What is open of each document."""
    page = await company.get("/open-items", **params)
    return {each["document_id"]: each["open"] for each in page["data"]}


async def test_a_payment_settles_the_oldest_sales(
    company: Company, customer: str, sell_on_account: Any
) -> None:
    late = await sell_on_account("03-20", "40.00")
    early = await sell_on_account("03-01", "60.00")
    paid = await company.post("/payments", received(customer, "75.00", external_ref="BANK-7"))
    assert paid == {
        "id": paid["id"],
        "number": "PAY/2026/000001",
        "external_ref": "BANK-7",
        "status": "posted",
        "direction": "in",
        "contact_id": customer,
        "method": "bank",
        "currency": "GBP",
        "amount": "75.00",
        "allocated": "75.00",
        "unallocated": "0.00",
        "effective_at": "2026-03-31T15:00:00Z",
        "effective_on": "2026-03-31",
        "recorded_at": paid["recorded_at"],
        "allocations": [
            {"document_id": early, "amount": "60.00", "effective_on": "2026-03-31"},
            {"document_id": late, "amount": "15.00", "effective_on": "2026-03-31"},
        ],
        "entry_id": paid["entry_id"],
    }
    assert await company.get(f"/payments/{paid['id']}") == paid
    assert await open_amounts(company, contact_id=customer) == {late: "25.00"}
    balances = await company.balances()
    assert (balances["bank"], balances["receivables"]) == ("75.00", "25.00")
    entry = await company.get(f"/journal-entries/{paid['entry_id']}")
    assert (entry["source_kind"], entry["source_id"]) == ("payment", paid["id"])
    parties = {line["debit"]: line["contact_id"] for line in entry["lines"]}
    assert parties == {"75.00": None, "0.00": customer}
    await company.assert_sound()


async def test_more_than_is_open_is_refused_unless_it_stays_as_credit(
    company: Company, customer: str, sell_on_account: Any
) -> None:
    """Rulings R-12."""
    sale = await sell_on_account("03-01", "60.00")
    problem = await company.post("/payments", received(customer, "60.01"), status=409)
    assert problem["code"] == "accounting.excess_payment"
    assert problem["errors"][0]["pointer"] == "/amount"
    paid = await company.post("/payments", received(customer, "60.01", excess="credit"))
    assert (paid["number"], paid["unallocated"]) == ("PAY/2026/000001", "0.01")
    assert await open_amounts(company) == {paid["id"]: "-0.01"}
    assert (await company.balances())["receivables"] == "-0.01"
    assert sale not in await open_amounts(company)
    await company.assert_sound()


async def test_named_documents_are_settled_exactly(
    company: Company, customer: str, sell_on_account: Any
) -> None:
    first = await sell_on_account("03-01", "60.00")
    second = await sell_on_account("03-02", "40.00")
    named = [{"document_id": second, "amount": "40.00"}, {"document_id": first, "amount": "5.00"}]
    short = await company.post(
        "/payments", received(customer, "46.00", allocations=named), status=409
    )
    assert short["code"] == "accounting.excess_payment"
    paid = await company.post("/payments", received(customer, "45.00", allocations=named))
    settled = {each["document_id"]: each["amount"] for each in paid["allocations"]}
    assert settled == {second: "40.00", first: "5.00"}
    assert await open_amounts(company) == {first: "55.00"}


async def test_a_named_document_must_be_open_and_of_the_customer(
    company: Company, customer: str, sell_on_account: Any
) -> None:
    mine = await sell_on_account("03-01", "60.00")
    other = await company.contact("Grace Hopper", "customer")
    foreign = await sell_on_account("03-01", "60.00", other)
    await company.post("/payments", received(customer, "60.00"))
    cases = [
        (mine, "10.00", 409, "accounting.over_allocation", "/allocations/0/amount"),
        (foreign, "10.00", 422, "accounting.allocation_mismatch", "/allocations/0"),
        (foreign, "0.00", 422, "accounting.allocation_mismatch", "/allocations/0"),
        (
            mine.replace("sal_", "bil_"),
            "10.00",
            422,
            "common.reference_not_found",
            "/allocations/0/document_id",
        ),
    ]
    for document_id, amount, status, code, pointer in cases:
        named = [{"document_id": document_id, "amount": amount}]
        body = received(customer, "10.00", allocations=named)
        problem = await company.post("/payments", body, status=status)
        assert (problem["code"], problem["errors"][0]["pointer"]) == (code, pointer)
    assert await open_amounts(company) == {foreign: "60.00"}


async def test_a_payment_may_wait_unallocated(
    company: Company, customer: str, sell_on_account: Any
) -> None:
    sale = await sell_on_account("03-01", "60.00")
    body = received(customer, "20.00", allocate="none")
    paid = await company.post("/payments", body)
    assert (paid["allocations"], paid["unallocated"]) == ([], "20.00")
    assert await open_amounts(company) == {sale: "60.00", paid["id"]: "-20.00"}
    # What is open is the balance: 40.00, not the 60.00 of the sale.
    problem = await company.post("/payments", {**body, "amount": "40.01"}, status=409)
    assert problem["code"] == "accounting.excess_payment"
    await company.post("/payments", {**body, "amount": "40.00"})


async def test_a_supplier_is_paid_in_advance(
    company: Company, customer: str, supplier: str
) -> None:
    body = received(supplier, "30.00", direction="out", method="cash", excess="credit")
    paid = await company.post("/payments", body)
    assert (paid["direction"], paid["unallocated"]) == ("out", "30.00")
    balances = await company.balances()
    assert (balances["cash"], balances["payables"]) == ("-30.00", "30.00")
    [item] = (await company.get("/open-items", side="payable"))["data"]
    assert (item["document_id"], item["open"], item["side"]) == (paid["id"], "-30.00", "payable")
    for contact, direction in ((customer, "out"), (supplier, "in")):
        wrong = received(contact, "1.00", direction=direction, excess="credit")
        problem = await company.post("/payments", wrong, status=422)
        assert problem["code"] == "catalog.contact_role_missing"
        assert problem["errors"][0]["pointer"] == "/contact_id"
    await company.assert_sound()


async def test_a_bill_is_paid_by_name(company: Company, supplier: str) -> None:
    goods = await company.product("MUG", purchase_tax_id=None)
    day = "2026-03-05T09:00:00Z"
    receipt = await company.stock("10", "4.00", goods, supplier_id=supplier, effective_at=day)
    line = {"receipt_id": receipt["id"], "receipt_line": 1, "quantity": "10", "unit_price": "4.00"}
    bill = await company.post(
        "/bills",
        {
            "supplier_id": supplier,
            "supplier_number": "M-100",
            "effective_at": day,
            "lines": [{**line, "tax_id": None}],
        },
    )
    named = [{"document_id": bill["id"], "amount": "25.00"}]
    body = received(supplier, "25.00", direction="out", allocations=named)
    paid = await company.post("/payments", body)
    assert [each["document_id"] for each in paid["allocations"]] == [bill["id"]]
    assert await open_amounts(company, side="payable") == {bill["id"]: "15.00"}
    rest = await company.post("/payments", received(supplier, "15.00", direction="out"))
    assert rest["allocated"] == "15.00"
    balances = await company.balances()
    assert (balances["bank"], balances["payables"]) == ("-40.00", "0.00")
    await company.assert_sound()


async def test_the_method_names_the_account(
    company: Company, customer: str, sell_on_account: Any
) -> None:
    await sell_on_account("03-01", "6.00")
    for method in ("bank", "cash", "card"):
        await company.post("/payments", received(customer, "2.00", method=method))
    balances = await company.balances()
    assert [balances[role] for role in ("bank", "cash", "card_clearing")] == ["2.00"] * 3


async def test_the_same_id_is_the_same_payment(
    company: Company, customer: str, sell_on_account: Any
) -> None:
    first = await sell_on_account("03-01", "60.00")
    second = await sell_on_account("03-02", "60.00")
    body = received(customer, "50.00", id=PAYMENT_ID, excess="credit")
    paid = await company.post("/payments", body)
    assert await company.post("/payments", body, status=200) == paid
    other_target = [{"document_id": second, "amount": "50.00"}]
    changes: list[dict[str, Any]] = [
        {"amount": "50.01"},
        {"method": "cash"},
        {"allocate": "none"},
        {"allocations": other_target},
        {"effective_at": "2026-03-30T15:00:00Z"},
        {"external_ref": "X"},
    ]
    for change in changes:
        problem = await company.post("/payments", {**body, **change}, status=409)
        assert problem["code"] == "common.id_taken", change
    same_target = [{"document_id": first, "amount": "50.00"}]
    undated = {**body, "allocations": same_target}
    del undated["effective_at"]
    assert await company.post("/payments", undated, status=200) == paid
    assert (await company.get("/payments"))["data"][0]["allocated"] == "50.00"


async def test_the_reference_is_used_once_and_finds_the_payment(
    company: Company, customer: str, sell_on_account: Any
) -> None:
    await sell_on_account("03-01", "60.00")
    body = received(customer, "10.00", external_ref="BANK-7")
    paid = await company.post("/payments", body)
    problem = await company.post("/payments", body, status=409)
    assert problem["code"] == "common.external_ref_taken"
    [found] = (await company.get("/payments", external_ref="BANK-7"))["data"]
    beside = ("allocations", "entry_id")
    assert found == {key: value for key, value in paid.items() if key not in beside}
    assert (await company.get("/payments", direction="out"))["data"] == []
    assert (await company.get("/payments", effective_from="2026-04-01"))["data"] == []
    assert len((await company.get("/payments", contact_id=customer))["data"]) == 1


async def test_a_batch_is_answered_item_by_item(
    company: Company, customer: str, sell_on_account: Any
) -> None:
    await sell_on_account("03-01", "60.00")
    amounts = ["50.00", "50.00", "10.00"]
    items = [
        {**received(customer, amount), "idempotency_key": f"pay-{place}"}
        for place, amount in enumerate(amounts)
    ]
    body = {"atomic": False, "items": items}
    answer = await company.client.post("/api/v1/payments/batch", json=body)
    assert answer.status_code == 207
    results = answer.json()["items"]
    assert [each["status"] for each in results] == [201, 409, 201]
    assert results[1]["body"]["code"] == "accounting.excess_payment"
    assert results[2]["body"]["number"] == "PAY/2026/000002"
    again = (await company.client.post("/api/v1/payments/batch", json=body)).json()["items"]
    assert [each["replayed"] for each in again] == [True, False, True]
    atomic = {"atomic": True, "items": [{**each, "idempotency_key": "n"} for each in items[:1]]}
    refused = await company.client.post("/api/v1/payments/batch", json=atomic)
    assert refused.status_code == 409
    assert refused.json()["errors"][0]["pointer"] == "/items/0/amount"
    assert await open_amounts(company) == {}


async def test_the_same_id_twice_in_one_batch_is_one_payment(
    company: Company, customer: str, sell_on_account: Any
) -> None:
    await sell_on_account("03-01", "60.00")
    paid = received(customer, "50.00", id=PAYMENT_ID)
    body = {"atomic": True, "items": [{**paid, "idempotency_key": key} for key in ("a", "b")]}
    answer = await company.client.post("/api/v1/payments/batch", json=body)
    first, second = answer.json()["items"]
    assert (first["status"], second["status"]) == (201, 200)
    assert first["body"] == second["body"]
    assert (await company.balances())["bank"] == "50.00"


async def test_of_many_payments_at_once_only_what_is_open_is_taken(
    company: Company, customer: str, sell_on_account: Any
) -> None:
    sale = await sell_on_account("03-01", "30.00")

    async def pay(number: int) -> int:
        answer = await company.client.post(
            "/api/v1/payments",
            json=received(customer, "10.00"),
            headers={"Idempotency-Key": f"race-{number}"},
        )
        assert answer.status_code in (201, 409), answer.text
        return answer.status_code

    results = await asyncio.gather(*(pay(number) for number in range(8)))
    assert results.count(201) == 3
    assert await open_amounts(company) == {}
    payments = (await company.get("/payments"))["data"]
    assert sorted(each["number"] for each in payments) == [
        f"PAY/2026/{place:06d}" for place in (1, 2, 3)
    ]
    [entry] = (await company.get("/journal-entries", source_id=sale))["data"]
    assert entry["total"] == "30.00"
    await company.assert_sound()


async def test_bad_payments_are_refused(company: Company, customer: str) -> None:
    target = {"document_id": "sal_01JZ8B6Q0G3V5W7X9YABCDEFGH", "amount": "1.00"}
    cases: list[tuple[dict[str, Any], int, str]] = [
        ({"amount": "0"}, 422, "/amount"),
        ({"amount": "1.001"}, 422, "/amount"),
        ({"amount": "-1"}, 422, "/amount"),
        ({"amount": 1}, 422, "/amount"),
        ({"amount": "9000000000000000"}, 422, "/amount"),
        ({"allocate": "newest"}, 422, "/allocate"),
        ({"allocate": []}, 422, "/allocate"),
        ({"allocations": []}, 422, "/allocations"),
        ({"allocate": "oldest", "allocations": [target]}, 422, "/allocate"),
        ({"method": "cheque"}, 422, "/method"),
        ({"external_ref": " R-1"}, 422, "/external_ref"),
        ({"external_ref": ""}, 422, "/external_ref"),
        ({"external_ref": "x" * 101}, 422, "/external_ref"),
        ({"effective_at": "2026-03-31T15:00:00"}, 422, "/effective_at"),
        ({"contact_id": "con_01JZ8B6Q0G3V5W7X9YABCDEFGH"}, 422, "/contact_id"),
    ]
    for change, status, pointer in cases:
        body = {**received(customer, "1.00"), **change}
        problem = await company.post("/payments", body, status=status)
        assert problem["errors"][0]["pointer"] == pointer, change
    twice = {**received(customer, "1.00"), "allocate": "none", "allocations": [target]}
    refused = await company.post("/payments", twice, status=422)
    assert refused["code"] == "accounting.allocation_stated_twice"
    assert (await company.get("/payments"))["data"] == []
    missing = await company.get(f"/payments/{PAYMENT_ID}", status=404)
    assert missing["code"] == "common.not_found"


async def test_a_closed_month_takes_no_payment(
    company: Company, customer: str, sell_on_account: Any
) -> None:
    await sell_on_account("03-01", "60.00")
    await company.post("/periods/2026-03/close", {}, status=200)
    problem = await company.post("/payments", received(customer, "60.00"), status=409)
    assert problem["code"] == "accounting.period_closed"
    april = received(customer, "60.00", effective_at="2026-04-01T00:00:00Z")
    assert (await company.post("/payments", april))["allocated"] == "60.00"
