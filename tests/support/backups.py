"""The commands that back up and restore, with the client programs of the server at hand."""

import os
import stat
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from app.infrastructure.db import schema
from tests.support.command import Done, refusal, tradepost

HEAD = schema.head()
SOUND = "the books of every company are sound\n"


def tools(url: str) -> dict[str, str]:
    """The environment of a command that finds the programs of the server behind ``url``."""
    if url.startswith("sqlite"):
        return {}
    folder = parse_qs(urlsplit(url).query)["host"][0]
    return {"PATH": f"{folder}/binaries:{os.environ['PATH']}"}


def run(command: str, file: Path, url: str, *options: str) -> Done:
    """Back up or restore."""
    return tradepost(command, str(file), "--database-url", url, *options, **tools(url))


def refused(command: str, file: Path, url: str, *options: str) -> str:
    """Why that is refused."""
    return refusal(command, str(file), "--database-url", url, *options, **tools(url))


def assert_made(made: Done, file: Path) -> None:
    """The backup is one file for its owner only, and nothing else was left."""
    assert (made.returncode, made.stderr) == (0, "")
    line = f"{file}: {file.stat().st_size} bytes, revision {HEAD}\n"
    assert made.stdout.removeprefix(SOUND) == line
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(file.parent.glob(f"{file.name}*")) == [file]
