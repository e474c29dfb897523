"""Every probe of tenant isolation, ordered so that none disturbs another."""

from collections.abc import Awaitable, Callable
from typing import Final

from tests.support.isolation import Probing
from tests.support.isolation_reads import barred, cursors, figures, filters, headers, reads
from tests.support.isolation_writes import batches, bodies, made_ids, paths, writes

Probe = Callable[[Probing], Awaitable[None]]

# The last ones change the companies; then this one takes ids of the other for its own.
PROBES: Final[tuple[Probe, ...]] = (
    *(reads, barred, headers, paths, filters, cursors, bodies),
    *(figures, batches, writes, made_ids),
)
