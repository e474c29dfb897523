"""Sales and returns against their rules and worked examples, over HTTP on both databases."""

from typing import Any

import pytest

from tests.support.company import Company, register_company
from tests.support.purchasing import Buying

SALE_ID = "sal_01JZ8B6Q0G3V5W7X9YABCDEFGH"
RETURN_ID = "ret_01JZ8B6Q0G3V5W7X9YABCDEFGH"
NOON = "2026-01-10T12:00:00Z"


async def tax(company: Company, code: str, *components: Any, included: bool = False) -> str:
    """A new tax code; a component is a percentage, or its members."""
    parts = [
        {"name": "Tax", **(each if isinstance(each, dict) else {"kind": "percent", "rate": each})}
        for each in components
    ]
    body = {"code": code, "name": code, "included": included, "components": parts}
    return str((await company.post("/taxes", body))["id"])


async def service(company: Company, sku: str, tax_id: str | None = None, **members: Any) -> str:
    return await company.product(sku, kind="service", tax_id=tax_id, **members)


@pytest.mark.parametrize(
    "change",
    [
        {"unit_price": "5.01"},
        {"discount_percent": "11"},
        {"discount_amount": "0.10"},
        {"tax_id": None},
        {"description": "Another mug"},
    ],
)
async def test_a_sale_of_the_same_id_with_another_line_is_refused(
    company: Company, change: dict[str, Any]
) -> None:
    """R-21: the same client-made id with another body is 409; the same body answers what is."""
    vat = await company.first("/taxes", code="VAT20")
    product_id = await service(company, "ID-1", vat, price="7.00")
    line = {
        "product_id": product_id,
        "quantity": "2",
        "unit_price": "5.00",
        "discount_percent": "10",
        "description": "Mug",
    }
    first = await company.sell(id=SALE_ID, lines=[line])
    assert (first["net"], first["tax"], first["total"]) == ("9.00", "1.80", "10.80")
    assert await company.sell(id=SALE_ID, lines=[line], status=200) == first
    refused = await company.sell(id=SALE_ID, lines=[line | change], status=409)
    assert (refused["code"], refused["errors"][0]["pointer"]) == ("common.id_taken", "/id")


@pytest.mark.parametrize(
    "change",
    [
        {"effective_at": "2026-01-10T12:00:01Z"},
        {"discount": {"percent": "50"}},
        {"tenders": [{"method": "card"}]},
        {"tenders": [{"method": "cash", "amount": "9.00"}]},
        {"tenders": [{"method": "cash", "amount": "20.00"}]},
    ],
)
async def test_a_sale_of_the_same_id_with_another_head_is_refused(
    company: Company, change: dict[str, Any]
) -> None:
    """R-21, also for the day, the discount and the payments."""
    product_id = await service(company, "ID-2", price="10.00")
    body: dict[str, Any] = {"id": SALE_ID, "effective_at": NOON}
    first = await company.sell((product_id, "1"), **body)
    assert await company.sell((product_id, "1"), status=200, **body) == first
    refused = await company.sell((product_id, "1"), status=409, **(body | change))
    assert refused["code"] == "common.id_taken"
    assert (await company.balances())["sales"] == "-10.00"


async def test_a_repeated_sale_is_known_after_its_list_price_changed(company: Company) -> None:
    """R-21: what the request left to the masters then is not asked of the masters now."""
    product_id = await service(company, "ID-3", price="10.00")
    customer_id = await company.contact("Customer")
    body: dict[str, Any] = {
        "id": SALE_ID,
        "customer_id": customer_id,
        "discount": {"percent": "15", "amount": "0.50"},
        "tenders": [
            {"method": "card", "amount": "2.00"},
            {"method": "on_account"},
            {"method": "cash", "amount": "1.00"},
        ],
    }
    first = await company.sell((product_id, "1"), (product_id, "2"), **body)
    assert first["total"] == "25.00"
    path = f"/api/v1/products/{product_id}"
    answer = await company.client.patch(path, json={"price": "11"}, headers={"If-Match": '"1"'})
    assert answer.status_code == 200, answer.text
    again = await company.sell((product_id, "1"), (product_id, "2"), status=200, **body)
    assert again == first


@pytest.mark.parametrize(
    "change",
    [
        {"refund": {"method": "card"}},
        {"effective_at": "2026-01-10T12:00:01Z"},
        {"lines": [{"unit_price": "3.01"}]},
        {"lines": [{"tax_id": None}]},
    ],
)
async def test_a_return_of_the_same_id_with_another_body_is_refused(
    company: Company, change: dict[str, Any]
) -> None:
    """R-21 for returns, here without a sale."""
    vat = await company.first("/taxes", code="VAT20")
    product_id = await service(company, "ID-4", vat)
    line = {"product_id": product_id, "quantity": "1", "unit_price": "3.00"}
    body: dict[str, Any] = {"id": RETURN_ID, "effective_at": NOON}
    first = await company.take_back(line, **body)
    assert first["total"] == "3.60"
    assert await company.take_back(line, status=200, **body) == first
    other = dict(change)
    lines = [line | each for each in other.pop("lines", [{}])]
    refused = await company.take_back(*lines, status=409, **(body | other))
    assert refused["code"] == "common.id_taken"


