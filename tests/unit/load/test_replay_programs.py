"""The two programs as they are started, and the control totals of the real file."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from load.control_totals import control_totals
from load.replay import cli, progress
from load.replay.client import ReplayFailed
from load.replay.codes import bucket_of
from load.replay.control import ControlTotals
from load.replay.matching import SoldLines
from load.replay.reading import Return, Sale, read_file
from tests.unit.load.retail_file import TEXT

ROOT = Path(__file__).resolve().parents[3]
REAL_FILES = sorted((ROOT.parent / "shared/data/online-retail").glob("transactions_2010-12_*.gz"))


def run(program: str, *arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "load" / program), *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_control_totals_by_hand() -> None:
    totals = control_totals(TEXT.splitlines())
    december = totals["months"]["2010-12"]
    assert december["positive_goods"] == "64.50"
    assert december["positive_services"] == {"DOT": "0.00", "M": "10.00", "POST": "18.00"}
    assert december["returned_goods"] == "-26.29"
    assert december["returned_services"] == {"BANK CHARGES": "-15.00", "D": "-4.50"}
    january = totals["months"]["2011-01"]
    assert january["bad_debts"] == "-20.06"
    assert january["positive_services"] == {"GIFT_0001_10": "8.33"}
    # PADS at 0.001 is nothing once rounded.
    assert (january["positive"], january["before_rounding"]["positive"]) == ("31.23", "31.231")
    assert totals["all"]["rows"] == 23
    assert totals["all"]["file"] == "58.86"


def test_the_real_file_has_the_published_totals() -> None:
    """S4-13: the figures of the issue; the file is large and need not lie beside a checkout."""
    for file in REAL_FILES:
        done = run("control_totals.py", str(file), folder=ROOT)
        totals = json.loads(done.stdout)
        whole, december = totals["all"], totals["months"]["2010-12"]
        exact = whole["before_rounding"]
        assert exact["positive"] == "6293764.002"
        assert exact["cancelled"] == whole["cancelled"] == "-520770.56"
        assert whole["returned_goods"] == "-218550.04"
        assert whole["bad_debts"] == "-11062.06"
        assert exact["file"] == "5761931.382"
        assert (december["positive"], december["cancelled"]) == ("823746.14", "-74789.12")
        assert whole["rows"] == 320705


def test_the_real_file_is_read_as_the_data_notes_describe_it() -> None:
    for file in REAL_FILES:
        book = read_file(file)
        booked = matched = returned = 0
        sold = SoldLines()
        for document in book.documents:
            if isinstance(document, Sale):
                sold.sell(document)
            if isinstance(document, Sale | Return):
                booked += len(document.lines)
            else:
                booked += 1
            if isinstance(document, Return):
                goods = [line for line in document.lines if bucket_of(line.code) == "goods"]
                returned += len(goods)
                matched += sum(bool(line.invoice) for line in sold.take_back(document))
        assert booked + len(book.listed) == book.rows == 320705
        assert [row.code for row in book.listed] == [
            "POST", "DOT", "DOT", "POST", "GIFT_0001_20", "GIFT_0001_30", "GIFT_0001_10",
        ]  # fmt: skip
        assert returned == 5454
        assert 4300 < matched < 4600


def test_the_control_program_prints_json_and_shares_no_code(tmp_path: Path) -> None:
    file = tmp_path / "sales.csv"
    file.write_text(TEXT, newline="")
    done = run("control_totals.py", "sales.csv", folder=tmp_path)
    assert json.loads(done.stdout) == control_totals(TEXT.splitlines())
    assert run("control_totals.py", folder=tmp_path).returncode == 2
    source = (ROOT / "load/control_totals.py").read_text()
    imports = [line for line in source.splitlines() if line.startswith(("import", "from"))]
    assert imports
    assert not any("load" in line.split()[1] or "app" in line.split()[1] for line in imports)
    control = ControlTotals(file)
    assert control.month("2010-12") == json.loads(done.stdout)["months"]["2010-12"]
    assert control.month("2011-02") == {}
    control.close()
    ControlTotals(file).close()
    with pytest.raises(ReplayFailed, match=r"control_totals\.py ended with 1"):
        ControlTotals(tmp_path / "missing.csv").month("2010-12")


def test_the_replay_starts_from_any_folder_and_says_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "good.csv").write_text(TEXT, newline="")
    (tmp_path / "bad.csv").write_text("a,b\n")
    bad = run("replay_year.py", "bad.csv", folder=tmp_path)
    assert (bad.returncode, bad.stdout) == (2, "")
    assert bad.stderr.startswith("not a file that can be replayed: ")
    away = run(
        "replay_year.py", "good.csv", "--base-url", "http://127.0.0.1:9", "--patience", "0",
        folder=tmp_path,
    )  # fmt: skip
    assert (away.returncode, away.stdout) == (1, "")
    assert away.stderr.splitlines()[0] == "sign in: 0 of 15"
    assert away.stderr.splitlines()[1].startswith("FAILED: POST /auth/register: gave up after 0 s")
    assert len(away.stderr.splitlines()) == 2


@pytest.mark.parametrize("month", ["2010", "2010-13", "december"])
def test_a_month_that_is_none_is_refused(month: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        cli.main(["file.csv", "--until", month])
    assert exit_.value.code == 2
    assert "a month is written YYYY-MM" in capsys.readouterr().err


def test_progress_is_plain_lines_without_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = [100.0]
    monkeypatch.setattr("load.replay.progress.time.monotonic", lambda: now[0])
    with progress.Bar(10, sys.stderr) as bar:
        bar.phase("2010-12 trade")
        bar.advance(3)
        now[0] += 5
        bar.advance(3)
    assert capsys.readouterr().err == "2010-12 trade: 0 of 10\n2010-12 trade: 6 of 10\n"


def test_progress_is_a_bar_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with progress.Bar(10, sys.stderr) as bar:
        bar.phase("2010-12 trade")
        bar.advance(4)
    shown = capsys.readouterr().err
    assert "2010-12 trade" in shown
    assert "4/10" in shown
