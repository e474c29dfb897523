"""Exact figures: prices in millionths, money in pence, and how both are read and written.

The replay does its own arithmetic on integers, so that what it expects of the service is not
computed by the service's own code.
"""

import re
from calendar import monthrange
from typing import Final

MICRO: Final = 10**6
_MICRO_PER_PENNY: Final = 10**4
_DECIMAL = re.compile(r"(-?)([0-9]+)(?:\.([0-9]{1,6}))?", re.ASCII)


class BadFigure(Exception):
    """A text that is not a plain decimal of at most six places."""


def divide(numerator: int, denominator: int) -> int:
    """``numerator / denominator`` to the nearest integer, ties away from zero."""
    half = (2 * abs(numerator) + denominator) // (2 * denominator)
    return half if numerator >= 0 else -half


def micro(text: str) -> int:
    """The decimal ``text`` in millionths.

    Raises:
        BadFigure: not a plain decimal, or more than six places.
    """
    found = _DECIMAL.fullmatch(text)
    if found is None:
        raise BadFigure(text)
    sign, whole, fraction = found.groups()
    value = int(whole) * MICRO + int((fraction or "").ljust(6, "0"))
    return -value if sign else value


def micro_text(value: int) -> str:
    """``value`` millionths as a decimal without needless zeros."""
    whole, rest = divmod(abs(value), MICRO)
    fraction = str(rest).rjust(6, "0").rstrip("0")
    sign = "-" if value < 0 else ""
    return f"{sign}{whole}.{fraction}" if fraction else f"{sign}{whole}"


def line_pence(quantity: int, price: int) -> int:
    """``quantity`` whole pieces at ``price`` millionths of a pound, rounded once to pence."""
    return divide(quantity * price, _MICRO_PER_PENNY)


def whole_pence(price: int) -> bool:
    """Whether any quantity at ``price`` is exact to the penny."""
    return price % _MICRO_PER_PENNY == 0


def pence(text: str) -> int:
    """The amount ``text`` in pence.

    Raises:
        BadFigure: not an amount with at most two places.
    """
    value = micro(text)
    if value % _MICRO_PER_PENNY:
        raise BadFigure(text)
    return value // _MICRO_PER_PENNY


def amount_text(value: int) -> str:
    """``value`` pence as the API takes it: ``-1234.50``."""
    sign = "-" if value < 0 else ""
    return f"{sign}{abs(value) // 100}.{abs(value) % 100:02d}"


def shown(value: int) -> str:
    """``value`` pence for a reader: ``-1,234.50``."""
    sign = "-" if value < 0 else ""
    return f"{sign}{abs(value) // 100:,}.{abs(value) % 100:02d}"


def next_month(month: str) -> str:
    """The month after ``month`` (``YYYY-MM``)."""
    year, number = int(month[:4]), int(month[5:])
    return f"{year + 1}-01" if number == 12 else f"{year}-{number + 1:02d}"


def month_range(first: str, last: str) -> list[str]:
    """Every calendar month from ``first`` to ``last``, both included."""
    months = [first]
    while months[-1] < last:
        months.append(next_month(months[-1]))
    return months


def last_day(month: str) -> str:
    """The last day of ``month``, ``YYYY-MM-DD``."""
    return f"{month}-{monthrange(int(month[:4]), int(month[5:]))[1]:02d}"
