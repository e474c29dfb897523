"""Sends commands and verifies that each is booked exactly once, with the expected figures."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from load.replay.client import Answer, Api, ReplayFailed
from load.replay.contract import SALE
from load.replay.figures import BadFigure, pence
from load.replay.wire import Command

_CONFLICT: Final = 409
_BATCH_STATUSES: Final = frozenset({200, 207})


@dataclass(slots=True)
class Booked:
    """What the service reports as booked: pence by control line of sales and of returns."""

    sold: Counter[str] = field(default_factory=Counter)
    returned: Counter[str] = field(default_factory=Counter)
    commands: int = 0
    lines: int = 0
    rows: int = 0


class Desk:
    """Books commands through the API and adds up the answers."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self.booked = Booked()

    def send(self, batch: Sequence[Command]) -> None:
        """Books the commands of ``batch``, all of one kind, in order.

        A command that is refused because it was booked before (its key may have expired by now)
        counts as done once the document is fetched and agrees.

        Raises:
            ReplayFailed: a command is refused, or its answer disagrees with the file.
        """
        answers = self._batch(batch) if batch[0].kind.batched else [self._single(batch[0])]
        for command, answer in zip(batch, answers, strict=True):
            body = answer.body if answer.ok else self._booked_before(command, answer)
            self._count(command, body)

    def _single(self, command: Command) -> Answer:
        return self._api.post(command.kind.path, command.body, command.key)

    def _batch(self, batch: Sequence[Command]) -> list[Answer]:
        content = b"".join(
            [b'{"atomic":false,"items":[', b",".join([c.as_item() for c in batch]), b"]}"]
        )
        path = f"{batch[0].kind.path}/batch"
        patience = self._api.patience()
        while True:
            answer = self._api.post(path, content)
            if answer.status not in _BATCH_STATUSES:
                raise ReplayFailed(
                    f"POST {path} ({batch[0].key} to {batch[-1].key}): {answer.status} "
                    f"{_short(answer.body)}"
                )
            items = _items(path, answer)
            if len(items) != len(batch):
                raise ReplayFailed(f"POST {path}: {len(items)} answers to {len(batch)} commands")
            busy = [item for item in items if item.busy]
            if not busy:
                return items
            # Repeat the batch: booked commands answer again, and only the others are judged.
            patience.wait(f"POST {path}", f"{busy[0].status} {_short(busy[0].body)}")

    def _booked_before(self, command: Command, answer: Answer) -> Any:
        """The document of ``command`` if it already exists and is the same.

        Every conflict is checked: after the key has expired, a closed period or missing stock may
        be reported before the id.
        """
        if answer.status == _CONFLICT:
            found = self._api.get(f"{command.kind.path}/{command.id}")
            if found.ok and (found.body.get("external_ref") or "") == command.reference:
                return found.body
        raise ReplayFailed(f"{command.key} was refused: {answer.status} {_short(answer.body)}")

    def _count(self, command: Command, body: Any) -> None:
        proof = command.kind.proof
        try:
            if body["id"] != command.id or (proof and body[proof] != command.expected):
                raise ReplayFailed(
                    f"{command.key}: expected {command.id} with {proof} {command.expected}, "
                    f"got {body['id']} with {body.get(proof)}"
                )
            if command.buckets:
                self._count_lines(command, body["lines"])
        except (KeyError, TypeError, BadFigure) as error:
            raise ReplayFailed(
                f"{command.key}: cannot read {error} in the answer {_short(body)}"
            ) from None
        booked = self.booked
        booked.commands += 1
        booked.rows += command.rows
        booked.lines += command.lines

    def _count_lines(self, command: Command, lines: Any) -> None:
        if len(lines) != len(command.buckets):
            raise ReplayFailed(
                f"{command.key}: {len(lines)} lines booked of {len(command.buckets)} sent"
            )
        tally = self.booked.sold if command.kind is SALE else self.booked.returned
        for bucket, line in zip(command.buckets, lines, strict=True):
            tally[bucket] += pence(line["net"])


def _items(path: str, answer: Answer) -> list[Answer]:
    try:
        return [Answer(item["status"], item["body"]) for item in answer.body["items"]]
    except (KeyError, TypeError) as error:
        raise ReplayFailed(f"POST {path}: cannot read {error!r} in {_short(answer.body)}") from None


def _short(body: Any) -> str:
    return orjson.dumps(body).decode()[:2000]
