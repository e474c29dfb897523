"""Writes and reads rows by a mapping, without a database."""

from dataclasses import fields, is_dataclass, replace
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Any

from app.infrastructure.db.mapping import Mapping
from app.infrastructure.db.reading import build


def loaded_again(mapping: Mapping, aggregate: Any) -> Any:
    """The aggregate that a read makes of the rows of a write."""
    rows = list(mapping.dump(aggregate))
    root = next(row for table, row in rows if table is mapping.table)
    children = [
        [
            tuple(row[name] for name in (*child.by, *child.columns))
            for table, row in rows
            if table is child.table
        ]
        for child in mapping.children
    ]
    [found] = build(mapping, [tuple(root[name] for name in mapping.columns)], children)
    return found


def unsaved_fields(mapping: Mapping, aggregate: Any) -> list[str]:
    """The fields of an aggregate whose change does not change its rows."""
    before = list(mapping.dump(aggregate))
    return [
        each.name
        for each in fields(aggregate)
        if list(mapping.dump(_with(aggregate, each.name))) == before
    ]


def _with(aggregate: Any, name: str) -> Any:
    """The aggregate with another value in one field, whatever its rules say."""
    changed = replace(aggregate)
    object.__setattr__(changed, name, _other(getattr(aggregate, name)))
    return changed


def _other(value: Any) -> Any:
    if isinstance(value, Enum):
        return next(each for each in type(value) if each is not value)
    if isinstance(value, tuple):
        return (_other(value[0]), *value[1:])
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, datetime | date):
        return value + timedelta(days=1)
    if is_dataclass(value) and not isinstance(value, type):
        return _with(value, fields(value)[0].name)
    return value[:-1] + (b"\xff" if isinstance(value, bytes) else "~")
