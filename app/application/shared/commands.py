"""Commands: the one way to change anything (architecture, "The write path")."""

from collections.abc import Callable, Sequence
from dataclasses import field
from typing import Any, Generic, Protocol, TypeVar

import orjson

from app.application.shared.access import Principal
from app.application.shared.kinds import Needs
from app.application.shared.work import Work
from app.domain.shared.errors import DomainError, Kind
from app.domain.shared.frozen import frozen

I = TypeVar("I")  # noqa: E741 - the input of a command


class IdempotencyKeyReused(DomainError):
    """The idempotency key was used before, for another request."""

    code = "common.idempotency_key_reused"
    kind = Kind.RULE_BROKEN


class IdempotencyKeyMissing(DomainError):
    """Money or stock moves here: the request must carry ``Idempotency-Key``."""

    code = "common.idempotency_key_missing"
    kind = Kind.MALFORMED


class IdempotencyKeyInvalid(DomainError):
    """An idempotency key has 1 to 128 of the characters A-Z a-z 0-9 . _ : -."""

    code = "common.idempotency_key_invalid"
    kind = Kind.MALFORMED


@frozen
class Done:
    """What a command answers: the view, and what HTTP says beside it."""

    view: Any
    status: int = 201
    location: str | None = None
    version: int | None = None


@frozen
class Command(Generic[I]):
    """A change: what it must see, and the decision on what was seen.

    ``needs`` says what to load and lock from the input alone. ``decide`` is synchronous and free of
    I/O; it may run more than once, and only its last run counts. It refuses by raising a
    ``DomainError``. One that is ``always_kept`` only leaves a trace, also of who just tries.
    """

    name: str
    permission: str
    needs: Callable[[I, Principal], Needs]
    decide: Callable[[I, Work], Done]
    key_required: bool = False
    always_kept: bool = False


@frozen
class Call(Generic[I]):
    """One run of a command. ``request_hash`` tells a repeat from another use of its key."""

    command: Command[I]
    input: I
    principal: Principal
    idempotency_key: str | None = None
    request_hash: bytes = b""


@frozen
class Answer:
    """The answer to a call as it is sent and, for a repeat, stored."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    replayed: bool = False


Outcome = Answer | DomainError


class CommandRunner(Protocol):
    """Runs commands, each exactly once."""

    async def run(
        self, calls: Sequence[Call[Any]], *, atomic: bool = False, dry_run: bool = False
    ) -> list[Outcome]:
        """Run calls of one tenant in order, in one transaction, and answer each.

        With ``atomic`` the first refusal undoes all of them. With ``dry_run`` everything is decided
        and nothing is kept.
        """
        ...


async def answer_of(
    runner: CommandRunner, command: Command[I], input_: I, principal: Principal
) -> Any:
    """Run one command and read the view in its answer; raises its refusal."""
    [outcome] = await runner.run([Call(command, input_, principal)])
    if isinstance(outcome, Answer):
        return orjson.loads(outcome.body)
    raise outcome