async def test_a_return_of_the_same_id_with_another_product_is_refused(company: Company) -> None:
    """R-21: a line without a sale is known by its product."""
    one, other = await service(company, "ID-5"), await service(company, "ID-6")
    line = {"product_id": one, "quantity": "1", "unit_price": "3.00"}
    await company.take_back(line, id=RETURN_ID)
    refused = await company.take_back(line | {"product_id": other}, id=RETURN_ID, status=409)
    assert refused["code"] == "common.id_taken"


async def test_lines_without_a_sale_are_taxed_as_a_document(
    company: Company, buying: Buying
) -> None:
    """Semantics 3.3.2, 4.5: the credit is the mirror: 3 x 1.11 at 7 %, 0.23 by document."""
    await buying.settings({"tax_rounding": "document"})
    product_id = await service(company, "DOC-1", await tax(company, "T7", "7"), price="1.11")
    sale = await company.sell(*[(product_id, "1")] * 3)
    assert [line["tax"] for line in sale["lines"]] == ["0.08", "0.08", "0.07"]
    linked = {"sale_id": sale["id"], "sale_line": 2, "quantity": "1"}
    stated = {"product_id": product_id, "quantity": "1", "unit_price": "1.11"}
    back = await company.take_back(stated, linked, stated, stated)
    assert [line["tax"] for line in back["lines"]] == ["0.08", "0.08", "0.08", "0.07"]
    assert back["taxes"] == [
        {"tax_id": sale["taxes"][0]["tax_id"], "base": "4.44", "amount": "0.31"}
    ]
    assert (await company.balances())["output_tax"] == "0.08"


async def test_lines_without_a_sale_are_taxed_by_line(company: Company) -> None:
    """The same by line, the default: 0.24."""
    product_id = await service(company, "DOC-2", await tax(company, "T7", "7"))
    stated = {"product_id": product_id, "quantity": "1", "unit_price": "1.11"}
    back = await company.take_back(stated, stated, stated)
    assert (back["net"], back["tax"]) == ("3.33", "0.24")


async def test_a_line_without_a_sale_that_its_tax_exceeds_is_named_by_its_place(
    company: Company,
) -> None:
    """Domain-notes 3.3: a fixed tax inside a price is not more than the price."""
    duty = await tax(company, "DUTY", {"kind": "fixed", "rate": "0.25"}, included=True)
    product_id = await service(company, "DOC-3", duty, price="1.00")
    sale = await company.sell((product_id, "1"))
    linked = {"sale_id": sale["id"], "sale_line": 1, "quantity": "1"}
    stated = {"product_id": product_id, "quantity": "1", "unit_price": "0.20"}
    refused = await company.take_back(linked, stated, status=422)
    assert refused["code"] == "accounting.tax_exceeds_amount"
    assert [each["pointer"] for each in refused["errors"]] == ["/lines/1"]


@pytest.mark.parametrize(
    ("rates", "included", "quantity", "price", "figures"),
    [
        (("10",), True, "1", "1000.00", ("909.09", "90.91", "1000.00")),
        (("11.111111",), False, "1", "1000.00", ("1000.00", "111.11", "1111.11")),
        (("20",), True, "1", "8.01", ("6.67", "1.34", "8.01")),
        (("20",), True, "10", "38.23", ("318.58", "63.72", "382.30")),
        (("9",), True, "2", "399.00", ("732.11", "65.89", "798.00")),
        (("9", "9"), False, "1", "62.51", ("62.51", "11.26", "73.77")),
        (("18",), False, "1", "62.51", ("62.51", "11.25", "73.76")),
    ],
)
async def test_tax_worked_examples(
    company: Company,
    rates: tuple[str, ...],
    included: bool,
    quantity: str,
    price: str,
    figures: tuple[str, str, str],
) -> None:
    """Domain-notes 3.3: Odoo, vendure 2662 and 3047, and the twins of India, sold and returned."""
    tax_id = await tax(company, "WORKED", *rates, included=included)
    product_id = await service(company, "TAX-1", tax_id, price=price)
    sale = await company.sell((product_id, quantity))
    assert (sale["net"], sale["tax"], sale["total"]) == figures
    line = {"sale_id": sale["id"], "sale_line": 1, "quantity": quantity}
    back = await company.take_back(line)
    assert (back["net"], back["tax"], back["total"]) == figures
    balances = await company.balances()
    assert (balances["cash"], balances["output_tax"]) == ("0.00", "0.00")


