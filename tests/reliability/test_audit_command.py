"""`tradepost audit`, as a process: seal, publish the heads, verify, and find what was cut off."""

import asyncio
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from app.main import create_app
from tests.conftest import settings_for
from tests.support.command import refusal, tradepost
from tests.support.company import register_company

_LAST = "WHERE id = (SELECT max(id) FROM audit_entries)"


async def _sign_up(url: str) -> None:
    app = create_app(settings_for(url))
    async with app.router.lifespan_context(app), register_company(app):
        pass


def aged(file: Path) -> None:
    """Make every entry two minutes older than it is: the command seals none that is younger."""
    with closing(sqlite3.connect(file)) as opened, opened:
        opened.execute("DROP TRIGGER audit_entries_no_update")
        for old, at in opened.execute("SELECT id, recorded_at FROM audit_entries").fetchall():
            ms = int.from_bytes(old[:6], "big") - 120_000
            opened.execute(
                "UPDATE audit_entries SET id = ?, recorded_at = ? WHERE id = ?",
                (ms.to_bytes(6, "big") + old[6:], at - 120_000_000, old),
            )


def test_the_chain_on_the_command_line(tmp_path: Path, sqlite_template: Path) -> None:
    """AU-02, RL-01: exit codes and lines that an operator's job can keep and ask about."""
    file = tmp_path / "books.db"
    shutil.copy(sqlite_template, file)
    asyncio.run(_sign_up(f"sqlite:///{file}"))
    url = ("--database-url", f"sqlite:///{file}")
    aged(file)
    assert tradepost("audit", "seal", *url).stdout == "1 seals were created\n"
    [line] = tradepost("audit", "heads", *url).stdout.splitlines()
    company, sequence, head, at = line.split(" ")
    assert (company[:4], sequence, len(head), at[-1]) == ("cmp_", "1", 64, "Z")
    asked = ("--company", company, "--head", head, *url)
    sound = tradepost("audit", "verify", *asked)
    assert (sound.returncode, sound.stderr) == (0, "")
    assert sound.stdout == (
        f"{company} Test Trading: ok, 2 entries sealed, 0 not yet, head 1 {head}\n"
    )
    with closing(sqlite3.connect(file)) as opened, opened:
        opened.execute(f"UPDATE audit_entries SET action = 'x' {_LAST}")
    for command in (("audit", "verify", *asked), ("check-books", *url)):
        broken = tradepost(*command)
        assert broken.returncode == 1
        assert "BROKEN: entry_changed at seal 1, place 2, aud_" in broken.stdout
    assert tradepost("audit", "verify", "--from", "2", *url).returncode == 0
    with closing(sqlite3.connect(file)) as opened, opened:
        for table in ("audit_entries", "audit_seals"):
            opened.execute(f"DROP TRIGGER {table}_no_delete")
            opened.execute(f"DELETE FROM {table}")
    nothing = tradepost("audit", "verify", *url)
    assert (nothing.returncode, nothing.stdout.count("no seal yet")) == (0, 2)
    cut = tradepost("audit", "verify", *asked)
    assert (cut.returncode, "the head is not in the chain" in cut.stdout) == (1, True)


def test_what_is_no_head_and_no_company_is_one_clear_line(sqlite_template: Path) -> None:
    url = ("--database-url", f"sqlite:///{sqlite_template}")
    nobody = "cmp_01JZ8B6Q0G3V5W7X9YABCDEFGH"
    head = "--head takes 64 hexadecimal digits, and --company whose chain it is of"
    assert refusal("audit", "verify", "--head", "ab", "--company", nobody, *url) == head
    assert refusal("audit", "verify", "--head", "ab" * 32, *url) == head
    wrong = f"--company takes an id such as {nobody}"
    assert refusal("audit", "heads", "--company", "prd_1", *url) == wrong
    assert refusal("audit", "seal", "--company", nobody, *url) == "there is no such company"
