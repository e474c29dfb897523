"""Backup and restore of PostgreSQL: who may, what everybody sees of it, and where it breaks off."""

import asyncio
import os
import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import psycopg
import pytest

from app.infrastructure.db import migrate, schema
from app.infrastructure.identity.companies.all_companies import companies
from app.main import create_app
from tests.conftest import settings_for
from tests.support import pg
from tests.support.backups import HEAD, SOUND, assert_made, refused, run, tools
from tests.support.command import Done, refusal, tradepost
from tests.support.company import register_company


class Logins:
    """Logins on the shared server that own a database each, and nothing else."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def new(self) -> str:
        """The address of the database of a new one, with a password that the server never asks."""
        name = f"owner_{uuid.uuid4().hex[:12]}"
        self.names.append(name)
        self.run(f"CREATE ROLE {name} LOGIN IN ROLE tradepost_app")
        self.run(f"CREATE DATABASE {name} OWNER {name}")
        return pg.url(name, user=f"{name}:s3%2Bcr%3At")

    def run(self, statement: str) -> None:
        """Run a statement as an administrator."""
        with psycopg.connect(pg.url(), autocommit=True) as admin:
            admin.execute(statement)


@pytest.fixture
def logins(postgres_template: str) -> Iterator[Logins]:
    """Makes them; the restricted role is there."""
    del postgres_template
    made = Logins()
    yield made
    for name in made.names:
        pg.drop_database(name)
        made.run(f"DROP ROLE {name}")


def companies_in(url: str, *, and_new: int = 0) -> int:
    """How many companies the service sees, when so many have signed up."""

    async def look() -> int:
        app = create_app(settings_for(url))
        async with app.router.lifespan_context(app):
            for _ in range(and_new):
                async with register_company(app):
                    pass
            return len(await companies(app.state.container.database))

    return asyncio.run(look())


def test_row_security_does_not_thin_out_a_dump(logins: Logins, tmp_path: Path) -> None:
    """RL-14: forced row security hides every row from an ordinary owner: said, not dumped.

    The owner of another database, who is as ordinary, restores the dump and serves from it.
    """
    url, other, file = logins.new(), logins.new(), tmp_path / "dump"
    migrate.upgrade(url)
    assert companies_in(url, and_new=1) == 1
    name = pg.database_of(url)
    grant = f'ALTER ROLE "{name}" BYPASSRLS;'
    assert refused("backup", file, url) == (
        f'row security hides the rows of companies from the login "{name}": '
        f"an administrator has to run: {grant}"
    )
    assert not file.exists()
    logins.run(grant)
    assert_made(run("backup", file, url), file)
    done = run("restore", file, other)
    assert done == Done(0, f"restored {file}: revision {HEAD}\n{SOUND}", "")
    again = run("restore", file, other, "--replace")
    assert again == Done(0, f"restored {file}: revision {HEAD}\n{SOUND}", "")
    assert companies_in(other) == 1


# Notes its arguments and the password file that they name, then is the real program.
RECORDER = """#!/usr/bin/env bash
for each in "$0" "$@"; do
  echo "$each" >>"{log}"
  case "$each" in
    *passfile=*) file=${{each##*passfile=}}; cat "$(printf '%b' "${{file//%/\\\\x}}")" >>"{seen}" ;;
  esac
done
exec "{binaries}/$(basename "$0")" "$@"
"""


def test_no_password_stands_on_a_command_line(logins: Logins, tmp_path: Path) -> None:
    """Everybody on the machine may read the list of processes: a file for the owner holds it."""
    url, file, tooling = logins.new(), tmp_path / "dump", tmp_path / "tools"
    tooling.mkdir()
    binaries = tools(url)["PATH"].partition(":")[0]
    log, seen = tmp_path / "log", tmp_path / "seen"
    for name in ("pg_dump", "pg_restore", "psql"):
        script = tooling / name
        script.write_text(RECORDER.format(log=log, seen=seen, binaries=binaries))
        script.chmod(0o755)
    path = f"{tooling}:{os.environ['PATH']}"
    migrate.upgrade(url)
    logins.run(f"ALTER ROLE {pg.database_of(url)} BYPASSRLS")
    for command, *options in (("backup",), ("restore", "--replace")):
        done = tradepost(command, str(file), "--database-url", url, *options, PATH=path)
        assert (done.returncode, done.stderr) == (0, "")
    said = log.read_text()
    assert {"pg_dump", "pg_restore", "psql"} <= {line.split("/")[-1] for line in said.split()}
    assert not re.search("s3(%2B|\\+)cr", said)
    assert seen.read_text() == "*:*:*:*:s3+cr\\:t\n" * 2
    assert not any(Path(line).exists() for line in re.findall(r"passfile=(\S+)", unquote(said)))


def test_without_the_client_programs_nothing_happens(logins: Logins, tmp_path: Path) -> None:
    """What is missing, and where it comes from; and a server that is away is not a crash."""
    url, file = logins.new(), tmp_path / "dump"
    line = refusal("backup", str(file), "--database-url", url, PATH=str(tmp_path))
    assert line == "pg_dump is missing: install the client programs of PostgreSQL"
    away = "postgresql://me@127.0.0.1:1/x"
    assert refusal("backup", str(file), "--database-url", away, **tools(url)) == (
        "the database cannot be backed up: no database server answers at 127.0.0.1, port 1"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_restore_that_breaks_off_changes_nothing(logins: Logins, tmp_path: Path) -> None:
    """RL-14: half of the dump arrives, in an empty database and in the place of another."""
    url, other, file = logins.new(), logins.new(), tmp_path / "dump"
    migrate.upgrade(url)
    logins.run(f"ALTER ROLE {pg.database_of(url)} BYPASSRLS")
    assert_made(run("backup", file, url), file)
    (tmp_path / "tools").mkdir()
    script = tmp_path / "tools" / "pg_restore"
    real = f"{tools(url)['PATH'].partition(':')[0]}/pg_restore"
    script.write_text(HALF.format(real=real))
    script.chmod(0o755)
    path = f"{script.parent}:{tools(url)['PATH']}"
    for target, *options in ((other,), (url, "--replace")):
        before = tables(target)
        line = refusal("restore", str(file), "--database-url", target, *options, PATH=path)
        assert line == "nothing was restored: pg_restore: error: the disk cannot be read"
        assert tables(target) == before
    assert tables(other) == 0 < tables(url)
    assert schema.current(url) == HEAD


# Looks as the real program does, and ends between two statements of what it should pour out.
HALF = """#!/usr/bin/env bash
case "$*" in *--exit-on-error*) ;; *) exec "{real}" "$@" ;; esac
"{real}" "$@" | sed '/^CREATE TABLE public.sales /,$d'
echo "pg_restore: error: the disk cannot be read" >&2
exit 1
"""


def tables(url: str) -> int:
    """How many tables there are."""
    with psycopg.connect(url) as connection:
        found = connection.execute(
            "SELECT count(*) FROM pg_tables WHERE schemaname IN ('public', 'platform')"
        ).fetchone()
    assert found is not None
    return int(found[0])