@pytest.mark.parametrize(
    ("prices", "discounts"),
    [
        (("43.00", "14.00", "23.00"), ["1.61", "0.52", "0.86"]),
        (("10.00", "10.00", "10.00"), ["1.00", "1.00", "0.99"]),
        (("0.00", "3.00", "0.00"), ["0.00", "2.99", "0.00"]),
    ],
)
async def test_a_discount_of_the_document_is_spread_by_amount(
    company: Company, prices: tuple[str, ...], discounts: list[str]
) -> None:
    """Domain-notes 3.0 [T] vendure prorate: 299 over 4300, 1400, 2300 and over equal weights."""
    product_id = await service(company, "SPREAD")
    lines = [{"product_id": product_id, "quantity": "1", "unit_price": price} for price in prices]
    sale = await company.sell(lines=lines, discount={"amount": "2.99"})
    assert [line["discount"] for line in sale["lines"]] == discounts


async def test_parts_of_a_discounted_line_add_up_in_every_column(company: Company) -> None:
    """Semantics 1.6, 6.4: net, each tax, total and cost of seven, returned as 2, 4 and 1."""
    tax_id = await tax(company, "COMP", {"kind": "percent", "rate": "5", "compound": True}, "9.5")
    product_id = await company.product("PART-1", price="3.33", tax_id=tax_id)
    await company.stock("9", "1.1111", product_id)
    line = {"product_id": product_id, "quantity": "7", "discount_percent": "12.5"}
    sale = await company.sell(lines=[line], discount={"amount": "0.07"})
    # 23.31 - 2.91 - 0.07 = 20.33; 5 % is 1.02, 9.5 % of 21.3465 is 2.03; 7 of 9 at 10.00 is 7.78.
    assert (sale["net"], sale["tax"], sale["lines"][0]["cost"]) == ("20.33", "3.05", "7.78")
    figures = []
    for quantity in ("2", "4", "1"):
        part: dict[str, Any] = {"sale_id": sale["id"], "sale_line": 1, "quantity": quantity}
        back = await company.take_back(part)
        figures.append((back["net"], back["tax"], back["total"], back["lines"][0]["cost"]))
    assert figures == [
        ("5.81", "0.87", "6.68", "2.22"),
        ("11.62", "1.74", "13.36", "4.45"),
        ("2.90", "0.44", "3.34", "1.11"),
    ]
    balances = await company.balances()
    assert (balances["cash"], balances["stock"]) == ("0.00", "10.00")
    assert (balances["sales"], balances["sales_returns"]) == ("-20.33", "20.33")
    await company.assert_sound()


async def test_a_return_in_a_later_month_leaves_the_closed_one_alone(company: Company) -> None:
    """Semantics 2.3.1, 3.1.3: the return carries its own day; its month takes revenue and cost."""
    product_id = await company.product("PER-1", price="10.00")
    await company.stock("2", "4.00", product_id, effective_at=NOON)
    sale = await company.sell((product_id, "2"), effective_at=NOON)
    await company.post("/periods/2026-01/close", {}, status=200)
    line = {"sale_id": sale["id"], "sale_line": 1, "quantity": "1"}
    refused = await company.take_back(line, effective_at="2026-01-31T23:59:59Z", status=409)
    assert refused["code"] == "accounting.period_closed"
    await company.take_back(line, effective_at="2026-02-01T00:00:00Z")
    profits = []
    for first, last in (("2026-01-01", "2026-01-31"), ("2026-02-01", "2026-02-28")):
        month: dict[str, Any] = {"effective_from": first, "effective_to": last}
        report = await company.get("/reports/profit-and-loss", **month)
        profits.append((report["total_income"], report["total_expenses"], report["net_profit"]))
    assert profits == [("20.00", "8.00", "12.00"), ("-10.00", "-4.00", "-6.00")]
    await company.assert_sound()


@pytest.mark.parametrize(
    ("currency", "price", "figures", "refused"),
    [
        ("JPY", "99.5", ("299", "30", "329"), "0.5"),
        ("KWD", "0.3335", ("1.001", "0.100", "1.101"), "0.0005"),
    ],
)
async def test_currencies_of_no_and_three_decimals(
    application: Any, currency: str, price: str, figures: tuple[str, str, str], refused: str
) -> None:
    """Semantics 1.2, 1.4: money in its smallest unit, rounded once for the line; ties go up."""
    async with register_company(application, currency=currency) as company:
        product_id = await service(company, "CUR-1", await tax(company, "T10", "10"), price=price)
        sale = await company.sell((product_id, "3"))
        assert (sale["net"], sale["tax"], sale["total"]) == figures
        too_fine = [{"method": "cash", "amount": refused}, {"method": "card"}]
        problem = await company.sell((product_id, "3"), tenders=too_fine, status=422)
        assert problem["errors"][0]["pointer"] == "/tenders/0/amount"
        assert (await company.balances())["cash"] == figures[2]


