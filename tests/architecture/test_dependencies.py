"""Every dependency has a reason and a pin, and the pins fit pyproject.toml."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
CLIENTS = ROOT / "tests" / "clients"
REASONS = ROOT / "docs" / "decisions" / "0002-dependencies.md"
PIN = re.compile(r"^([a-z0-9][a-z0-9._-]*)==(\S+)([^\n]*(?:\n {4}--hash=[^\n]*)*)", re.MULTILINE)

Project = dict[str, Any]


@pytest.fixture(scope="module")
def project() -> Project:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def declared(project: Project, part: str) -> list[Requirement]:
    lines = (
        project["project"]["dependencies"]
        if part == "runtime"
        else project["dependency-groups"][part]
    )
    return [Requirement(line) for line in lines]


def pinned(part: str) -> dict[str, set[str]]:
    """The versions of each package; a package may have two, for different Pythons."""
    text = (ROOT / "requirements" / f"{part}.txt").read_text(encoding="utf-8")
    versions: dict[str, set[str]] = {}
    for name, version, _ in PIN.findall(text):
        versions.setdefault(name, set()).add(version)
    return versions


def reasons(heading: str) -> list[str]:
    """The names in the first column of the table under ``heading``."""
    section = REASONS.read_text(encoding="utf-8").split(f"## {heading}\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `([^`]+)` \| (.+) \|$", section, re.MULTILINE)
    assert all(len(reason.split()) > 3 for _, reason in rows), "a reason is a sentence"
    return [str(canonicalize_name(name)) for name, _ in rows]


@pytest.mark.parametrize(("part", "heading"), [("runtime", "Runtime"), ("dev", "Development")])
def test_each_dependency_has_its_reason_and_each_reason_its_dependency(
    project: Project, part: str, heading: str
) -> None:
    names = [str(canonicalize_name(requirement.name)) for requirement in declared(project, part)]
    assert sorted(reasons(heading)) == sorted(names)


@pytest.mark.parametrize("part", ["runtime", "dev"])
def test_the_pins_fit_what_is_declared(project: Project, part: str) -> None:
    pins = pinned(part)
    for requirement in declared(project, part):
        versions = pins.get(str(canonicalize_name(requirement.name)), set())
        assert versions, f"{requirement.name} is not pinned: run scripts/lock"
        assert all(requirement.specifier.contains(version) for version in versions), requirement


def test_what_is_tested_is_what_is_served() -> None:
    runtime, dev = pinned("runtime"), pinned("dev")
    assert {name: dev.get(name) for name in runtime} == runtime


@pytest.mark.parametrize("part", ["runtime", "dev"])
def test_every_pin_has_hashes_and_no_address_is_named(part: str) -> None:
    text = (ROOT / "requirements" / f"{part}.txt").read_text(encoding="utf-8")
    entries = PIN.findall(text)
    assert len(entries) > 40
    assert [name for name, _, rest in entries if "--hash=sha256:" not in rest] == []
    assert "://" not in text
    assert "--index" not in text


def test_each_npm_package_has_its_reason_a_version_and_a_hash_and_no_address() -> None:
    declared = json.loads((CLIENTS / "package.json").read_text())["devDependencies"]
    locked = json.loads((CLIENTS / "package-lock.json").read_text())["packages"]
    assert locked.pop("")["devDependencies"] == declared
    assert sorted(reasons("Development, npm")) == sorted(declared)
    for name, version in declared.items():
        assert locked[f"node_modules/{name}"]["version"] == version
    for entry in locked.values():
        assert entry["integrity"].startswith("sha512-")
        assert "resolved" not in entry
