"""Progress of the replay on stderr: a bar on a terminal, else an occasional plain line."""

import sys
import time
from types import TracebackType
from typing import Final, Self, TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

_SECONDS_BETWEEN_LINES: Final = 2.0


class Bar:
    """Counts documents; the phase names their kind."""

    def __init__(self, total: int, stream: TextIO = sys.stderr) -> None:
        self._total = total
        self._done = 0
        self._phase = ""
        self._stream = stream
        self._next_line = 0.0
        self._rich: Progress | None = None
        if stream.isatty():
            self._rich = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                console=Console(file=stream),
                # Drawing competes with the service for two cores.
                refresh_per_second=2,
            )
            self._task = self._rich.add_task("", total=total)

    def __enter__(self) -> Self:
        if self._rich is not None:
            self._rich.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._rich is not None:
            self._rich.stop()

    def phase(self, text: str) -> None:
        """Start a phase, such as ``2010-12 goods in``."""
        self._phase = text
        if self._rich is not None:
            self._rich.update(self._task, description=text)
        else:
            self._line()

    def advance(self, documents: int) -> None:
        """Count documents of the file as booked."""
        self._done += documents
        if self._rich is not None:
            self._rich.advance(self._task, documents)
        elif time.monotonic() >= self._next_line:
            self._line()

    def _line(self) -> None:
        self._next_line = time.monotonic() + _SECONDS_BETWEEN_LINES
        print(f"{self._phase}: {self._done} of {self._total}", file=self._stream, flush=True)
