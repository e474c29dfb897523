"""Durations of a run. Separate from the statements, which contain no times."""

import time
from dataclasses import asdict, dataclass, field
from typing import Any

from load.replay.booking import Booked


@dataclass(frozen=True, slots=True)
class MonthTime:
    """One lap: wall-clock seconds, CPU seconds of the driver, and what was done in it."""

    name: str
    seconds: float
    own_cpu_seconds: float
    commands: int
    lines: int
    requests: int
    repeats: int


@dataclass(slots=True)
class Timing:
    """All laps of a run."""

    set_up: MonthTime | None = None
    months: list[MonthTime] = field(default_factory=list)
    _wall: float = field(default_factory=time.monotonic)
    _cpu: float = field(default_factory=time.process_time)
    _requests: int = 0
    _repeats: int = 0

    def lap(self, name: str, booked: Booked, requests: int, repeats: int) -> MonthTime:
        """Ends a lap; ``requests`` and ``repeats`` count from the start of the run."""
        wall, cpu = time.monotonic(), time.process_time()
        made = MonthTime(
            name=name,
            seconds=round(wall - self._wall, 3),
            own_cpu_seconds=round(cpu - self._cpu, 3),
            commands=booked.commands,
            lines=booked.lines,
            requests=requests - self._requests,
            repeats=repeats - self._repeats,
        )
        self._wall, self._cpu = wall, cpu
        self._requests, self._repeats = requests, repeats
        return made

    def laps(self) -> list[MonthTime]:
        """The set-up and the months, in order."""
        return ([self.set_up] if self.set_up else []) + self.months

    def as_json(self) -> dict[str, Any]:
        """The laps and their sum, for a file."""
        return {"laps": [asdict(lap) for lap in self.laps()], "all": asdict(self._sum())}

    def as_text(self) -> str:
        """The laps as a table."""
        head = f"{'':10}{'seconds':>10}{'own cpu':>10}{'commands':>10}{'lines':>10}"
        rows = [f"{head}{'requests':>10}{'lines/s':>10}"]
        for lap in [*self.laps(), self._sum()]:
            rate = lap.lines / lap.seconds if lap.seconds else 0.0
            rows.append(
                f"{lap.name:10}{lap.seconds:10.2f}{lap.own_cpu_seconds:10.2f}{lap.commands:10d}"
                f"{lap.lines:10d}{lap.requests:10d}{rate:10.0f}"
            )
        return "\n".join(rows)

    def _sum(self) -> MonthTime:
        laps = self.laps()
        return MonthTime(
            name="all",
            seconds=round(sum(lap.seconds for lap in laps), 3),
            own_cpu_seconds=round(sum(lap.own_cpu_seconds for lap in laps), 3),
            commands=sum(lap.commands for lap in laps),
            lines=sum(lap.lines for lap in laps),
            requests=sum(lap.requests for lap in laps),
            repeats=sum(lap.repeats for lap in laps),
        )
