"""Runs the checks in parallel, prints each with its time, and fails if one of them failed.

All checks run, even if others fail. A check that cannot work in this environment (the audit of the
dependencies without access to the advisories) is neither passed nor failed: it is reported
prominently at the end.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from enum import Enum
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TOOLS = Path(sys.executable).parent
FOLDERS = ("app", "load", "scripts", "tests", "alembic")
AUDIT_SECONDS_MAX = 300
PROBE_SECONDS_MAX = 10


class Verdict(Enum):
    """The verdict of a check."""

    PASSED = "ok"
    FAILED = "FAILED"
    NOT_DONE = "NOT AUDITED"


@dataclass(frozen=True)
class Result:
    """The verdict and the output of a check."""

    verdict: Verdict
    output: str


def run(*command: str, seconds_max: int | None = None) -> Result:
    """Run one command at the root of the checkout; exit code 0 is a pass."""
    done = subprocess.run(
        command,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=seconds_max,
    )
    return Result(Verdict.FAILED if done.returncode else Verdict.PASSED, done.stdout)


def tool(name: str, *arguments: str) -> Callable[[], Result]:
    """A check that is a program of the environment."""
    return lambda: run(str(TOOLS / name), *arguments)


def script(*arguments: str) -> Callable[[], Result]:
    """A check that Python runs."""
    return lambda: run(sys.executable, *arguments)


def audit() -> Result:
    """Check every pinned package for advisories.

    One package is checked first: without an answer for it, nothing can be audited here. After that,
    a vulnerable package and one that cannot be looked up both fail.
    """
    with tempfile.TemporaryDirectory() as folder:
        probe = Path(folder) / "probe.txt"
        probe.write_text(f"fastapi=={version('fastapi')}\n", encoding="utf-8")
        answer = pip_audit(PROBE_SECONDS_MAX, "--no-deps", "--requirement", str(probe))
        if not is_answered(answer.output):
            return Result(Verdict.NOT_DONE, f"The advisories cannot be reached:\n{answer.output}")
    return pip_audit(
        AUDIT_SECONDS_MAX, "--strict", "--require-hashes", "--requirement", "requirements/dev.txt"
    )


def pip_audit(seconds_max: int, *options: str) -> Result:
    """Run pip-audit without installing anything. Exceeding ``seconds_max`` is a failure."""
    command = [str(TOOLS / "pip-audit"), "--disable-pip", "--progress-spinner", "off", *options]
    command += ["--timeout", str(PROBE_SECONDS_MAX // 2), "--format", "json"]
    try:
        return run(*command, seconds_max=seconds_max)
    except subprocess.TimeoutExpired:
        return Result(Verdict.FAILED, f"no answer within {seconds_max} s")


def is_answered(output: str) -> bool:
    """Whether pip-audit's JSON says that the package was looked up, vulnerable or not."""
    for line in output.splitlines():
        if line.startswith("{"):
            packages = json.loads(line)["dependencies"]
            return bool(packages) and all("vulns" in package for package in packages)
    return False


# The slow ones first: they determine the total time.
CHECKS: dict[str, Callable[[], Result]] = {
    "mypy": tool("mypy"),
    "pip-audit": audit,
    "bandit": tool("bandit", "--quiet", "--recursive", "--configfile", "pyproject.toml", "app"),
    "secrets": script("scripts/scan_secrets.py"),
    "drift": script("-m", "app.cli", "migrate", "--check"),
    "deptry": tool("deptry", "--no-ansi", "app", "load"),
    "import-linter": tool("lint-imports", "--no-cache"),
    "house rules": script("scripts/lint_rules.py"),
    "ruff check": tool("ruff", "check", "--output-format", "concise", *FOLDERS),
    "ruff format": tool("ruff", "format", "--check", "--output-format", "concise", *FOLDERS),
}


def timed(check: Callable[[], Result]) -> tuple[Result, float]:
    """The result of a check and its seconds."""
    started = time.monotonic()
    return check(), time.monotonic() - started


def main(names: Sequence[str]) -> int:
    """Run the named checks, or all; 1 when one failed, 2 for an unknown name."""
    if names == ["--list"]:
        print("\n".join(CHECKS))
        return 0
    unknown = [name for name in names if name not in CHECKS]
    if unknown:
        print(f"scripts/check: no check is called {', '.join(unknown)}", file=sys.stderr)
        return 2
    results: dict[str, Result] = {}
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        running = {pool.submit(timed, CHECKS[name]): name for name in names or CHECKS}
        for future in as_completed(running):
            name = running[future]
            results[name], seconds = future.result()
            print(f"{results[name].verdict.value:>11}  {name}  ({seconds:.1f} s)", flush=True)
            if results[name].verdict is Verdict.FAILED:
                print(results[name].output.rstrip() + "\n", flush=True)
    return summarise(results)


def summarise(results: dict[str, Result]) -> int:
    """Print the closing lines and return the exit code."""
    passed = sum(result.verdict is Verdict.PASSED for result in results.values())
    failed = [name for name, result in results.items() if result.verdict is Verdict.FAILED]
    print(f"\nscripts/check: {passed} of {len(results)} passed")
    if failed:
        print(f"scripts/check: FAILED: {', '.join(failed)}")
    for name, result in results.items():
        if result.verdict is Verdict.NOT_DONE:
            print(f"\n*** NOT AUDITED: {name}. This is no pass. {result.output.rstrip()}")
            print("*** Run scripts/check where the advisories can be reached.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
