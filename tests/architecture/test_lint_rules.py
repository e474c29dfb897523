"""The house rules fire on a planted sample, leave its lawful twin alone, and find nothing here."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from scripts import lint_rules

ROOT = Path(__file__).parents[2]
LONG = "\n".join(f"    x{number} = {number}" for number in range(lint_rules.FUNCTION_LINES_MAX))
LONG_FILE = "\n".join(f"X{number} = {number}" for number in range(lint_rules.FILE_LINES_MAX + 1))


@dataclass(frozen=True)
class Sample:
    """A rule, the path of a file, and its text; ``line`` is where the rule must fire."""

    rule: str
    path: str
    text: str
    line: int = 1

    def __str__(self) -> str:
        return f"{self.rule}-{self.path}-{self.text.splitlines()[-1][:40]}"


BROKEN = [
    Sample("domain-value-error", "app/domain/sales/sale.py", "raise ValueError('no')"),
    Sample("domain-value-error", "app/domain/sales/sale.py", "raise ValueError"),
    Sample(
        "http-exception",
        "app/api/v1/sales/sales.py",
        "from fastapi import HTTPException\nraise HTTPException(404)",
        2,
    ),
    Sample(
        "http-exception",
        "app/api/v1/sales/sales.py",
        "from starlette.exceptions import HTTPException as Refused\nraise Refused(404)",
        2,
    ),
    Sample("environment", "app/bootstrap.py", "import os\nurl = os.environ['URL']", 2),
    Sample("environment", "app/api/deps.py", "from os import getenv\nurl = getenv('URL')", 2),
    Sample(
        "environment", "app/cli/common.py", "from os import environ as e\nurl = e.get('URL')", 2
    ),
    Sample("environment", "app/cli/common.py", "from pydantic_settings import BaseSettings"),
    Sample(
        "base-http-middleware",
        "app/api/middleware/log.py",
        "from starlette.middleware.base import BaseHTTPMiddleware",
    ),
    Sample(
        "base-http-middleware",
        "tests/api/test_log.py",
        "from starlette.middleware import base\nclass Log(base.BaseHTTPMiddleware):\n    x = 1",
        2,
    ),
    Sample("base-http-middleware", "app/main.py", "@app.middleware('http')\ndef log(): ..."),
    Sample("file-size", "load/replay_year.py", LONG_FILE),
    Sample("file-size", "app/main.py", "# size:\n" + LONG_FILE),
    Sample("function-size", "scripts/tool.py", f"x = 1\ndef long():\n{LONG}", 2),
    Sample("function-size", "alembic/versions/1.py", f"async def long():\n{LONG}"),
    Sample("function-size", "app/main.py", f"def long():  # size: because\n{LONG}"),
    Sample("sql-outside-infrastructure", "app/domain/sales/sale.py", "import sqlalchemy"),
    Sample(
        "sql-outside-infrastructure",
        "app/application/sales/sell.py",
        "from sqlalchemy import sql",
    ),
    Sample("sql-outside-infrastructure", "app/api/deps.py", "import sqlalchemy.ext.asyncio"),
    Sample(
        "sql-outside-infrastructure",
        "app/infrastructure/sales/readers.py",
        "from sqlalchemy import text\nq = text('SELECT 1')",
        2,
    ),
    Sample(
        "sql-outside-infrastructure", "app/bootstrap.py", "db.execute('DELETE FROM sales WHERE x')"
    ),
    Sample(
        "sql-outside-infrastructure",
        "app/cli/common.py",
        "q = f'SELECT * FROM {table} WHERE id = {id_}'",
    ),
    Sample(
        "sql-outside-infrastructure",
        "app/infrastructure/sales/readers.py",
        "row = await self.db.fetchrow('SELECT 1 FROM sales')",
    ),
    Sample(
        "context-contract",
        "app/application/sales/sales.py",
        "from app.application.catalog import products",
    ),
    Sample(
        "context-contract",
        "app/application/processes/sell.py",
        "from app.application.inventory.moves import issue",
    ),
    Sample("swallowed-exception", "app/main.py", "try:\n    f()\nexcept Exception:\n    pass", 3),
    Sample(
        "swallowed-exception",
        "tests/api/test_a.py",
        "try:\n    f()\nexcept (KeyError, BaseException):\n    ...",
        3,
    ),
    Sample(
        "swallowed-exception",
        "load/replay.py",
        "for x in y:\n    try:\n        f()\n    except Exception as e:\n        continue",
        4,
    ),
    Sample(
        "swallowed-exception",
        "app/main.py",
        "import contextlib\nwith contextlib.suppress(Exception):\n    f()",
        2,
    ),
    Sample("bare-except", "tests/api/test_a.py", "try:\n    f()\nexcept:\n    g()", 3),
    Sample("print-outside-cli", "app/bootstrap.py", "print('up')"),
    Sample("clock", "app/application/sales/sell.py", "import datetime\ndatetime.datetime.now()", 2),
    Sample(
        "clock", "app/domain/sales/sale.py", "from datetime import datetime\ndatetime.utcnow()", 2
    ),
    Sample("clock", "app/api/v1/sales/sales.py", "from datetime import date\ndate.today()", 2),
    Sample("clock", "app/bootstrap.py", "import time\nstart = time.time", 2),
    Sample("inexact-number", "app/domain/sales/sale.py", "RATE = 0.2"),
    Sample("inexact-number", "app/domain/sales/sale.py", "x = float('1')"),
    Sample("inexact-number", "app/domain/sales/sale.py", "def f(x: float) -> int: ..."),
    Sample("inexact-number", "app/domain/sales/sale.py", "x = a / b"),
    Sample("inexact-number", "app/domain/sales/sale.py", "x /= b"),
    Sample("inexact-number", "app/domain/sales/sale.py", "from decimal import Decimal"),
    Sample("blocking-in-async", "app/main.py", "async def f():\n    open('x')", 2),
    Sample("blocking-in-async", "load/a.py", "import time\nasync def f():\n    time.sleep(1)", 3),
    Sample(
        "blocking-in-async",
        "app/main.py",
        "import requests\nasync def f():\n    requests.get()",
        3,
    ),
    Sample("blocking-in-async", "app/main.py", "async def f():\n    await g(p.read_text())", 2),
    Sample("assigned-member", "app/domain/sales/sale.py", "sale.total = 0"),
    Sample("assigned-member", "app/application/sales/sales.py", "work.sale.total += 1"),
    Sample("assigned-member", "app/domain/sales/sale.py", "del sale.total"),
    Sample("assigned-member", "app/domain/sales/sale.py", "object.__setattr__(self, 'total', 0)"),
    Sample("neutral-words", "app/main.py", "x = 1\n# He signs in again.", 2),
    Sample("neutral-words", "app/main.py", '"""The user.\n\nAnd his company."""', 3),
    Sample("neutral-words", "app/main.py", "print_ = log(f'{name} lost his key')"),
    Sample("neutral-words", "app/api/deps.py", '"""Nobody proves herself."""'),
    Sample("neutral-words", "tests/api/test_a.py", '"""Whoever asks."""'),
]

LAWFUL = [
    Sample("neutral-words", "app/main.py", "# They sign in again.\nLANGUAGES = {'ar', 'he'}"),
    Sample("neutral-words", "tests/api/test_a.py", "NAME = 'As he said'"),
    Sample("domain-value-error", "app/domain/sales/sale.py", "try: f()\nexcept ValueError: g()"),
    Sample("domain-value-error", "app/infrastructure/security/keys.py", "raise ValueError('no')"),
    Sample(
        "http-exception",
        "app/api/errors.py",
        "from starlette.exceptions import HTTPException\napp.add_handler(HTTPException)",
    ),
    Sample("environment", "app/settings.py", "import os\nurl = os.environ['URL']"),
    Sample("environment", "tests/support/pg.py", "import os\nurl = os.environ['URL']"),
    Sample("base-http-middleware", "app/main.py", "app.add_middleware(AccessLog)"),
    Sample("file-size", "app/main.py", "# size: one table, row by row\n" + LONG_FILE),
    Sample("file-size", "app/main.py", "\n".join(LONG_FILE.splitlines()[1:])),
    Sample("function-size", "app/main.py", f"# size: one table, top to bottom\ndef f():\n{LONG}"),
    Sample(
        "function-size",
        "app/main.py",
        f"# size: one table, all rows\n@a\n@b\ndef f():\n{LONG}",
    ),
    Sample("function-size", "app/main.py", "def f():\n" + "\n".join(LONG.splitlines()[1:])),
    Sample(
        "sql-outside-infrastructure",
        "app/infrastructure/db/postgres.py",
        "from sqlalchemy import text\nq = text('SELECT 1')",
    ),
    Sample(
        "sql-outside-infrastructure",
        "app/infrastructure/sales/tables.py",
        "import sqlalchemy",
    ),
    Sample("sql-outside-infrastructure", "app/bootstrap.py", "runner.execute(command)"),
    Sample(
        "sql-outside-infrastructure", "app/infrastructure/sales.py", "CHECK = 'SELECT 1 FROM sales'"
    ),
    Sample(
        "sql-outside-infrastructure", "app/domain/sales/sale.py", '"""SELECT what FROM where."""'
    ),
    Sample(
        "context-contract",
        "app/application/sales/sales.py",
        "from app.application.catalog.contract import product\n"
        "from app.application.catalog import contract\n"
        "from app.application.shared.work import Work\n"
        "from app.application.sales.views import view",
    ),
    Sample("context-contract", "app/api/v1/a.py", "from app.application.catalog import products"),
    Sample("swallowed-exception", "app/main.py", "try:\n    f()\nexcept KeyError:\n    pass"),
    Sample("swallowed-exception", "app/main.py", "try:\n    f()\nexcept Exception:\n    log(1)"),
    Sample("bare-except", "app/main.py", "try:\n    f()\nexcept KeyError:\n    g()"),
    Sample("print-outside-cli", "app/cli/common.py", "print('up')"),
    Sample("print-outside-cli", "load/replay_year.py", "print('up')"),
    Sample("clock", "app/domain/shared/clock.py", "import datetime\ndatetime.datetime.now()"),
    Sample("clock", "app/infrastructure/jobs/run.py", "import time\ntime.time()"),
    Sample("clock", "app/application/sales/sell.py", "import time\ntime.monotonic()"),
    Sample("inexact-number", "app/domain/sales/sale.py", "x = a // b * 10**6"),
    Sample("inexact-number", "app/infrastructure/jobs/run.py", "WAIT_SECONDS = 0.5"),
    Sample("blocking-in-async", "app/main.py", "def f():\n    open('x')"),
    Sample(
        "blocking-in-async", "app/main.py", "async def f():\n    def g():\n        return open('x')"
    ),
    Sample("assigned-member", "app/domain/sales/sale.py", "self._lines = []"),
    Sample("assigned-member", "app/infrastructure/jobs/run.py", "job.state = 'done'"),
]


@pytest.mark.parametrize("sample", BROKEN, ids=str)
def test_a_rule_fires_on_its_sample_and_no_other_rule_does(sample: Sample) -> None:
    findings = lint_rules.check(sample.path, sample.text)
    assert {(found.rule, found.line) for found in findings} == {(sample.rule, sample.line)}


@pytest.mark.parametrize("sample", LAWFUL, ids=str)
def test_a_rule_leaves_the_lawful_form_alone(sample: Sample) -> None:
    assert lint_rules.check(sample.path, sample.text) == []


def test_every_rule_has_both_samples() -> None:
    rules = set(lint_rules.RULES)
    assert {sample.rule for sample in BROKEN} == rules
    assert {sample.rule for sample in LAWFUL} == rules


def test_this_checkout_breaks_no_rule() -> None:
    assert [str(finding) for finding in lint_rules.check_tree(ROOT)] == []


def test_documents_and_error_texts_are_checked_too(tmp_path: Path) -> None:
    for name in ("README.md", ".env.example", "docs/decisions/1.md", "app/api/locales/en/a.json"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("fine\nwhoever\n", encoding="utf-8")
    findings = list(lint_rules.check_tree(tmp_path))
    assert len(findings) == 4
    assert {(found.rule, found.line) for found in findings} == {("neutral-words", 2)}


def test_the_command_fails_and_names_the_place(tmp_path: Path) -> None:
    broken = tmp_path / "app" / "domain" / "bad.py"
    broken.parent.mkdir(parents=True)
    broken.write_text("x = 1\nraise ValueError\n", encoding="utf-8")
    command = [sys.executable, str(ROOT / "scripts" / "lint_rules.py"), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stdout.startswith("app/domain/bad.py:2: domain-value-error: ")
