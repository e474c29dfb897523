"""The import contracts of pyproject.toml hold here, and each breaks when its line is crossed."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# An importer and what it must not import.
CROSSED = {
    "layer: the application enters infrastructure": (
        "app/application/shared/a.py",
        "app.infrastructure.db",
    ),
    "layer: the api enters infrastructure": ("app/api/a.py", "app.infrastructure.db"),
    "layer: infrastructure enters the api": ("app/infrastructure/db/a.py", "app.api"),
    "layer: the domain enters the application": ("app/domain/shared/a.py", "app.application"),
    "layer: the api enters the composition root": ("app/api/a.py", "app.bootstrap"),
    "settings in the domain": ("app/domain/shared/a.py", "app.settings"),
    "settings in the application": ("app/application/shared/a.py", "app.settings"),
    "domain: sales enters inventory": ("app/domain/sales/a.py", "app.domain.inventory"),
    "domain: shared enters a context": ("app/domain/shared/a.py", "app.domain.sales"),
    "application: inventory enters sales": (
        "app/application/inventory/a.py",
        "app.application.sales",
    ),
    "application: sales enters purchasing": (
        "app/application/sales/a.py",
        "app.application.purchasing",
    ),
    "application: accounting enters catalog": (
        "app/application/accounting/a.py",
        "app.application.catalog",
    ),
    "application: sales enters a process": (
        "app/application/sales/a.py",
        "app.application.processes",
    ),
    "identity: the domain of keys enters members": (
        "app/domain/identity/keys/a.py",
        "app.domain.identity.members",
    ),
    "identity: factors enter sign_in": (
        "app/application/identity/factors/a.py",
        "app.application.identity.sign_in",
    ),
    "identity: operators enter members": (
        "app/application/identity/operators/a.py",
        "app.application.identity.members",
    ),
    "identity: tables of factors enter sign_in": (
        "app/infrastructure/identity/factors/a.py",
        "app.infrastructure.identity.sign_in",
    ),
    "identity: routes of sign_in enter members": (
        "app/api/v1/identity/sign_in/a.py",
        "app.api.v1.identity.members",
    ),
    "a part of identity that nobody placed": (
        "app/application/identity/novelty/a.py",
        "app.application.identity.directory",
    ),
    "library in the domain": ("app/domain/sales/a.py", "pydantic"),
    "library in the application": ("app/application/sales/a.py", "fastapi"),
    "database in the application": ("app/application/sales/a.py", "sqlite3"),
    "database in the api": ("app/api/a.py", "sqlalchemy"),
    "a context that nobody placed": ("app/domain/novelty/a.py", "app.domain.shared"),
}
CONTEXTS = ("identity", "catalog", "accounting", "inventory", "purchasing", "sales")
PARTS = ("sign_in", "members", "keys", "factors", "companies", "operators", "audit")
IDENTITY = ("app/domain", "app/application", "app/infrastructure", "app/api/v1")
PACKAGES = (
    *(f"app/{layer}" for layer in ("api", "application/shared", "domain/shared")),
    "app/infrastructure/db",
    "app/application/processes",
    *(f"app/{layer}/{context}" for layer in ("application", "domain") for context in CONTEXTS),
    *(f"{layer}/identity/{part}" for layer in IDENTITY for part in PARTS),
    "app/application/identity/directory",
    "app/infrastructure/identity/directory",
)


def lint_imports(root: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter on the tree at ``root``."""
    return subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"],
        cwd=root,
        env={"PYTHONPATH": str(root), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A checkout with every package of the architecture, all empty."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for package in PACKAGES:
        folder = tmp_path / package
        folder.mkdir(parents=True)
        while folder != tmp_path:
            (folder / "__init__.py").touch()
            folder = folder.parent
    for module in ("bootstrap", "cli", "main", "settings"):
        (tmp_path / "app" / f"{module}.py").touch()
    return tmp_path


def test_this_checkout_keeps_the_contracts() -> None:
    done = lint_imports(ROOT)
    assert done.returncode == 0, done.stdout


def test_the_lawful_directions_are_allowed(tree: Path) -> None:
    lawful = {
        "app/main.py": "app.bootstrap",
        "app/cli.py": "app.main",
        "app/bootstrap.py": "app.infrastructure.db",
        "app/infrastructure/db/a.py": "app.settings",
        "app/api/a.py": "app.application.sales",
        "app/application/processes/a.py": "app.application.sales",
        "app/application/sales/a.py": "app.application.inventory",
        "app/application/inventory/a.py": "app.application.accounting",
        "app/domain/sales/a.py": "app.domain.shared",
        "app/domain/identity/keys/a.py": "app.domain.identity.sign_in",
        "app/application/identity/members/a.py": "app.application.identity.sign_in",
        "app/application/identity/sign_in/a.py": "app.application.identity.factors",
    }
    for file, module in lawful.items():
        (tree / file).write_text(f"import {module}\n", encoding="utf-8")
    done = lint_imports(tree)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("case", CROSSED)
def test_a_contract_breaks_when_its_line_is_crossed(tree: Path, case: str) -> None:
    file, module = CROSSED[case]
    (tree / file).parent.mkdir(exist_ok=True)
    (tree / file).parent.joinpath("__init__.py").touch()
    (tree / file).write_text(f"import {module}\n", encoding="utf-8")
    done = lint_imports(tree)
    assert done.returncode == 1, done.stdout
    assert "BROKEN" in done.stdout or "not listed" in done.stdout
