"""Which language a caller wants: ``Accept-Language`` by RFC 9110 §12.5.4 and RFC 4647 lookup."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

_LONGEST_HEADER: Final = 1_000
_MOST_RANGES: Final = 50


class Negotiator:
    """Picks one of ``locales``; the first one is the default."""

    def __init__(self, locales: Sequence[str]) -> None:
        self._locales = tuple(locales)
        # Browsers send few different headers; a negotiation costs far more than a look-up.
        self.pick = lru_cache(maxsize=256)(self._pick)

    def _pick(self, header: str) -> str:
        """The available language with the highest weight; ties go to the one named first.

        A range matches itself and every shortening of it (``ar-EG`` is served by ``ar``); ``*``
        is any language that no other range names; weight 0 excludes.
        """
        weights: dict[str, float] = {}
        any_weight = 0.0
        for name, weight in _ranges(header[:_LONGEST_HEADER]):
            if name == "*":
                any_weight = weight
                continue
            locale = self._lookup(name)
            if locale is not None:
                weights[locale] = max(weight, weights.get(locale, 0.0))
        for locale in self._locales:
            weights.setdefault(locale, any_weight)
        best = max(weights, key=lambda locale: weights[locale])
        return best if weights[best] > 0.0 else self._locales[0]

    def _lookup(self, name: str) -> str | None:
        while name:
            if name in self._locales:
                return name
            name = name.rpartition("-")[0]
        return None


def _ranges(header: str) -> list[tuple[str, float]]:
    ranges = []
    for item in header.split(",")[:_MOST_RANGES]:
        name, *params = (part.strip() for part in item.split(";"))
        weight = 1.0
        for param in params:
            key, _, value = param.partition("=")
            if key.strip().lower() == "q":
                weight = _weight(value.strip())
        if name:
            ranges.append((name.lower(), weight))
    return ranges


def _weight(text: str) -> float:
    """A weight of 0 to 1; anything else excludes its range."""
    try:
        weight = float(text)
    except ValueError:
        return 0.0
    return weight if 0.0 <= weight <= 1.0 else 0.0
