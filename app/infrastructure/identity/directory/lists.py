"""What the lists of identity share."""

from typing import Any

from sqlalchemy import ColumnElement, Table, bindparam

from app.application.shared.views import View
from app.infrastructure.db.lists import Filter


def columns(
    view: View[Any], *tables: Table, **named: ColumnElement[Any]
) -> list[ColumnElement[Any]]:
    """What ``view`` takes: each column from ``named``, or from the first table that has it."""
    return [
        named[name] if name in named else next(each.c[name] for each in tables if name in each.c)
        for name in view.columns
    ]


def after(column: ColumnElement[Any]) -> Filter:
    """The filter ``column > value``: what has not expired at an instant."""
    return lambda name: column > bindparam(name, type_=column.type)
