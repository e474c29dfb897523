"""Valid bodies of declared masters, made from the types of their members."""

import re
from collections.abc import Awaitable, Callable
from datetime import date
from enum import Enum
from random import randrange
from typing import Any

from app.application.contexts import CONTEXTS
from app.application.shared.masters import Master
from app.application.shared.nouns import ROOT
from app.domain.shared.fields import (
    Bounds,
    Example,
    FieldType,
    Mark,
    Member,
    Reference,
    Scaled,
    Words,
    is_nested,
    members_of,
    read_type,
)
from tests.support.company import Company
from tests.support.route import tag

_MASTERS = {
    each.noun.kind.name: each
    for context in CONTEXTS
    for each in context.declared
    if isinstance(each, Master)
}


async def valid_body(master: Master[Any], company: Company) -> dict[str, Any]:
    """A body that creates an object, every member stated; texts without a form are fresh."""
    stated = [Member(each.name, read_type(each.type), each.required) for each in master.stated]
    members = [*master.settable(), *stated]
    return {each.name: await _value(each.type, company) for each in members}


async def changed_body(
    master: Master[Any], new: Callable[[Company], Awaitable[dict[str, Any]]], company: Company
) -> dict[str, Any]:
    """A body that changes every member that may change."""
    fixed = {each.name for each in members_of(master.noun.of) if each.type.has(Mark.FIXED)}
    return {name: value for name, value in (await new(company)).items() if name not in fixed}


async def _value(type_: FieldType, company: Company) -> Any:
    refers, words = type_.mark(Reference), type_.mark(Words)
    bounds, scaled, example = type_.mark(Bounds), type_.mark(Scaled), type_.mark(Example)
    if refers is not None:
        return await _object(refers.table, company)
    if type_.item is not None:
        return [await _value(type_.item, company)]
    if is_nested(type_):
        return {each.name: await _value(each.type, company) for each in members_of(type_.bare)}
    if words is not None:
        fresh = tag()
        if example is None or (len(fresh) <= words.length_max and not words.strict_form):
            # With a letter more, for one tag of twenty has none, and would pass for a phone number.
            taken = not words.form or re.search(words.form, f"{fresh}x")
            return fresh if taken else _digits(example)
        return example.value
    if bounds is not None:
        return bounds.least
    if scaled is not None:
        return scaled.example
    if type_.bare is date:
        return "2027-03-31"
    if isinstance(type_.bare, type) and issubclass(type_.bare, Enum):
        return str(list(type_.bare)[-1])
    return True


def _digits(example: Example | None) -> str:
    """The example with other digits, for a text that takes no letters."""
    assert example is not None
    return re.sub(r"[0-9]", lambda _: str(randrange(10)), str(example.value))


async def _object(table: str, company: Company) -> str:
    """The id of an object of the company, made when it is first asked for."""
    if table not in company.ids:
        master = _MASTERS[table]
        path = master.noun.path.removeprefix(ROOT)
        body = {
            name: value
            for name, value in (await _plain(master, company)).items()
            if value is not None
        }
        company.ids[table] = (await company.post(path, body))["id"]
    return company.ids[table]


async def _plain(master: Master[Any], company: Company) -> dict[str, Any]:
    """A body without references to objects of the same kind: the top of a tree."""
    own = master.noun.kind.name
    members = [
        each
        for each in master.settable()
        if (refers := each.type.mark(Reference)) is None or refers.table != own
    ]
    return {each.name: await _value(each.type, company) for each in members}
