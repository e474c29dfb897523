"""The lines of the benchmark: figures, limits, display and checks."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from load.measure.client import Answers

_SHARES = (0.5, 0.95, 0.99)


@dataclass(slots=True)
class Line:
    """One measured operation, in rounds; ``cpu`` is µs of application and database per operation.

    ``limit`` names the line to compare with, ``least`` the required ratio limit/line; both are
    empty for a limit. ``held`` is the ratio reached so far if it is below ``least``. A ratio is the
    median over the rounds, in each of which line and limit ran one after the other.
    """

    name: str
    limit: str = ""
    least: float = 0.0
    held: float = 0.0
    cpu: list[float] = field(default_factory=list)
    per_second: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    note: str = ""

    def add(self, cpu_seconds: float, operations: int, answers: Answers) -> None:
        """One round."""
        self.cpu.append(cpu_seconds / operations * 1e6)
        self.per_second.append(operations / answers.wall)
        self.seconds.extend(answers.seconds)

    def percentile(self, share: float) -> float:
        """The latency in milliseconds that this share of the requests stayed below."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000


class Table:
    """All lines, in the order of their first use."""

    def __init__(self) -> None:
        self.lines: dict[str, Line] = {}
        self.facts: dict[str, str] = {}
        self.counts: dict[str, tuple[Any, Any]] = {}

    def line(self, name: str, limit: str = "", least: float = 0.0, held: float = 0.0) -> Line:
        """The line of this name."""
        return self.lines.setdefault(name, Line(name, limit, least, held))

    def count(self, name: str, found: Any, expected: Any) -> None:
        """A count and its expected value, both independent of the speed of the machine."""
        self.counts[name] = (found, expected)

    def ratio(self, line: Line) -> float | None:
        """The ratio limit/line; None if the limit was not measured."""
        limit = self.lines.get(line.limit)
        if limit is None or not limit.cpu:
            return None
        return median(ours / theirs for ours, theirs in zip(limit.cpu, line.cpu, strict=True))

    def missed(self) -> list[str]:
        """Ratios below their target."""
        return self._below({line.name: line.least for line in self.lines.values()})

    def lost(self, margin: float) -> list[str]:
        """Ratios far below the recorded ones, with a margin for noise, and wrong counts."""
        wrong = [
            f"{name}: {counted}, not {expected}"
            for name, (counted, expected) in self.counts.items()
            if counted != expected
        ]
        held = {line.name: (line.held or line.least) * margin for line in self.lines.values()}
        return wrong + self._below(held)

    def _below(self, floors: dict[str, float]) -> list[str]:
        found = []
        for line in self.lines.values():
            ratio = self.ratio(line)
            floor = floors[line.name]
            if floor and (ratio is None or ratio < floor):
                reached = _shown(ratio) or "not measured"
                found.append(f"{line.name}: {reached}, at least {floor:.2f}")
        return found

    def text(self) -> str:
        """The table as Markdown."""
        rows = [
            "| | CPU µs | ratio | at least | /s | p50 ms | p95 ms | p99 ms |",
            "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
        ]
        for line in self.lines.values():
            ratio = self.ratio(line)
            cells = [line.name, f"{median(line.cpu):,.0f}", _shown(ratio)]
            cells.append(f"{line.least:.2f}" if line.least else "")
            cells.append(f"{median(line.per_second):,.0f}")
            cells += [f"{line.percentile(each):.1f}" if line.seconds else "" for each in _SHARES]
            rows.append("| " + " | ".join(cells) + " |")
        rows.append("")
        rows += [f"- {name}: {counted}" for name, (counted, _) in self.counts.items()]
        rows += [f"- {name}: {value}" for name, value in self.facts.items()]
        return "\n".join(rows)

    def write(self, path: Path) -> None:
        """All figures as JSON."""
        lines = []
        for line in self.lines.values():
            figures = asdict(line) | {"ratio": self.ratio(line)}
            figures["milliseconds"] = {
                str(share): line.percentile(share) for share in _SHARES if line.seconds
            }
            del figures["seconds"]
            lines.append(figures)
        counts = {name: str(counted) for name, (counted, _) in self.counts.items()}
        figures = {"lines": lines, "counts": counts, "facts": self.facts}
        path.write_text(json.dumps(figures, indent=1) + "\n")


def _shown(ratio: float | None) -> str:
    return "" if ratio is None else f"{ratio:.2f}"
