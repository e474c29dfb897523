"""The `tradepost` command as a process, forked from one that has imported it."""

import multiprocessing
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing import forkserver
from pathlib import Path

import coverage

from app.cli import main

ROOT = Path(__file__).resolve().parents[2]

# An import of the service takes most of the time of a short command; it is done once a run.
_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(["app.cli"])
_MEASURING = "COVERAGE_PROCESS_CONFIG"


class Command:
    """A running command that is isolated from the settings of the test environment.

    Neither their environment, of which it gets ``PATH``, nor a ``.env`` of the checkout: it runs in
    ``folder``. It ends with the tests at the latest.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        folder: Path,
        output: str | Path,
        errors: str | Path,
        **environment: str,
    ) -> None:
        known = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **environment}
        measuring = os.environ.pop(_MEASURING, "")
        try:
            # Were it measured, each command would save all that it imported, in half a second.
            forkserver.ensure_running()
        finally:
            if measuring:
                os.environ[_MEASURING] = measuring
        given = (list(arguments), str(folder), str(output), str(errors), known, measuring)
        self._process = _processes.Process(target=_run, args=given, daemon=True)
        self._process.start()

    def signal(self, number: int) -> None:
        """Send it a signal."""
        assert self._process.pid is not None
        os.kill(self._process.pid, number)

    def wait(self, seconds: float) -> int:
        """Its exit code; a signal counts as a negative one."""
        self._process.join(seconds)
        code = self._process.exitcode
        assert code is not None, "it still runs"
        return code

    @property
    def running(self) -> bool:
        """Whether it runs."""
        return self._process.is_alive()


def _run(
    arguments: list[str],
    folder: str,
    output: str,
    errors: str,
    environment: dict[str, str],
    measuring: str,
) -> None:
    if measuring:
        os.environ[_MEASURING] = measuring
        coverage.process_startup(force=True)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    for number, path in ((1, output), (2, errors)):
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    sys.argv = ["tradepost", *arguments]
    # Unlike a daemon of multiprocessing, a command may have children.
    multiprocessing.current_process()._config["daemon"] = False  # type: ignore[attr-defined]
    main()


@dataclass(frozen=True)
class Done:
    """The result of a command: exit code, standard output and standard error."""

    returncode: int
    stdout: str
    stderr: str


def tradepost(*arguments: str, **environment: str) -> Done:
    """Run a command to its end."""
    with tempfile.TemporaryDirectory() as folder:
        output, errors = Path(folder) / "output", Path(folder) / "errors"
        code = Command(arguments, Path(folder), output, errors, **environment).wait(60)
        return Done(code, output.read_text(), errors.read_text())


def refusal(*arguments: str, **environment: str) -> str:
    """The one line with which a command fails."""
    done = tradepost(*arguments, **environment)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    assert "Traceback" not in done.stdout
    assert done.stderr.startswith("tradepost: ")
    return done.stderr.removeprefix("tradepost: ").rstrip("\n")
