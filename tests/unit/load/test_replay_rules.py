"""Matching of returns, goods in, debtors, figures, ids: each a function of the file alone."""

import pytest

from load.replay.codes import accounts_of, service_accounts
from load.replay.debtors import Debtors
from load.replay.figures import (
    BadFigure,
    amount_text,
    last_day,
    line_pence,
    micro,
    micro_text,
    month_range,
    pence,
    shown,
)
from load.replay.goods_in import (
    LINES_PER_RECEIPT,
    Costs,
    Warehouse,
    billed_price,
    costing_of,
    supplier_of,
)
from load.replay.ids import make_id, make_key
from load.replay.matching import SoldLines
from load.replay.reading import Line, Return, Sale, read_text
from tests.unit.load.retail_file import Row, csv_text

AT = "2010-12-01 08:26"


def sale(invoice: str, customer: str, *lines: Line) -> Sale:
    return Sale(invoice, "2010-12-01T08:26:00Z", customer, list(lines))


def back(customer: str, *lines: Line) -> Return:
    return Return("C9", "2010-12-09T08:26:00Z", customer, list(lines))


def mugs(quantity: int, price: int = 2_550_000, code: str = "22A") -> Line:
    return Line(code, quantity, price, line_pence(quantity, price))


def matched(sold: SoldLines, document: Return) -> list[tuple[str, int, int]]:
    return [(line.invoice, line.number, line.quantity) for line in sold.take_back(document)]


def test_a_return_takes_the_newest_sale_lines_first_as_far_as_they_reach() -> None:
    sold = SoldLines()
    sold.sell(sale("1", "17850", mugs(5), mugs(4)))
    sold.sell(sale("2", "17850", mugs(3)))
    document = back("17850", mugs(9))
    assert matched(sold, document) == [("2", 1, 3), ("1", 2, 4), ("1", 1, 2)]
    # What came back does not come back again; the rest has no sale.
    assert matched(sold, document) == [("1", 1, 3), ("", 0, 6)]
    assert matched(sold, document) == [("", 0, 9)]


def test_another_customer_price_or_code_and_a_walk_in_do_not_match() -> None:
    sold = SoldLines()
    sold.sell(sale("1", "17850", mugs(5)))
    sold.sell(sale("2", "", mugs(5)))
    for document in (
        back("12346", mugs(1)),
        back("", mugs(1)),
        back("17850", mugs(1, 2_560_000)),
        back("17850", mugs(1, code="22B")),
    ):
        assert matched(sold, document) == [("", 0, 1)]


def test_services_and_prices_below_the_penny_are_never_matched() -> None:
    sold = SoldLines()
    sold.sell(sale("1", "17850", mugs(1, code="POST"), mugs(1, 1_000, "PADS")))
    document = back("17850", mugs(1, code="POST"), mugs(1, 1_000, "PADS"))
    assert matched(sold, document) == [("", 0, 1), ("", 0, 1)]


def test_two_rows_that_reach_one_sale_line_name_it_once() -> None:
    sold = SoldLines()
    sold.sell(sale("1", "17850", mugs(5)))
    lines = sold.take_back(back("17850", mugs(2), mugs(2), mugs(2)))
    assert [(line.invoice, line.quantity, line.pence) for line in lines] == [
        ("1", 5, 1275),
        ("", 1, 255),
    ]


def costs(*rows: tuple[str, str, str]) -> Costs:
    """Sales of one piece each: code, month, price."""
    made: list[Row] = [
        (str(index), code, "", 1, f"{month}-15 10:00", price, "1")
        for index, (code, month, price) in enumerate(rows)
    ]
    return Costs(read_text(csv_text(made), ""))


def test_a_cost_is_60_per_cent_of_the_median_price_of_the_month() -> None:
    table = costs(
        ("22", "2010-12", "1.25"),
        ("22", "2010-12", "9.99"),
        ("22", "2010-12", "1.65"),
        ("23", "2010-12", "1.25"),
        ("23", "2010-12", "1.6583"),
        ("24", "2010-12", "0"),
    )
    assert table.unit_cost("22", "2010-12") == 990_000
    # (1.25 + 1.6583) / 2 x 0.6 = 0.87249, to four decimals 0.8725.
    assert table.unit_cost("23", "2010-12") == 872_500
    assert (table.unit_cost("24", "2010-12"), table.has_price("24")) == (10_000, False)


def test_without_a_price_in_the_month_the_nearest_counts_and_of_two_the_earlier() -> None:
    table = costs(
        ("22", "2010-12", "1"),
        ("22", "2011-02", "2"),
        ("22", "2011-06", "5"),
    )
    by_month = {month: table.unit_cost("22", month) for month in month_range("2010-12", "2011-06")}
    assert list(by_month.values()) == [
        600_000, 600_000, 1_200_000, 1_200_000, 1_200_000, 3_000_000, 3_000_000,
    ]  # fmt: skip


