"""The reading rules of the retail file."""

import gzip
from pathlib import Path

import pytest

from load.replay.reading import (
    BadFile,
    Book,
    Correction,
    Line,
    Return,
    Sale,
    WriteOff,
    read_file,
    read_text,
)
from tests.unit.load.retail_file import ROWS, TEXT, Row, csv_text

AT = "2010-12-01 08:26"


def read(*rows: Row) -> Book:
    return read_text(csv_text(list(rows)), "")


def test_an_invoice_is_one_sale_at_its_first_time_with_its_lines_in_order() -> None:
    book = read(
        ("1", "22A", "", 6, "2010-12-01 08:26", "2.55", "17850"),
        ("2", "30", "", 1, "2010-12-01 08:27", "1", ""),
        ("1", "POST", "", 1, "2010-12-01 08:28", "18", "17850"),
        ("1", "22a", "", 6, "2010-12-01 08:28", "2.55", "17850"),
        ("1", "22a", "", 6, "2010-12-01 08:28", "2.55", "17850"),
    )
    first, second = book.documents
    line = Line("22A", 6, 2_550_000, 1530)
    assert first == Sale(
        "1", "2010-12-01T08:26:00Z", "17850", [line, Line("POST", 1, 18_000_000, 1800), line, line]
    )
    assert isinstance(second, Sale)
    assert second.customer == ""


def test_codes_that_differ_in_case_are_one_item_under_the_first_name() -> None:
    book = read(("1", "22a", "", 1, AT, "1", ""), ("1", "22A", "MUG", 1, AT, "1", ""))
    assert book.names == {"22A": ("22a", "MUG")}


def test_a_zero_price_with_a_customer_is_sold_and_without_one_is_a_correction() -> None:
    book = read(
        ("1", "22", "", 3, AT, "0", "17850"),
        ("2", "22", "", 4, AT, "0", ""),
        ("2", "23", "", 1, AT, "2", ""),
        ("2", "22", "", -5, AT, "0.00", ""),
    )
    at = "2010-12-01T08:26:00Z"
    assert book.documents == [
        Sale("1", at, "17850", [Line("22", 3, 0, 0)]),
        Correction("2-row-2", at, "22", 4),
        Sale("2", at, "", [Line("23", 1, 2_000_000, 200)]),
        Correction("2-row-4", at, "22", -5),
    ]


def test_a_cancellation_is_a_return_with_positive_quantities() -> None:
    [document] = read(("C1", "22", "", -3, AT, "1.005", "17850")).documents
    # 3.015 is a tie and rounds away from zero.
    assert document == Return(
        "C1", "2010-12-01T08:26:00Z", "17850", [Line("22", 3, 1_005_000, 302)]
    )


def test_bad_debts_keep_the_sign_of_the_file_and_make_no_product() -> None:
    book = read(("A1", "B", "Adjust bad debt", 1, AT, "-11062.06", ""))
    assert book.documents == [WriteOff("A1", "2010-12-01T08:26:00Z", "Adjust bad debt", [-1106206])]
    assert book.names == {}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (("1", "DOT", "", 100, AT, "0", ""), "a stock correction of a service, which has no stock"),
        (("1", "22", "", 0, AT, "0", ""), "a correction by nothing"),
        (("1", "22", "", -2, AT, "1", ""), "a quantity that is not positive on an invoice"),
        (("1", "22", "", -2, AT, "0", "17850"), "a quantity that is not positive on an invoice"),
        (("1", "22", "", 2, AT, "-1", ""), "a negative price outside the bad debts"),
        (("C1", "22", "", 2, AT, "1", ""), "a cancellation that takes nothing back"),
        (("A1", "B", "", 1, AT, "0", ""), "a bad debt of nothing"),
    ],
)
def test_what_cannot_be_booked_is_listed_with_its_reason(row: Row, reason: str) -> None:
    book = read(row)
    assert book.documents == []
    assert [(listed.row, listed.reason) for listed in book.listed] == [(1, reason)]


@pytest.mark.parametrize("prefix", ["", "C"])
def test_a_second_customer_on_an_invoice_is_listed(prefix: str) -> None:
    quantity = -1 if prefix else 1
    book = read(
        (f"{prefix}1", "22", "", quantity, AT, "1", "17850"),
        (f"{prefix}1", "23", "", quantity, AT, "1", "12346"),
    )
    [listed] = book.listed
    assert listed.reason == "another customer than the first row of the invoice"
    assert (listed.invoice, listed.code, listed.pence) == (f"{prefix}1", "23", 100 * quantity)


def test_every_row_is_booked_or_listed_and_months_without_rows_are_kept() -> None:
    book = read_text(TEXT, "")
    lines = sum(
        len(document.lines) if isinstance(document, Sale | Return) else 1
        for document in book.documents
    )
    assert lines + len(book.listed) == book.rows == len(ROWS)
    assert book.months == ["2010-12", "2011-01", "2011-02", "2011-03"]
    assert book.rows_of_month == {"2010-12": 14, "2011-01": 8, "2011-03": 1}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "InvoiceNo,StockCode\r\n",
        csv_text([]),
        csv_text([("1", "22", "", 1, "01/12/2010 08:26", "1", "")]),
        csv_text([("1", "22", "", 1, AT, "1e3", "")]),
        csv_text([("1", "22", "", 1, AT, "NaN", "")]),
        csv_text([("1", "22", "", 1, AT, "0.0000001", "")]),
        csv_text([("1", " ", "", 1, AT, "1", "")]),
        csv_text([("", "22", "", 1, AT, "1", "")]),
        csv_text([("1", "22", "", 1, AT, "1", "")]).replace(",1,2010", ",1.5,2010"),
        csv_text([("1", "22", "", 1, AT, "1", "")]) + "1,2,3\r\n",
    ],
)
def test_a_file_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(BadFile):
        read_text(text, "")


def test_a_packed_file_reads_like_the_plain_one(tmp_path: Path) -> None:
    plain, packed = tmp_path / "sales.csv", tmp_path / "sales.csv.gz"
    plain.write_bytes(TEXT.encode())
    packed.write_bytes(gzip.compress(TEXT.encode()))
    assert read_file(plain) == read_file(packed)
    for bad, content in (("cut.csv.gz", packed.read_bytes()[:40]), ("bytes.csv", b"\xff\xfe")):
        (tmp_path / bad).write_bytes(content)
        with pytest.raises(BadFile):
            read_file(tmp_path / bad)
    with pytest.raises(BadFile):
        read_file(tmp_path / "missing.csv")
