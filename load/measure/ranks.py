"""The Mann-Whitney rank test: whether two samples of times differ."""

import math
from collections.abc import Sequence
from itertools import groupby


def p_value(one: Sequence[float], other: Sequence[float]) -> float:
    """The two-sided p-value, by normal approximation."""
    marked = sorted([(value, 0) for value in one] + [(value, 1) for value in other])
    rank_sum, ties, seen = 0.0, 0.0, 0
    for _, group in groupby(marked, key=lambda each: each[0]):
        members = list(group)
        size = len(members)
        rank = seen + (size + 1) / 2
        rank_sum += rank * sum(side == 0 for _, side in members)
        ties += size**3 - size
        seen += size
    n, m = len(one), len(other)
    u = rank_sum - n * (n + 1) / 2
    total = n + m
    variance = n * m / 12 * (total + 1 - ties / (total * (total - 1)))
    if variance <= 0:
        return 1.0
    z = (abs(u - n * m / 2) - 0.5) / math.sqrt(variance)
    return math.erfc(max(z, 0.0) / math.sqrt(2))
