"""The command line of the replay."""

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import orjson

from load.replay.client import Account, Api, ReplayFailed, connect
from load.replay.control import ControlTotals
from load.replay.progress import Bar
from load.replay.reading import BadFile, Book, month_of, read_file
from load.replay.run import Outlets, Replay
from load.replay.timing import Timing

FAILED: Final = 1
MISUSED: Final = 2
_BASE_URL: Final = "http://127.0.0.1:8000"


def main(arguments: Sequence[str] | None = None) -> int:
    """Replays the file; 0 if every month agrees, 1 if something failed, 2 for wrong usage."""
    options = _parser().parse_args(arguments)
    try:
        book = read_file(options.file)
    except BadFile as error:
        print(f"not a file that can be replayed: {error}", file=sys.stderr)
        return MISUSED
    try:
        timing = _replay(book, options)
    except ReplayFailed as error:
        print(f"FAILED: {error}", file=sys.stderr)
        return FAILED
    print(timing.as_text(), file=sys.stderr)
    if options.json is not None:
        options.json.write_bytes(orjson.dumps(timing.as_json(), option=orjson.OPT_INDENT_2))
    return 0


def _replay(book: Book, options: argparse.Namespace) -> Timing:
    documents = sum(
        not options.until or month_of(document) <= options.until for document in book.documents
    )
    control = ControlTotals(options.file)
    try:
        with connect(*options.base_url or [_BASE_URL]) as http, Bar(documents) as bar:
            api = Api(http, _account(book, options), patience_seconds=options.patience)
            outlets = Outlets(_print, bar, options.statements)
            return Replay(book, api, control, outlets).run(options.until or "")
    finally:
        control.close()


def _account(book: Book, options: argparse.Namespace) -> Account:
    """By default one company per file: replaying the same file uses the same company again."""
    return Account(
        options.email or f"replay-{book.digest[:12]}@example.com",
        options.password or f"Replay-{book.digest[12:36]}",
    )


def _print(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="replay_year.py",
        description="Replays a retail file through the API of a running Tradepost, month by month, "
        "and prints each month's statement. It can be stopped and started again at any moment.",
    )
    parser.add_argument("file", type=Path, help="the transactions, .csv or .csv.gz")
    parser.add_argument(
        "--base-url",
        action="append",
        help=f"default: {_BASE_URL}; named again, the processes of one service are asked in turn",
    )
    parser.add_argument("--until", type=_month, help="the last month, YYYY-MM")
    parser.add_argument("--email", default="", help="default: made from the content of the file")
    parser.add_argument("--password", default="", help="default: made from the content of the file")
    parser.add_argument("--statements", type=Path, help="a folder for the statements")
    parser.add_argument("--json", type=Path, help="a file for the times")
    parser.add_argument(
        "--patience",
        type=float,
        default=120.0,
        help="seconds to go on trying while the service is away or busy (default 120)",
    )
    return parser


def _month(text: str) -> str:
    if re.fullmatch(r"[0-9]{4}-(0[1-9]|1[0-2])", text, re.ASCII) is None:
        raise argparse.ArgumentTypeError("a month is written YYYY-MM")
    return text
