"""Runs the replay against a service in memory."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from load.control_totals import control_totals
from load.replay.client import Account, Api, connect
from load.replay.reading import read_text
from load.replay.run import Outlets, Replay
from load.replay.timing import Timing
from tests.unit.load.fake_service import FakeService
from tests.unit.load.retail_file import TEXT


@dataclass
class Screen:
    phases: list[str] = field(default_factory=list)
    documents: int = 0

    def phase(self, text: str) -> None:
        self.phases.append(text)

    def advance(self, documents: int) -> None:
        self.documents += documents


@dataclass
class Totals:
    """The control program, run in this process."""

    text: str

    def month(self, month: str) -> dict[str, Any]:
        totals: dict[str, Any] = control_totals(self.text.splitlines())["months"].get(month, {})
        return totals


@dataclass
class Ran:
    statements: list[str] = field(default_factory=list)
    screen: Screen = field(default_factory=Screen)
    slept: list[float] = field(default_factory=list)
    timing: Timing = field(default_factory=Timing)
    api: Api | None = None


def replay(
    service: FakeService,
    text: str = TEXT,
    *,
    transport: httpx.BaseTransport | None = None,
    folder: Path | None = None,
    until: str = "",
    ran: Ran | None = None,
) -> Ran:
    ran = ran or Ran()
    with connect("http://shop", transport=transport or service.transport()) as http:
        ran.api = Api(
            http,
            Account("a@example.com", "secret"),
            sleep=ran.slept.append,
            clock=lambda: sum(ran.slept),
        )
        outlets = Outlets(ran.statements.append, ran.screen, folder)
        ran.timing = Replay(read_text(text, "0"), ran.api, Totals(text), outlets).run(until)
    return ran
