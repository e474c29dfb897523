"""What the members of hand-written views and bodies mean: the text below each in its class.

Only the contract asks, so the sources are read when it is first made.
"""

import sys
from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import BaseModel
from typing_extensions import is_typeddict

from app.domain.shared.fields import texts_below


@cache
def stated_meanings() -> Mapping[str, Mapping[str, str]]:
    """The text of each member, by the name of its class and its own."""
    found: dict[str, Mapping[str, str]] = {}
    for name, module in list(sys.modules.items()):
        if name.startswith("app."):
            for each in vars(module).values():
                if isinstance(each, type) and each.__module__ == name and _shown(each):
                    found[each.__name__] = _texts_of(each)
    return found


def _shown(type_: type[Any]) -> bool:
    return is_typeddict(type_) or issubclass(type_, BaseModel)


def _texts_of(type_: type[Any]) -> dict[str, str]:
    texts: dict[str, str] = {}
    bases: tuple[Any, ...] = getattr(type_, "__orig_bases__", type_.__bases__)
    for base in bases:
        if isinstance(base, type) and base.__module__.startswith("app."):
            texts |= _texts_of(base)
    return texts | texts_below(type_.__module__).get(type_.__name__, {})
