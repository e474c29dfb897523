"""Commands without a database: the steps of a group run on dictionaries.

``Read`` and ``Write`` steps work on aggregates stored by kind and key, so decisions can be tested
alone. Every run also checks what would cause deadlocks in a database: later reads of a command must
never lock a rank below an earlier lock.
"""

import itertools
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import orjson

from app.application.accounting.contract import seed_books
from app.application.accounting.ports import BOOKS, JOURNAL_ENTRIES, POSTING_ACCOUNTS
from app.application.catalog.contract import seed_units
from app.application.inventory.contract import COST_LAYERS, COST_POOLS, seed_location
from app.application.shared.access import Principal
from app.application.shared.commands import Call, Command
from app.application.shared.group import Read, Write, decide_group
from app.application.shared.kinds import Finder, Key, Kind, Lock, LockRank, Needs
from app.application.shared.permissions import every_permission
from app.application.shared.work import Loaded, Work
from app.domain.shared.errors import DomainError
from app.domain.shared.ids import Id, UlidFactory

NOW = datetime(2026, 3, 31, 15, 0, tzinfo=UTC)


class Memory:
    """A company of one tenant, in memory."""

    def __init__(self, currency: str = "GBP", permissions: Iterable[str] | None = None) -> None:
        held = frozenset(every_permission() if permissions is None else permissions)
        self.kept: dict[Kind[Any], dict[Key, Any]] = {}
        self.principal = Principal(Id(b"T" * 16), Id(b"U" * 16), permissions=held)
        self.reads: list[Needs] = []
        self.now = NOW
        ticks = itertools.count(1_700_000_000_000)
        self.new_id = UlidFactory(lambda: next(ticks), lambda: 1)
        loaded = Loaded()
        work = Work(loaded, self.principal, NOW, self.new_id)
        seed_books(work, currency=currency, time_zone="UTC", tax_rounding="line")
        seed_units(work)
        seed_location(work)
        work.merge()
        self._write(loaded)

    def put(self, kind: Kind[Any], *aggregates: Any) -> None:
        """Keep aggregates as they are."""
        for each in aggregates:
            self.kept.setdefault(kind, {})[kind.key(each)] = each

    def all(self, kind: Kind[Any]) -> list[Any]:
        """All aggregates of a kind, in the order in which they were made."""
        return list(self.kept.get(kind, {}).values())

    def run(self, command: Command[Any], *inputs: Any, **options: Any) -> list[Any]:
        """Run a command on each input as one group: views, with refusals among them as errors."""
        calls = [Call(command, each, self.principal) for each in inputs]
        return self.run_calls(calls, **options)

    def run_calls(self, calls: list[Call[Any]], **options: Any) -> list[Any]:
        """Run calls as one group, as ``run`` does."""
        self.reads = []
        options = {"atomic": False, "dry_run": False, **options}
        steps = decide_group(calls, new_id=self.new_id, **options)
        step = next(steps)
        try:
            while True:
                if isinstance(step, Write):
                    self._write(step.loaded)
                    step = steps.send(step.now)
                else:
                    self._read(step)
                    step = steps.send(self.now)
        except StopIteration as end:
            outcomes = end.value
        self._check_lock_order()
        return [
            each if isinstance(each, DomainError) else orjson.loads(each.body) for each in outcomes
        ]

    def post(self, command: Command[Any], input_: Any) -> Any:
        """The view that a command answers; a refusal is raised."""
        [outcome] = self.run(command, input_)
        if isinstance(outcome, DomainError):
            raise outcome
        return outcome

    def balances(self) -> dict[str, int]:
        """What every account with a role has, in minor units, without those at zero."""
        roles = {id_: str(role) for role, id_ in self.all(POSTING_ACCOUNTS)[0].by_role.items()}
        sums: dict[str, int] = {}
        for entry in self.all(JOURNAL_ENTRIES):
            for line in entry.lines:
                role = roles[line.account_id]
                sums[role] = sums.get(role, 0) + line.amount
        return {role: amount for role, amount in sums.items() if amount}

    def settings(self, **changes: Any) -> None:
        """Change the settings of the books."""
        self.put(BOOKS, self.all(BOOKS)[0].changed(**changes))

    def _read(self, step: Read) -> None:
        self.reads.append(step.needs)
        for (kind, _), keys in step.needs.keys.items():
            rows = self.kept.get(kind, {})
            found = [rows[key] for key in keys if key in rows]
            if kind is COST_POOLS:
                layers = [layer for pool in found for layer in pool.layers]
                step.loaded.take(COST_LAYERS, (), layers)
            step.loaded.take(kind, keys, found)
        for finder, keys in step.needs.searches.items():
            found = [row for row in self.all(finder.kind) if finder.key_of(row) in keys]
            step.loaded.take_search(finder, keys, found)

    def _write(self, loaded: Loaded) -> None:
        for kind, changed in loaded.changed.items():
            self.put(kind, *changed.values())

    def _check_lock_order(self) -> None:
        highest = LockRank.IDEMPOTENCY
        for needs in self.reads:
            ranks = [kind.rank for kind, lock in needs.keys if lock is not Lock.NONE]
            ranks += [
                finder.kind.rank for finder in needs.searches if finder.kind.lock is not Lock.NONE
            ]
            assert not ranks or min(ranks) >= highest, "a lock out of the global order"
            highest = max([highest, *ranks])


def asked(needs: Needs, what: Kind[Any] | Finder[Any]) -> bool:
    """Whether a read asks for anything of a kind, or by a finder."""
    if isinstance(what, Finder):
        return bool(needs.searches.get(what))
    return any(keys for (kind, _), keys in needs.keys.items() if kind is what)
