"""A long history in bulk: aggregates of the service, turned into rows by its own mappings.

Each entry has four lines and four moves with their valuations, like a sale of four products.
Entries are spread evenly over the 730 days before today, and over the products. An entry takes out
what the entry before brought in, so that stock and value end as they began. Documents are left out,
because no line of the benchmark reads them.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from app.application.accounting.ports import JOURNAL_ENTRIES
from app.application.inventory.ports import STOCK_MOVES, VALUATIONS
from app.application.shared.work import Loaded
from app.domain.accounting.entries import EntryLine, JournalEntry, Purpose
from app.domain.inventory.moves import StockMove
from app.domain.inventory.pool import Valuation, ValuationKind
from app.domain.shared.documents import DocumentKind
from app.domain.shared.ids import Id, UlidFactory
from app.infrastructure.contexts import registry
from app.infrastructure.db.changes import BatchKey, collect
from app.infrastructure.db.mapping import Row
from load.measure.bulk import load_rows
from load.measure.limits import Facts

LINES_EACH = 4
DAYS = 730
_ENTRIES_AT_ONCE = 5_000
_SEQ_FIRST = 1_000_000  # above the sequence numbers used by the service
_REFOLD = ("DELETE FROM ledger_checkpoints", "DELETE FROM day_balances")


class History:
    """Makes the entries of a company in order; ``lines`` counts the existing ones."""

    def __init__(self, facts: Facts, products: int) -> None:
        self._facts = facts
        self._products = products
        self._registry = registry()
        self._chance = Random(20261121)
        self._new_id = UlidFactory(lambda: 1_600_000_000_000)
        self._seq = [_SEQ_FIRST] * products
        self.lines = 0

    def up_to(self, lines: int) -> Iterator[list[tuple[BatchKey, list[Row]]]]:
        """Rows of further entries until there are ``lines``, in the order of their recording."""
        entries = (lines - self.lines) // LINES_EACH
        midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        first, step = midnight - timedelta(days=DAYS), timedelta(days=DAYS) / max(entries, 1)
        for start in range(0, entries, _ENTRIES_AT_ONCE):
            part = range(start, min(start + _ENTRIES_AT_ONCE, entries))
            rows: dict[BatchKey, list[Row]] = {}
            for number in part:
                for batch, made in self._entry(first + number * step):
                    rows.setdefault(batch, []).extend(made)
            yield list(rows.items())
        self.lines += entries * LINES_EACH

    def _entry(self, at: datetime) -> list[tuple[BatchKey, list[Row]]]:
        """One entry and its moves, as the unit of work would write them."""
        facts, chance, day = self._facts, self._chance, at.date()
        id_, loaded = self._new_id(), Loaded()
        price, cost = chance.randint(200, 90_000), chance.randint(100, 200)
        amounts = (price, -price, cost, -cost)
        accounts = (facts.cash, facts.revenue, facts.cost, facts.stock)
        lines = tuple(
            EntryLine(number, Id(account), amount)
            for number, (account, amount) in enumerate(zip(accounts, amounts, strict=True), start=1)
        )
        kind, purpose = DocumentKind("sale"), Purpose.POSTING
        entry = JournalEntry(id_, None, at, day, kind, id_, purpose, "", None, at, lines)
        changed: dict[Any, dict[Any, Any]] = {JOURNAL_ENTRIES: {(id_,): entry}}
        moves = changed[STOCK_MOVES] = {}
        valuations = changed[VALUATIONS] = {}
        for number, place in enumerate(chance.sample(range(self._products), LINES_EACH), start=1):
            seq = self._seq[place] = self._seq[place] + 1
            sign = 1 if seq % 2 else -1
            product_id = Id((place + 1).to_bytes(16, "big"))
            source = (DocumentKind("sale"), id_, number)
            move = StockMove(
                self._new_id(),
                product_id,
                Id(facts.location),
                sign * 1_000_000,
                at,
                day,
                *source,
            )
            moves[move.id,] = move
            valuations[product_id, seq] = Valuation(
                product_id,
                seq,
                day,
                ValuationKind.GAIN if sign > 0 else ValuationKind.ISSUE,
                sign * 1_000_000,
                sign * 120,
                *source,
                (),
            )
        loaded.changed = changed
        return collect(loaded, self._registry, facts.tenant, at).in_order()


async def write(url: str, history: History, lines: int) -> None:
    """Extend a company's history to ``lines`` journal lines, and reset its checkpoint."""
    await load_rows(url, history.up_to(lines), before=_REFOLD)
