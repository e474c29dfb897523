"""The `tradepost` command, as a process: what it says, how it fails, and how it ends."""

import os
import pty
import re
import signal
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from app.infrastructure.db import migrate, schema
from tests.support.command import ROOT, Command, refusal, tradepost
from tests.support.ports import free_port
from tests.support.revisions import before
from tests.support.server import Server, served

DEMO = {"email": "demo@tradepost.example", "password": "walk-the-counter-42"}
OWNER = {"email": "owner@example.com", "password": "a-long-walk-by-the-sea"}
DEMO_LINE = f"Demo login: {DEMO['email']} / {DEMO['password']}"
GRANTED = "postgresql://service:k3v9-Harbour-x71q@db/tradepost?sslmode=verify-full"
IN_PRODUCTION = {
    "ENVIRONMENT": "production",
    "SECRET_KEY": "q8Zr2!vTn5Lk0pXw7Yb3Hs6Jd9Fg4Mc1",
    "METRICS_TOKEN": "w4Nc8!rXe2Vb6Km0Zt5Jq1Lh7Sd3Fg9P",
    "DOCS_ENABLED": "false",
    "ALLOWED_HOSTS": "api.example",
    "DATABASE_URL": GRANTED,
    "SINGLE_NODE": "true",
}


def login(server: Server, account: dict[str, str]) -> httpx.Response:
    return httpx.post(f"{server.url}/api/v1/auth/login", json=account)


def contacts(file: Path) -> int:
    with closing(sqlite3.connect(file)) as opened:
        return int(opened.execute("SELECT count(*) FROM contacts").fetchone()[0])


def test_the_demo_company_is_made_once_and_its_books_are_sound(tmp_path: Path) -> None:
    """However it is started again; and check-books says whose books it checked."""
    file = tmp_path / "demo.db"
    url = f"sqlite:///{file}"
    for _ in range(2):
        with served(url, tmp_path) as server:
            headers = {"Authorization": f"Bearer {login(server, DEMO).json()['access_token']}"}
            sales = httpx.get(f"{server.url}/api/v1/sales", headers=headers).json()
            assert len(sales["data"]) == 2
    before = contacts(file)
    again = tradepost("demo", "--database-url", url)
    assert (again.returncode, again.stderr) == (0, "")
    assert again.stdout == f"The demo company already exists.\n{DEMO_LINE}\n"
    assert contacts(file) == before
    checked = tradepost("check-books", "--database-url", url)
    assert checked.returncode == 0, checked.stdout
    assert re.match(r"cmp_[0-9A-Z]{26} Harbour Street Goods:\n", checked.stdout)
    assert "difference 0.00" in checked.stdout
    last = checked.stdout.splitlines()[-1]
    assert re.fullmatch(r"The next check can go on from here: --recorded-from \d{4}-\S+Z", last)
    onward = tradepost("check-books", "--recorded-from", last.split()[-1], "--database-url", url)
    assert onward.returncode == 0, onward.stdout
    assert onward.stdout.count(" ok\n") == checked.stdout.count(" ok\n")


def test_books_are_checked_since_an_instant(tmp_path: Path) -> None:
    """What is older and untouched is passed over; what is no instant is refused in a line."""
    file = tmp_path / "since.db"
    url = f"sqlite:///{file}"
    assert tradepost("demo", "--database-url", url).returncode == 0
    with closing(sqlite3.connect(file)) as opened, opened:
        # The sum stays: reconciliations, which are always made in full, see nothing.
        opened.execute(
            "UPDATE stock_levels SET on_hand = on_hand + CASE product_id"
            " WHEN (SELECT min(product_id) FROM stock_levels) THEN 1"
            " WHEN (SELECT max(product_id) FROM stock_levels) THEN -1 ELSE 0 END"
        )
    for since, code in (("2000-01-01T00:00:00Z", 1), ("2199-01-01T01:00:00+01:00", 0)):
        checked = tradepost("check-books", "--recorded-from", since, "--database-url", url)
        assert checked.returncode == code
        assert ("BROKEN" in checked.stdout) == bool(code)
    for bad in ("yesterday", "2026-03-31T16:30:00", "0001-01-01T00:00:00+14:00"):
        assert refusal("check-books", "--recorded-from", bad) == (
            "--recorded-from takes an instant with an offset, such as 2026-03-31T16:30:00Z"
        )


