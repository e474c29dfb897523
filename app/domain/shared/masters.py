"""Making and changing objects by the types of their members (``app.domain.shared.fields``).

A text is brought into the form that its type checks, folded twins follow what they fold, and what a
request left out gets its default. Rules of the object itself are checks of its ``__post_init__``.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar

from app.domain.shared.errors import InvalidValue, ValueOutOfRange
from app.domain.shared.fields import (
    Bounds,
    Checked,
    Default,
    FieldType,
    Folded,
    Scaled,
    Sign,
    Words,
    is_nested,
    members_of,
)
from app.domain.shared.ids import Id
from app.domain.shared.numbers import AMOUNT_MAX
from app.domain.shared.texts import folded

A = TypeVar("A")

_LEAST = {Sign.ANY: -AMOUNT_MAX, Sign.NOT_NEGATIVE: 0, Sign.POSITIVE: 1}


def made(type_: type[A], id_: Id, values: Mapping[str, Any]) -> A:
    """A new, active object with these members.

    Raises:
        DomainError: a member does not have its form, or the object breaks a rule of its own.
    """
    given = {"id": id_, "active": True, "version": 1, **_defaults(type_), **values}
    return type_(**_completed(type_, given))


def changed(aggregate: A, values: Mapping[str, Any]) -> A:
    """The object with other members; raises as ``made``."""
    return replace(aggregate, **_completed(type(aggregate), values))  # type: ignore[type-var]


def _defaults(type_: type[Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for each in members_of(type_):
        default = each.type.mark(Default)
        if default is not None:
            found[each.name] = default.value
        elif each.type.optional:
            found[each.name] = None
    return found


def _completed(type_: type[Any], values: Mapping[str, Any]) -> dict[str, Any]:
    complete = {**values}
    for each in members_of(type_):
        if each.name in complete:
            complete[each.name] = checked(each.type, complete[each.name], f"/{each.name}")
    for each in members_of(type_):
        twin = each.type.mark(Folded)
        if twin is not None and twin.of in complete:
            complete[each.name] = folded(complete[twin.of])
    return complete


def checked(type_: FieldType, value: Any, pointer: str) -> Any:
    """The value in the form that its type demands, objects inside of it included.

    Raises:
        InvalidValue: a text is too long or too short, or holds a NUL.
        ValueOutOfRange: a number is outside what the type or the books hold.
    """
    if value is None:
        return None
    if type_.item is not None:
        item = type_.item
        return tuple(checked(item, each, f"{pointer}/{place}") for place, each in enumerate(value))
    if is_nested(type_):
        given = {
            each.name: checked(each.type, getattr(value, each.name), f"{pointer}/{each.name}")
            for each in members_of(type_.bare)
        }
        return type_.bare(**given)
    for mark in reversed(type_.marks):
        value = _passed(mark, value, pointer)
    return value


def _passed(mark: Any, value: Any, pointer: str) -> Any:
    """The value once a mark let it pass."""
    if isinstance(mark, Checked):
        return mark.check(value, pointer)
    if isinstance(mark, Words):
        if not mark.length_min <= len(value) <= mark.length_max or "\0" in value:
            raise InvalidValue.at(pointer)
    elif isinstance(mark, Bounds):
        if not mark.least <= value <= mark.most:
            raise ValueOutOfRange.at(pointer)
    elif isinstance(mark, Scaled) and not _LEAST[mark.sign] <= value <= AMOUNT_MAX:
        raise ValueOutOfRange.at(pointer)
    return value
