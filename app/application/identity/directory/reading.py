"""Reading what was loaded, and making views of it."""

from collections.abc import Callable, Hashable
from functools import cache
from inspect import signature
from typing import Any, TypeVar

from app.application.shared.kinds import Kind
from app.application.shared.work import Loaded

A = TypeVar("A")
V = TypeVar("V")


def read_one(loaded: Loaded, kind: Kind[A], *key: Hashable) -> A | None:
    """The aggregate that was loaded by this key; None where there is none."""
    return loaded.present.get(kind, {}).get(key)


@cache
def _fields(view: Callable[..., Any]) -> dict[str, str]:
    """The fields that a view takes, by its parameters (``id_`` is the field ``id``)."""
    return {name: name.removesuffix("_") for name in signature(view).parameters}


def view_of(view: Callable[..., V], *aggregates: Any) -> V:
    """The view of an aggregate, or of several: each field comes from the first that has it.

    What none of them has keeps the default of the view.
    """
    values = {}
    for parameter, name in _fields(view).items():
        found = next((each for each in aggregates if hasattr(each, name)), None)
        if found is not None:
            values[parameter] = getattr(found, name)
    return view(**values)
