"""What an audit entry must not hold, and how it records a change."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

REDACTED: Final = "[redacted]"
_SECRET: Final = re.compile(
    r"(^|_)(passwords?|passphrase|hash(es)?|secrets?|tokens?|otp|totp|pin|credentials?|digest"
    r"|cvv|authorization|cookies?)(_|$)|(private|api|signing|access|secret|sealed|encryption)_keys?"
)
_NESTED: Final = frozenset({dict, list, tuple})
_FLAGS: Final = frozenset({bool, type(None)})  # they give nothing away


@lru_cache(maxsize=4096)
def is_secret(name: str) -> bool:
    """Whether a member of this name may hold what nobody is to read later."""
    return _SECRET.search(name.lower()) is not None


@lru_cache(maxsize=1024)
def _any_secret(names: tuple[str, ...]) -> bool:
    return any(map(is_secret, names))


def redacted(changes: Mapping[str, Any]) -> dict[str, Any]:
    """``changes`` with the values of secret members struck out, at every depth.

    Commands give no secrets to the trail; this is the net below them.
    """
    if not _any_secret(tuple(changes)) and _NESTED.isdisjoint(map(type, changes.values())):
        return dict(changes)  # as nearly every note is, that of a sale above all
    return {
        name: REDACTED if is_secret(name) and type(value) not in _FLAGS else _within(value)
        for name, value in changes.items()
    }


def _within(value: Any) -> Any:
    if isinstance(value, dict):
        return redacted(value)
    if isinstance(value, list | tuple):
        return [_within(each) for each in value]
    return value


def difference(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """``before`` and ``after`` of a change: the members of two views that differ, and no others."""
    names = [name for name in new if old.get(name) != new[name]]
    return {
        "before": {name: old.get(name) for name in names},
        "after": {name: new[name] for name in names},
    }