async def test_the_year_ends_where_the_company_is(application: Any) -> None:
    """Domain-notes 3.0, 3.2: day, month and number series follow the zone, here 14 hours ahead."""
    async with register_company(application, time_zone="Pacific/Kiritimati") as company:
        product_id = await service(company, "ZONE-1")
        numbers = []
        for instant in (
            "2023-12-31T09:59:59Z",
            "2023-12-31T10:00:00Z",
            "2024-12-31T10:00:00Z",
            "2024-12-31T09:59:59Z",
        ):
            sale = await company.sell((product_id, "1"), effective_at=instant)
            numbers.append((sale["number"], sale["effective_on"]))
        assert numbers == [
            ("SAL/2023/MAIN/000001", "2023-12-31"),
            ("SAL/2024/MAIN/000001", "2024-01-01"),
            ("SAL/2025/MAIN/000001", "2025-01-01"),
            ("SAL/2024/MAIN/000002", "2024-12-31"),
        ]
        await company.post("/periods/2023-12/close", {}, status=200)
        late = await company.sell(
            (product_id, "1"), effective_at="2023-12-31T09:59:59Z", status=409
        )
        assert late["code"] == "accounting.period_closed"
        first = await company.sell((product_id, "1"), effective_at="2023-12-31T10:00:00Z")
        assert first["number"] == "SAL/2024/MAIN/000003"


async def test_items_of_a_batch_meet_each_other(company: Company) -> None:
    """R-14, R-15, R-21: an id, a reference, a key and the last piece, each asked for twice."""
    product_id = await company.product("BATCH-1", price="1.00")
    await company.open_stock("3", "1.00", product_id)
    sale = await company.sale((product_id, "1"))
    items = [
        {**sale, "id": SALE_ID, "idempotency_key": "a"},
        {**sale, "id": SALE_ID, "idempotency_key": "b"},
        {**sale, "external_ref": "E", "idempotency_key": "c"},
        {**sale, "external_ref": "E", "idempotency_key": "d"},
        {**sale, "idempotency_key": "c"},
        {**sale, "external_ref": "E", "idempotency_key": "c"},
        {**sale, "idempotency_key": "e"},
        {**sale, "idempotency_key": "f"},
    ]
    answer = await company.post("/sales/batch", {"atomic": False, "items": items}, status=207)
    seen = [
        (each["status"], each["replayed"], each["body"].get("code") or each["body"]["number"][-6:])
        for each in answer["items"]
    ]
    assert seen == [
        (201, False, "000001"),
        (200, False, "000001"),
        (201, False, "000002"),
        (409, False, "common.external_ref_taken"),
        (422, False, "common.idempotency_key_reused"),
        (201, True, "000002"),
        (201, False, "000003"),
        (409, False, "inventory.insufficient_stock"),
    ]
    line = {"sale_id": SALE_ID, "sale_line": 1, "quantity": "1"}
    back = {"location_id": sale["location_id"], "lines": [line], "refund": {"method": "cash"}}
    keyed = [{**back, "idempotency_key": key} for key in ("x", "y")]
    answer = await company.post("/returns/batch", {"items": keyed}, status=207)
    assert [each["status"] for each in answer["items"]] == [201, 409]
    assert answer["items"][1]["body"]["code"] == "sales.over_return"
    await company.assert_sound()


async def test_a_return_takes_its_customer_from_the_sale(company: Company) -> None:
    """Who brings goods back is known from the sale; to state another customer is refused."""
    product_id = await company.product("KNOWN", kind="service", price="10.00")
    customer = await company.contact("Ada", "customer")
    sale = await company.sell((product_id, "2"), customer_id=customer)
    line = {"sale_id": sale["id"], "sale_line": 1, "quantity": "1"}
    on_account: dict[str, Any] = {"refund": {"method": "on_account"}, "id": RETURN_ID}
    back = await company.take_back(line, **on_account)
    assert (back["customer_id"], back["total"]) == (customer, "10.00")
    assert await company.take_back(line, status=200, **on_account) == back
    owed = await company.get("/open-items", contact_id=customer)
    [item] = owed["data"]
    assert (item["document_kind"], item["open"]) == ("return", "-10.00")
    other = await company.contact("Bob", "customer")
    refused = await company.take_back(line, status=422, customer_id=other)
    assert refused["code"] == "sales.return_of_other_customer"
    await company.assert_sound()
