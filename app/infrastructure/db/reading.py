"""The part of a ``Read`` step that both databases share: rows to aggregates."""

from collections.abc import Sequence
from typing import Any

from app.application.shared.kinds import Finder, Kind, Lock, LockRank, Needs
from app.application.shared.work import Loaded
from app.infrastructure.db.mapping import Mapping, Registry

Source = tuple[Kind[Any] | Finder[Any], Lock]


def sources_in_lock_order(needs: Needs) -> tuple[Source, ...]:
    """The kinds and finders of ``needs`` in the global lock order."""
    sources: list[Source] = [place for place, keys in needs.keys.items() if keys]
    sources.extend((finder, finder.kind.lock) for finder, keys in needs.searches.items() if keys)
    return tuple(sorted(sources, key=_place))


def _place(source: Source) -> tuple[LockRank, str, str]:
    what, lock = source
    kind = what.kind if isinstance(what, Finder) else what
    return kind.rank, what.name, lock.value


def take(
    loaded: Loaded,
    needs: Needs,
    source: Source,
    registry: Registry,
    rows: Sequence[Sequence[Any]],
    children: Sequence[Sequence[Sequence[Any]]],
) -> None:
    """Build aggregates from the rows of one source and add them to ``loaded``."""
    what, lock = source
    mapping = registry.mapping_of(what)
    aggregates = build(mapping, rows, children)
    if mapping.brings is not None:
        other, pick = mapping.brings
        loaded.take(other, (), pick(aggregates))
    if isinstance(what, Finder):
        loaded.take_search(what, needs.searches[what], aggregates)
    else:
        loaded.take(what, needs.keys[what, lock], aggregates)


def build(
    mapping: Mapping,
    rows: Sequence[Sequence[Any]],
    children: Sequence[Sequence[Sequence[Any]]],
) -> list[Any]:
    """The aggregates of some rows; each child row starts with the key of its root."""
    if not mapping.children:
        return [mapping.load(row) for row in rows]
    width = len(mapping.key)
    grouped: list[dict[tuple[Any, ...], list[Sequence[Any]]]] = []
    for child_rows in children:
        groups: dict[tuple[Any, ...], list[Sequence[Any]]] = {}
        for row in child_rows:
            groups.setdefault(tuple(row[:width]), []).append(row[width:])
        grouped.append(groups)
    places = [mapping.columns.index(name) for name in mapping.key]
    aggregates = []
    for row in rows:
        key = tuple(row[place] for place in places)
        aggregates.append(mapping.load(row, *(groups.get(key, []) for groups in grouped)))
    return aggregates