def test_receipts_bring_what_the_month_takes_out_less_what_is_on_hand() -> None:
    book = read_text(
        csv_text(
            [
                ("1", "22", "", 5, AT, "1", "1"),
                ("2", "22", "", -2, AT, "0", ""),
                ("3", "23", "", 9, AT, "0", ""),
                ("4", "23", "", 4, AT, "1", ""),
                ("C5", "22", "", -1, AT, "1", "1"),
                ("6", "POST", "", 1, AT, "18", "1"),
            ]
        ),
        "",
    )
    warehouse = Warehouse(Costs(book))
    warehouse.on_hand["23"] = 1
    receipts = warehouse.order("2010-12", book.documents)
    received = {line.code: line for receipt in receipts for line in receipt.lines}
    assert {code: line.quantity for code, line in received.items()} == {"22": 7, "23": 3}
    assert {line.unit_cost for line in received.values()} == {600_000}
    assert warehouse.on_hand == {"22": 7, "23": 4}
    assert all(supplier_of(line.code) == each.supplier for each in receipts for line in each.lines)
    assert warehouse.order("2011-01", []) == []


def test_a_large_delivery_is_split_at_the_limit_of_a_document() -> None:
    codes = [f"{number:05d}" for number in range(4 * LINES_PER_RECEIPT)]
    book = read_text(csv_text([("1", code, "", 1, AT, "1", "1") for code in codes]), "")
    receipts = Warehouse(Costs(book)).order("2010-12", book.documents)
    assert len({receipt.name for receipt in receipts}) == len(receipts) > 3
    assert max(len(receipt.lines) for receipt in receipts) == LINES_PER_RECEIPT
    assert sorted(line.code for receipt in receipts for line in receipt.lines) == codes


def test_a_cost_is_stated_only_while_none_can_be_known() -> None:
    warehouse = Warehouse(costs(("22", "2010-12", "1"), ("23", "2010-12", "1")))
    assert warehouse.bring_in("22", 3, "2010-12") == 600_000
    assert warehouse.bring_in("22", 3, "2010-12") is None
    assert warehouse.bring_in("99", 1, "2010-12") == 10_000
    assert warehouse.on_hand == {"22": 6, "99": 1}


def test_suppliers_and_costing_methods_are_drawn_from_the_code_and_all_occur() -> None:
    codes = [str(number) for number in range(4000)]
    assert {supplier_of(code) for code in codes} == {1, 2, 3}
    fifo = sum(costing_of(code) == "fifo" for code in codes)
    assert 900 < fifo < 1100
    assert (billed_price(1, 990_100), billed_price(3, 990_100)) == (990_100, 1_009_902)


def test_customers_pay_what_is_30_days_old_and_credit_is_used_first() -> None:
    debtors = Debtors()
    debtors.owe("1", "2010-12-01", 500)
    debtors.owe("1", "2010-12-02", 300)
    debtors.owe("2", "2010-12-31", 100)
    debtors.owe("3", "2010-12-01", 0)
    debtors.give_credit("1", 450)
    assert debtors.pay("2010-12-31") == [("1", 50)]
    assert debtors.use_credit() == []
    debtors.give_credit("1", 400)
    assert debtors.balance() == 300 - 400 + 100
    debtors.owe("1", "2011-01-10", 60)
    assert debtors.use_credit() == ["1"]
    debtors.owe("1", "2011-01-11", 70)
    # 40 of the credit are left for the new amount; nobody has anything older than 30 days but 2.
    assert debtors.use_credit() == ["1"]
    assert debtors.pay("2011-01-31") == [("2", 100)]
    assert debtors.pay("2011-02-28") == [("1", 30)]
    assert debtors.balance() == 0


def test_service_codes_post_to_the_accounts_of_the_issue() -> None:
    assert service_accounts("85123A") is None
    assert service_accounts("DCGSSGIRL") is None
    assert accounts_of("goods") == ("sales", "sales_returns")
    assert accounts_of("M") == ("sales", "sales_allowances")
    assert accounts_of("GIFT_0001_20") == ("customer_credit", "customer_credit")
    same = {
        "POST": "freight_income",
        "DOT": "freight_income",
        "C2": "freight_income",
        "AMAZONFEE": "merchant_fees",
        "BANK CHARGES": "merchant_fees",
        "D": "discounts_allowed",
        "S": "marketing_and_samples",
        "CRUK": "marketing_and_samples",
    }
    assert {code: accounts_of(code) for code in same} == {
        code: (role, role) for code, role in same.items()
    }


def test_ids_depend_on_kind_and_name_only_and_have_the_form_of_the_contract() -> None:
    made = make_id("sal", "536365")
    # A replay of next year must ask for the same id: this one is written down.
    assert made == "sal_015JFKN000YCM7C6CP8RJ77Y8Y"
    assert len(made) == 4 + 26
    assert len({made, make_id("ret", "536365"), make_id("sal", "536366")}) == 3


def test_keys_are_plain_where_they_can_be() -> None:
    assert make_key("sale", "536365") == "sale-536365"
    odd = make_key("product", "BANK CHARGES")
    assert odd.isascii()
    assert " " not in odd
    assert odd != make_key("product", "BANK_CHARGES")


def test_figures_are_exact_and_round_away_from_zero() -> None:
    assert line_pence(1, 1_000) == 0
    assert (line_pence(1, 5_000), line_pence(-1, 5_000)) == (1, -1)
    assert line_pence(74_215, 1_040_000) == 7_718_360
    assert (micro("-0.001"), micro("11062.06"), micro("3")) == (-1_000, 11_062_060_000, 3_000_000)
    assert (micro_text(-1_000), micro_text(2_550_000), micro_text(3_000_000)) == (
        "-0.001", "2.55", "3",
    )  # fmt: skip
    assert (amount_text(-5), shown(-123456)) == ("-0.05", "-1,234.56")
    assert last_day("2012-02") == "2012-02-29"
    with pytest.raises(BadFigure):
        pence("0.001")
