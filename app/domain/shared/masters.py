"""Making and changing objects by the types of their members (``app.domain.shared.fields``).

A text is brought into the form that its type checks, folded twins follow what they fold, and what a
request left out gets its default. Rules of the object itself are checks of its ``__post_init__``.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, TypeVar

from app.domain.shared.errors import DomainError, InvalidValue, ValueOutOfRange
from app.domain.shared.fields import (
    Bounds,
    Checked,
    Default,
    FieldType,
    Folded,
    Scaled,
    Sign,
    Words,
    folded_of,
    is_nested,
    member,
    members_of,
    remembered,
)
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id
from app.domain.shared.numbers import AMOUNT_MAX
from app.domain.shared.texts import folded

A = TypeVar("A")
Check = Callable[[Any, str], Any]

_LEAST = {Sign.ANY: -AMOUNT_MAX, Sign.NOT_NEGATIVE: 0, Sign.POSITIVE: 1}


def made(type_: type[A], id_: Id, values: Mapping[str, Any]) -> A:
    """A new, active object with these members.

    Raises:
        DomainError: a member does not have its form, or the object breaks a rule of its own.
    """
    form = _form_of(type_)
    given = {"id": id_, "active": True, "version": 1, **form.defaults, **values}
    return type_(**_completed(form, given))


def changed(aggregate: A, values: Mapping[str, Any]) -> A:
    """The object with other members; raises as ``made``."""
    form = _form_of(type(aggregate))
    return replace(aggregate, **_completed(form, values))  # type: ignore[type-var]


@frozen
class _Form:
    """What is done with the members of a type; read once, because every object is made by it.

    ``checks`` are the members that have a form: name, pointer and check. ``twins`` are folded
    members, each with the member that it folds.
    """

    defaults: Mapping[str, Any]
    checks: tuple[tuple[str, str, Check], ...]
    twins: tuple[tuple[str, str], ...]


@remembered
def _form_of(type_: type[Any]) -> _Form:
    defaults: dict[str, Any] = {}
    twins = []
    for each in members_of(type_):
        default, twin = each.type.mark(Default), each.type.mark(Folded)
        if default is not None:
            defaults[each.name] = default.value
        elif each.type.optional:
            defaults[each.name] = None
        if twin is not None:
            twins.append((each.name, twin.of))
    found = ((each.name, f"/{each.name}", check_of(each.type)) for each in members_of(type_))
    return _Form(defaults, tuple(each for each in found if each[2] is not _as_is), tuple(twins))


def _completed(form: _Form, values: Mapping[str, Any]) -> dict[str, Any]:
    complete = dict(values)
    for name, pointer, check in form.checks:
        if name in complete:
            complete[name] = check(complete[name], pointer)
    for name, of in form.twins:
        if of in complete:
            complete[name] = folded(complete[of])
    return complete


def check_of(type_: FieldType) -> Check:
    """What brings a value, named by its pointer, into the form that the type demands.

    Objects and items inside of it are included; a None stays None. The check raises:
        InvalidValue: a text is too long or too short, or holds a NUL.
        ValueOutOfRange: a number is outside what the type or the books hold.
    """
    if type_.item is not None:
        return _check_of_items(check_of(type_.item))
    if is_nested(type_):
        return _check_of_object(type_.bare)
    checks = [each for mark in reversed(type_.marks) if (each := _check_of_mark(mark)) is not None]
    if not checks:
        return _as_is

    def check(value: Any, pointer: str) -> Any:
        if value is None:
            return None
        for each in checks:
            value = each(value, pointer)
        return value

    return check


def kept_form(of: type[Any], name: str) -> Callable[[Any], Any]:
    """What brings a value into the form in which objects keep a member, to find them by it.

    A text without the right form stays as it is: no object keeps it, so it finds nothing.
    """
    type_, pointer = member(of, name).type, f"/{name}"
    if type_.bare is not str:
        return lambda value: value
    check, is_folded = check_of(type_), folded_of(of, name) != name

    def form(value: str) -> str:
        with suppress(DomainError):
            value = check(value, pointer)
        return folded(value) if is_folded else value

    return form


def _as_is(value: Any, _: str) -> Any:
    return value


def _check_of_items(item: Check) -> Check:
    def check(values: Any, pointer: str) -> Any:
        if values is None:
            return None
        return tuple(item(each, f"{pointer}/{place}") for place, each in enumerate(values))

    return check


def _check_of_object(type_: type[Any]) -> Check:
    parts = [(each.name, check_of(each.type)) for each in members_of(type_)]

    def check(value: Any, pointer: str) -> Any:
        if value is None:
            return None
        given = {name: part(getattr(value, name), f"{pointer}/{name}") for name, part in parts}
        return type_(**given)

    return check


def _check_of_mark(mark: Any) -> Check | None:
    """What a mark demands of a value; None for a mark that demands nothing."""
    if isinstance(mark, Checked):
        return mark.check
    if isinstance(mark, Words):
        return _check_of_words(mark)
    if isinstance(mark, Bounds):
        return _check_of_range(mark.least, mark.most)
    if isinstance(mark, Scaled):
        return _check_of_range(_LEAST[mark.sign], AMOUNT_MAX)
    return None


def _check_of_words(words: Words) -> Check:
    def check(value: Any, pointer: str) -> Any:
        if not words.length_min <= len(value) <= words.length_max or "\0" in value:
            raise InvalidValue.at(pointer)
        return value

    return check


def _check_of_range(least: int, most: int) -> Check:
    def check(value: Any, pointer: str) -> Any:
        if not least <= value <= most:
            raise ValueOutOfRange.at(pointer)
        return value

    return check
