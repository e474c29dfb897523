"""A retail file small enough to check by hand, with every kind of row."""

from load.replay.reading import HEADER

Row = tuple[str, str, str, int, str, str, str]


def csv_text(rows: list[Row]) -> str:
    """The file with ``rows`` of invoice, code, description, quantity, time, price and customer."""
    lines = [",".join(HEADER)]
    for invoice, code, description, quantity, at, price, customer in rows:
        lines.append(
            f'{invoice},{code},"{description}",{quantity},{at},{price},{customer},United Kingdom'
        )
    return "\r\n".join(lines) + "\r\n"


ROWS: list[Row] = [
    ("536365", "85123A", "HOLDER", 6, "2010-12-01 08:26", "2.55", "17850"),
    ("536365", "85123a", "holder", 6, "2010-12-01 08:26", "2.55", "17850"),
    ("536365", "POST", "POSTAGE", 1, "2010-12-01 08:27", "18", "17850"),
    ("536366", "71053", "LANTERN", 10, "2010-12-01 09:00", "3.39", ""),
    ("536366", "22000", "", 4, "2010-12-01 09:00", "0", ""),
    ("536366", "M", "Manual", 2, "2010-12-01 09:00", "5", ""),
    ("536367", "84029", "FREE GIFT", 1, "2010-12-02 10:00", "0.0", "17850"),
    ("C536368", "85123A", "HOLDER", -8, "2010-12-02 11:00", "2.55", "17850"),
    ("C536368", "71053", "LANTERN", -1, "2010-12-02 11:00", "3.39", "17850"),
    ("C536368", "D", "Discount", -1, "2010-12-02 11:00", "4.50", "17850"),
    ("C536369", "BANK CHARGES", "Bank Charges", -1, "2010-12-03 09:00", "15", ""),
    ("536370", "71053", "damaged", -3, "2010-12-03 09:30", "0", ""),
    ("536371", "DOT", "", 100, "2010-12-03 09:31", "0", ""),
    ("C536372", "99999", "NEVER SOLD", -2, "2010-12-04 09:00", "1.25", "12346"),
    ("536373", "71053", "LANTERN", 5, "2011-01-04 10:00", "3.99", "12346"),
    ("536373", "gift_0001_10", "VOUCHER", 1, "2011-01-04 10:00", "8.33", "12346"),
    ("536373", "PADS", "PADS", 1, "2011-01-04 10:00", "0.001", "12346"),
    ("A563185", "B", "Adjust bad debt", 1, "2011-01-05 14:50", "20.06", ""),
    ("A563186", "B", "Adjust bad debt", 1, "2011-01-05 14:51", "-20.06", ""),
    ("A563187", "B", "Adjust bad debt", 1, "2011-01-05 14:52", "-20.06", ""),
    ("C536374", "M", "Manual", -1, "2011-01-06 09:00", "7.00", "17850"),
    ("536375", "85123A", "HOLDER", 1, "2011-01-07 09:00", "2.95", "17850"),
    ("536376", "71053", "LANTERN", 2, "2011-03-01 09:00", "3.99", "17850"),
]
TEXT = csv_text(ROWS)
