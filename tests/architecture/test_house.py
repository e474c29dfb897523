"""The house is as its documents say: paths exist, commands run, every module says what it is."""

import ast
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
COMMANDS = ["scripts/serve", "scripts/test", "scripts/check", "scripts/lock", "scripts/tradepost"]
# A path in backticks, inside one of the folders of the checkout; <name> and * stand for anything.
MENTIONED = re.compile(
    r"`((?:app|alembic|docs|load|requirements|scripts|tests|\.ci|\.github)/[\w./*<>-]+)"
)


@pytest.mark.parametrize(
    "name", ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "ROLLBACK.md", "SECURITY.md"]
)
def test_a_newcomer_finds_the_document(name: str) -> None:
    assert len((ROOT / name).read_text(encoding="utf-8").split()) > 50


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_document_mentions_only_paths_that_exist(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    missing = [
        mentioned
        for mentioned in MENTIONED.findall(text)
        if not any(ROOT.glob(re.sub(r"<[^>]*>", "*", mentioned.rstrip("./"))))
    ]
    assert missing == []


@pytest.mark.parametrize("command", [*COMMANDS, ".ci/run"])
def test_a_command_is_executable_and_readable_by_the_shell(command: str) -> None:
    assert os.access(ROOT / command, os.X_OK)
    done = subprocess.run(["bash", "-n", str(ROOT / command)], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def test_every_module_of_the_app_says_what_it_is() -> None:
    silent = [
        path.relative_to(ROOT).as_posix()
        for path in sorted((ROOT / "app").rglob("*.py"))
        if (tree := ast.parse(path.read_text(encoding="utf-8"))).body
        and ast.get_docstring(tree) is None
    ]
    assert silent == []


def test_the_folder_alembic_does_not_shadow_the_library() -> None:
    assert not (ROOT / "alembic" / "__init__.py").exists()


def test_the_changelog_begins_with_what_is_unreleased_or_with_this_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    headings = re.findall(
        r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert headings[0] in {"Unreleased", project["version"]}
    assert len(headings) == len(set(headings))


def test_continuous_integration_runs_the_same_commands_on_every_supported_python() -> None:
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text("utf-8"))
    (job,) = workflow["jobs"].values()
    assert job["strategy"]["matrix"]["python"] == ["3.11", "3.12", "3.13"]
    steps = {step["run"]: step for step in job["steps"] if "run" in step}
    assert list(steps) == [
        "scripts/check",
        "scripts/test",
        "scripts/test-reliability",
        "scripts/bench --short --check",
    ]
    for tests in list(steps)[1:]:
        assert "cancelled" in steps[tests]["if"], "the tests run also when a check failed"
    local = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert re.findall(r"^part (scripts/.+)$", local, re.MULTILINE) == list(steps)


def test_the_reference_of_the_errors_is_what_the_catalogue_says() -> None:
    command = [sys.executable, "scripts/gen_errors_doc.py", "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
