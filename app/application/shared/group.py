"""One transaction as steps: read what the calls need, decide each in memory, write once.

``decide_group`` is a generator without I/O. It yields ``Read`` and ``Write`` steps and the database
adapter carries them out, asynchronously on PostgreSQL, inside the single writer on SQLite. So one
mechanism serves a single command, a batch, and a group of commands that happen to wait together.
"""

from collections.abc import Callable, Generator, Sequence
from datetime import datetime
from typing import Any

import orjson

from app.application.shared.commands import Answer, Call, IdempotencyKeyReused, Outcome
from app.application.shared.idempotency import STORED_ANSWERS, StoredAnswer
from app.application.shared.kinds import Needs
from app.application.shared.trail import AUDIT_ENTRIES, OUTBOX_EVENTS, AuditEntry, OutboxEvent
from app.application.shared.work import Loaded, NeedMore, Work
from app.domain.shared.clock import epoch_milliseconds
from app.domain.shared.errors import DomainError
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import NO_ID, Id, dated

# A command asks again only for what it learned from the last read; deeper chains are a mistake.
_ROUNDS_MAX = 8


@frozen
class Read:
    """Load ``needs`` into ``loaded``, locked in the global order; answer the database's clock."""

    needs: Needs
    loaded: Loaded


@frozen
class Write:
    """Write everything that changed in ``loaded``, as recorded at ``now``."""

    loaded: Loaded
    now: datetime


Steps = Generator[Read | Write, datetime, list[Outcome]]


def decide_group(
    calls: Sequence[Call[Any]],
    *,
    atomic: bool,
    dry_run: bool,
    new_id: Callable[[], Id],
) -> Steps:
    """Run ``calls`` of one tenant in order; the answers come in the same order.

    With ``atomic`` a refusal ends the group: the answers end with it and nothing is written.

    Raises:
        DomainError: what the calls share could not be posted; alone, each would be answered.
    """
    loaded = Loaded()
    needs = Needs()
    for call in calls:
        needs.join(_needs_of(call))
    now = yield Read(needs, loaded)
    outcomes: list[Outcome] = []
    for index, call in enumerate(calls):
        for _ in range(_ROUNDS_MAX):
            work = Work(loaded, call.principal, now, new_id)
            try:
                outcome = _decide(call, work, keep=not dry_run)
                break
            except NeedMore as more:
                yield Read(_foresee(more.needs, calls[index + 1 :], loaded, now, new_id), loaded)
        else:
            raise RuntimeError(f"{call.command.name} never ends to need more")
        outcomes.append(outcome)
        if isinstance(outcome, Answer):
            # Alone, a trial shows the next call nothing; a dry run is one trial of all its calls.
            if not outcome.replayed and (dry_run or not _tried(call)):
                work.merge()
        elif atomic:
            return outcomes
    yield from _post_shared(loaded, now, new_id)
    if (loaded.changed or loaded.notes or loaded.events) and not dry_run:
        _leave_trail(loaded, now, new_id)
        yield Write(loaded, now)
    return outcomes


def _post_shared(
    loaded: Loaded, now: datetime, new_id: Callable[[], Id]
) -> Generator[Read, datetime, None]:
    """Post the documents that accepted commands share.

    What only these take, the number series, is locked here, for all of them in one read: while one
    import waits for its write, the next can be decided.
    """
    works = [
        (Work(loaded, principal, now, new_id), document, parts)
        for (principal, document, _), parts in loaded.parts.items()
    ]
    needs = Needs()
    for _, document, parts in works:
        needs.join(document.needs(parts))
    missing = loaded.missing(needs)
    if missing:
        yield Read(missing, loaded)
    for work, document, parts in works:
        document.post(parts, work)
        work.merge()


def _needs_of(call: Call[Any]) -> Needs:
    needs = call.command.needs(call.input, call.principal)
    if call.idempotency_key is not None:
        needs.one(STORED_ANSWERS, *_answer_key(call))
    return needs


def _tried(call: Call[Any]) -> bool:
    """Whether the call is only a trial: a test key made it, and nothing of it is kept."""
    return call.principal.key_mode == "test" and not call.command.always_kept


def _answer_key(call: Call[Any]) -> tuple[Id, str, str | None]:
    return call.principal.user_id, call.command.name, call.idempotency_key


def _decide(call: Call[Any], work: Work, *, keep: bool) -> Outcome:
    """The outcome of one call: the stored answer, a fresh one, or the refusal."""
    if call.idempotency_key is not None:
        stored = work.find(STORED_ANSWERS, *_answer_key(call))
        if stored is not None:
            if stored.request_hash != call.request_hash:
                return IdempotencyKeyReused()
            headers = orjson.loads(stored.headers)
            return Answer(stored.status, stored.body.encode(), headers, replayed=True)
    try:
        done = call.command.decide(call.input, work)
    except DomainError as refusal:
        return refusal
    headers = {}
    if done.location is not None:
        headers["location"] = done.location
    if done.version is not None:
        headers["etag"] = f'"{done.version}"'
    body = orjson.dumps(done.view)
    if keep and call.idempotency_key is not None:
        stored = StoredAnswer(
            principal_id=call.principal.user_id,
            operation=call.command.name,
            idempotency_key=call.idempotency_key,
            request_hash=call.request_hash,
            status=done.status,
            headers=orjson.dumps(headers).decode(),
            body=body.decode(),
            recorded_at=work.recorded_at,
        )
        work.put(STORED_ANSWERS, stored)
    return Answer(done.status, body, headers)


def _foresee(
    needs: Needs,
    later: Sequence[Call[Any]],
    loaded: Loaded,
    now: datetime,
    new_id: Callable[[], Id],
) -> Needs:
    """``needs`` with what the later calls of the group will ask for, so that one read serves all.

    A decision is free of side effects, so it is tried and dropped.
    """
    for call in later:
        try:
            _decide(call, Work(loaded, call.principal, now, new_id), keep=False)
        except NeedMore as more:
            needs.join(more.needs)
    return needs


def _leave_trail(loaded: Loaded, now: datetime, new_id: Callable[[], Id]) -> None:
    """Turn the notes and events of the accepted commands into rows."""
    entries = loaded.changed.setdefault(AUDIT_ENTRIES, {})
    base, at_ms = new_id(), epoch_milliseconds(now)
    for place, (principal, note) in enumerate(loaded.notes):
        on_behalf_of = principal.on_behalf_of
        entry = AuditEntry(
            id=dated(base, at_ms, place),
            actor_id=principal.user_id,
            on_behalf_of=None if on_behalf_of == NO_ID else on_behalf_of,
            session_id=principal.session_id,
            request_id=principal.request_id,
            address=principal.address,
            action=note.action,
            entity_kind=note.entity_kind,
            entity_id=Id(note.entity_id),
            changes=note.changes,
            recorded_at=now,
        )
        entries[entry.id,] = entry
    events = loaded.changed.setdefault(OUTBOX_EVENTS, {})
    for event in loaded.events:
        row = OutboxEvent(new_id(), event.type, Id(event.subject_id), event.payload, now)
        events[row.id,] = row