def test_a_start_and_its_end_are_told_in_whole_and_nothing_else(tmp_path: Path) -> None:
    """The address comes last, once it can be used; SIGTERM and SIGINT end with 0 and our word."""
    for number in (signal.SIGTERM, signal.SIGINT):
        port = free_port()
        log = tmp_path / f"{number}.log"
        server = Server(f"sqlite:///{tmp_path / 'x.db'}", port, log)
        server.wait()
        assert server.stop(number) == 0
        assert log.read_text().splitlines() == [
            f"Tradepost serves on http://127.0.0.1:{port}",
            f"API documentation: http://127.0.0.1:{port}/docs",
            DEMO_LINE,
            "Tradepost has stopped.",
        ]


def test_on_a_terminal_the_log_is_text(tmp_path: Path) -> None:
    """A first start prints three lines and no JSON; a request is one readable line."""
    port = free_port()
    ours, theirs = pty.openpty()
    terminal = os.ttyname(theirs)
    command = Command(["serve", "--port", str(port)], tmp_path, terminal, terminal, TERM="dumb")
    shown = b""
    while b"Demo login" not in shown or not shown.endswith(b"\n"):
        shown += os.read(ours, 4096)
    assert [line.split(" ")[0] for line in shown.decode().splitlines()] == [
        "Tradepost",
        "API",
        "Demo",
    ]
    assert httpx.get(f"http://127.0.0.1:{port}/readyz").status_code == 200
    command.signal(signal.SIGTERM)
    assert command.wait(30) == 0
    rest = os.read(ours, 65536).decode()
    os.close(ours)
    os.close(theirs)
    request, last = rest.splitlines()[0], rest.splitlines()[-1]
    plain = re.sub(r"\x1b\[[0-9;]*m", "", request)
    assert re.match(r"\d\d:\d\d:\d\d \[info +\] request ", plain), plain
    assert "resource=/readyz" in plain
    assert "status=200" in plain
    assert last == "Tradepost has stopped."


def test_the_demo_login_is_announced_where_it_works(tmp_path: Path) -> None:
    """A database with a company of its own gets no demo, and no promise of one."""
    url = f"sqlite:///{tmp_path / 'own.db'}"
    with served(url, tmp_path, "--no-demo") as server:
        company = {"name": "Own", "currency": "GBP", "time_zone": "UTC"}
        httpx.post(f"{server.url}/api/v1/auth/register", json={**OWNER, "company": company})
    with served(url, tmp_path) as server:
        assert login(server, DEMO).status_code == 401
        assert login(server, OWNER).status_code == 200
    log = (tmp_path / "server.log").read_text()
    assert log.count("Tradepost serves on") == 2
    assert "Demo login" not in log


def test_production_takes_no_demo() -> None:
    """Everybody knows its password."""
    assert refusal("demo", **IN_PRODUCTION) == (
        "no demo company in production: its password is public"
    )


def test_the_settings_in_effect_are_printed_redacted(tmp_path: Path) -> None:
    """CF-02: good ones end with 0, what may not serve with its reasons; no secret is shown."""
    key = tmp_path / "key"
    key.write_text("canary-7Yb3Hs6Jd9Fg4Mc1q8Zr2!vTn5Lk", encoding="utf-8")
    good = {**IN_PRODUCTION, "SECRET_KEY_FILE": str(key)}
    for changes, code, last in (
        ({}, 0, "The service can start with these settings (production).\n"),
        (
            {"DEBUG": "true"},
            1,
            "tradepost: DEBUG is on: not fit for production, see .env.example\n",
        ),
    ):
        checked = tradepost("config", "check", **{**good, **changes})
        assert (checked.returncode, checked.stderr) == (code, last)
        lines = dict(line.split("=", 1) for line in checked.stdout.splitlines())
        assert lines["SECRET_KEY"] == lines["METRICS_TOKEN"] == "[redacted]"
        assert lines["SECRET_KEY_FILE"] == str(key)
        assert lines["DATABASE_URL"] == GRANTED.replace("k3v9-Harbour-x71q", "[redacted]")
        assert lines["DEBUG"] == changes.get("DEBUG", "false")
        said = checked.stdout + checked.stderr
        for secret in ("canary", "k3v9", *(good[each] for each in ("SECRET_KEY", "METRICS_TOKEN"))):
            assert secret not in said


