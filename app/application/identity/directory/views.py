"""How an aggregate becomes a view that takes its fields by their names."""

from collections.abc import Callable
from functools import cache
from inspect import signature
from typing import Any, TypeVar

V = TypeVar("V")


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