def test_every_unsafe_setting_is_named_at_once() -> None:
    """One start is enough to learn all of them, and what each takes."""
    line = refusal("serve", ENVIRONMENT="production", SECRET_KEY="short")
    assert line == (
        "SECRET_KEY is the default, short or trivial; DATABASE_URL is not PostgreSQL; "
        "ALLOWED_HOSTS is empty or has a *; VALKEY_URL is empty, and SINGLE_NODE is not on; "
        "DOCS_ENABLED exposes the documentation publicly; "
        "METRICS_TOKEN is empty, which exposes the metrics publicly: not fit for production, "
        "see .env.example"
    )
    wrong = {"DEBUG": "maybe", "LOG_LEVEL": "LOUD", "DATABASE_URL": "mysql://me:s3cret@db/x"}
    line = refusal("migrate", **wrong)
    assert "DEBUG: Input should be a valid boolean" in line
    assert "LOG_LEVEL: Input should be 'DEBUG', 'INFO', 'WARNING' or 'ERROR'" in line
    assert "DATABASE_URL: write sqlite:///path or postgresql://user:password@host" in line
    assert "s3cret" not in line
    line = refusal("migrate", DATABASE_URL="postgresql://me@db:s3cret/x")
    assert line.startswith("DATABASE_URL: write sqlite:///path or postgresql://")
    assert "s3cret" not in line


def test_a_failed_start_is_one_clear_line(tmp_path: Path) -> None:
    """What an operator gets wrong has a line of its own, exit code 1, and no traceback."""
    url = f"sqlite:///{tmp_path / 'x.db'}"
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        line = refusal("serve", "--port", port, "--database-url", url)
    assert line.startswith(f"cannot listen on 127.0.0.1:{port}")
    assert not (tmp_path / "x.db").exists()
    port = str(free_port())
    away = f"postgresql://nobody:s3cret@127.0.0.1:{port}/none"
    assert refusal("serve", "--port", str(free_port()), "--database-url", away) == (
        f"the database cannot be migrated: no database server answers at 127.0.0.1, port {port}"
    )
    assert refusal("check-books", "--database-url", away) == (
        f"no database server answers at 127.0.0.1, port {port}"
    )
    assert refusal("migrate", "--revision", schema.BASE, "--database-url", away).startswith(
        "the database cannot be migrated: no database server answers"
    )
    assert refusal("serve", SECRET_KEY_FILE="/nonexistent") == (
        "SECRET_KEY_FILE cannot be read: No such file or directory"
    )


def test_a_file_that_is_no_database_is_one_clear_line(tmp_path: Path) -> None:
    """A missing, malformed, misplaced or empty file; and a mistyped name makes none."""
    missing = tmp_path / "typo.db"
    line = refusal("check-books", "--database-url", f"sqlite:///{missing}")
    assert line.startswith(f"there is no database {missing}: check DATABASE_URL")
    assert not missing.exists()
    text = tmp_path / "text.db"
    text.write_text("these are not books, but long enough to look at " * 20, encoding="utf-8")
    line = refusal("check-books", "--database-url", f"sqlite:///{text}")
    assert line == f"{text} cannot be opened: file is not a database"
    line = refusal("serve", "--port", str(free_port()), "--database-url", f"sqlite:///{text}")
    assert line == "the database cannot be migrated: file is not a database"
    inside = f"sqlite:///{text / 'x.db'}"
    line = refusal("serve", "--port", str(free_port()), "--database-url", inside)
    assert line.startswith(f"the database cannot be migrated: {text}")
    line = refusal("migrate", "--database-url", "sqlite:////proc/nope/x.db")
    assert line.startswith("the database cannot be migrated: /proc/nope: ")
    empty = tmp_path / "empty.db"
    empty.touch()
    line = refusal("check-books", "--database-url", f"sqlite:///{empty}")
    assert line == "the database is empty: run `tradepost migrate`"


def test_going_back_on_the_command_line(tmp_path: Path) -> None:
    """Rows stop it, --yes-drop-data does not; a revision above is a way up; the check looks."""
    file = tmp_path / "back.db"
    url = ("--database-url", f"sqlite:///{file}")
    assert tradepost("demo", *url).returncode == 0
    assert refusal("migrate", "--revision", "9999", *url).startswith(
        f"there is no revision 9999; there are {', '.join(schema.revisions()[:2])},"
    )
    earlier, purchasing = before("sales"), before("purchasing")
    assert refusal("migrate", "--revision", earlier, *url) == (
        f"going back to {earlier} would delete every row of return_lines, returned_so_far, "
        "returns, sale_lines, sales: nothing was changed; back up first, then use --yes-drop-data"
    )
    assert tradepost("migrate", "--check", *url).stdout == (
        "tables and migrations agree\ntables and database agree\n"
    )
    gone = tradepost("migrate", "--revision", purchasing, "--yes-drop-data", *url)
    assert (gone.returncode, gone.stdout) == (0, f"at revision {purchasing}\n")
    up = tradepost("migrate", "--revision", earlier, *url)
    assert (up.returncode, up.stdout) == (0, f"at revision {earlier}\n")
    assert f"at revision {earlier}, this release needs {schema.head()}" in refusal(
        "migrate", "--check", *url
    )
    assert tradepost("migrate", *url).stdout == f"at revision {schema.head()}\n"
    checked = tradepost("check-books", *url)
    assert checked.returncode == 1
    assert re.search(r"entries_have_documents +BROKEN \d+: ", checked.stdout)
    assert re.search(r"moves_have_documents +BROKEN \d+: ", checked.stdout)


def test_after_a_leak_keys_are_replaced_and_everybody_signs_in_again(tmp_path: Path) -> None:
    """A new SECRET_KEY alone is refused in a line; replace-keys makes it good and ends sessions."""
    url = f"sqlite:///{tmp_path / 'leak.db'}"
    with served(url, tmp_path) as server:
        tokens = login(server, DEMO).json()
        old_keys = httpx.get(f"{server.url}/.well-known/jwks.json").json()["keys"]
    fresh = {"SECRET_KEY": "a-fresh-secret-after-the-leak-0123456789", "DATABASE_URL": url}
    line = refusal("serve", "--port", str(free_port()), **fresh)
    assert line.startswith("SECRET_KEY does not open the signing keys in the database")
    assert refusal("replace-keys", **fresh).startswith(
        "this ends every session: confirm with --yes"
    )
    done = tradepost("replace-keys", "--yes", **fresh)
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"A new signing key is in place; [23] sessions were ended\.\n", done.stdout)
    with served(url, tmp_path, SECRET_KEY=fresh["SECRET_KEY"]) as server:
        new_keys = httpx.get(f"{server.url}/.well-known/jwks.json").json()["keys"]
        assert len(new_keys) == 1
        assert new_keys[0]["kid"] not in {key["kid"] for key in old_keys}
        api = f"{server.url}/api/v1"
        headers = {"Authorization": f"Bearer {tokens['access_token']}"}
        assert httpx.get(f"{api}/auth/me", headers=headers).status_code == 401
        refresh = {"refresh_token": tokens["refresh_token"]}
        assert httpx.post(f"{api}/auth/refresh", json=refresh).status_code == 401
        assert httpx.post(f"{api}/auth/login", json=DEMO).status_code == 200


def test_who_lost_every_factor_is_let_in_again(tmp_path: Path) -> None:
    """By the operator of the service, who has to confirm it."""
    url = f"sqlite:///{tmp_path / 'lost.db'}"
    migrate.upgrade(url)
    assert tradepost("demo", "--database-url", url).returncode == 0
    asked = refusal("reset-mfa", DEMO["email"], "--database-url", url)
    assert asked.startswith("the password alone then opens the account")
    unknown = refusal("reset-mfa", "nobody@example.com", "--yes", "--database-url", url)
    assert unknown == "no member of a company has this address"
    done = tradepost("reset-mfa", DEMO["email"], "--yes", "--database-url", url)
    assert re.fullmatch(
        r"The second factors were removed; \d+ sessions were ended\.\n", done.stdout
    )


def test_the_command_is_called_tradepost() -> None:
    """The way the scripts start it."""
    command = [sys.executable, "-m", "app.cli", "migrate", "--help"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "Usage: tradepost migrate" in done.stdout


@pytest.mark.parametrize("revision", ["head", schema.head()])
def test_migrating_twice_changes_nothing(tmp_path: Path, revision: str) -> None:
    url = f"sqlite:///{tmp_path / 'twice.db'}"
    migrate.upgrade(url)
    done = tradepost("migrate", "--revision", revision, "--database-url", url)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"at revision {schema.head()}\n", "")
