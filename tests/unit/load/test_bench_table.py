"""The benchmark's table: ratios are taken within a round, and a shortfall is named."""

import asyncio
import json
import os
from pathlib import Path

import pytest

from load import bench
from load.measure.client import Answers, read_answer, request
from load.measure.counts import Counted
from load.measure.machine import cpu_seconds
from load.measure.table import Table


def measured() -> Table:
    """A limit of 100 µs, then of 200 µs while the machine is slow; a line of twice that."""
    table = Table()
    for cost in (100e-6, 200e-6, 100e-6):
        table.line("limit").add(cost * 50, 50, Answers(wall=1.0))
        answers = Answers({201: 50}, [0.001] * 49 + [0.1], wall=0.5)
        table.line("ours", "limit", least=0.6).add(cost * 2 * 50, 50, answers)
    return table


def test_a_ratio_is_the_median_of_its_rounds() -> None:
    table = measured()
    assert table.ratio(table.lines["ours"]) == pytest.approx(0.5)
    assert table.ratio(table.lines["limit"]) is None
    assert table.lines["ours"].percentile(0.5) == pytest.approx(1.0)
    assert table.lines["ours"].percentile(0.99) == pytest.approx(100.0)


def test_a_shortfall_is_named_unless_the_margin_covers_it() -> None:
    table = measured()
    assert table.missed() == ["ours: 0.50, at least 0.60"]
    assert table.lost(0.8) == []
    assert table.lost(0.9) == ["ours: 0.50, at least 0.54"]
    table.line("unmeasured", "another limit", least=1.0)
    assert table.lost(0.8) == ["unmeasured: not measured, at least 0.80"]


def test_what_is_not_reached_yet_is_held() -> None:
    """Far from its target, a line may not fall below what it had."""
    table = measured()
    table.lines["ours"].least, table.lines["ours"].held = 2.0, 0.7
    assert table.missed() == ["ours: 0.50, at least 2.00"]
    assert table.lost(0.7) == []
    assert table.lost(0.8) == ["ours: 0.50, at least 0.56"]


def test_a_wrong_count_has_no_margin() -> None:
    table = Table()
    table.count("a sale", Counted(4, 1, 0), Counted(4, 1, 0))
    assert table.lost(0.1) == []
    table.count("a batch", Counted(5, 1, 0), Counted(4, 1, 0))
    assert table.lost(0.1) == [
        "a batch: 5 round trips, 1 writes, 0 plans, not 4 round trips, 1 writes, 0 plans"
    ]
    assert "- a batch: 5 round trips, 1 writes, 0 plans" in table.text()


def test_the_table_is_written_as_markdown_and_json(tmp_path: Path) -> None:
    table = measured()
    table.facts["machine"] = "two cores"
    assert "| ours | 200 | 0.50 | 0.60 | 100 | 1.0 | 1.0 | 100.0 |" in table.text()
    assert "| limit | 100 |  |  | 50 |  |  |  |" in table.text()
    table.write(tmp_path / "figures.json")
    written = json.loads((tmp_path / "figures.json").read_text())
    assert written["facts"] == {"machine": "two cores"}
    assert [line["ratio"] for line in written["lines"]] == [None, pytest.approx(0.5)]


def test_other_statuses_than_meant_are_not_measured() -> None:
    Answers({201: 3}).check(201)
    with pytest.raises(RuntimeError, match="409"):
        Answers({201: 3, 409: 1}).check(201)


async def test_an_answer_is_read_to_its_end_and_no_further() -> None:
    reader = asyncio.StreamReader()
    reader.feed_data(
        b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}HTTP/1.1 204 None\r\n\r\n"
    )
    assert await read_answer(reader) == (201, b"{}")
    assert await read_answer(reader) == (204, b"")
    assert request("POST", "/x", "token", b"{}", "key") == (
        b"POST /x HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer token\r\n"
        b"idempotency-key: key\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"
    )


def test_the_cpu_of_a_process_grows_while_it_works() -> None:
    before = cpu_seconds(os.getpid())
    while cpu_seconds(os.getpid()) - before < 0.05:
        sum(range(100_000))
    assert cpu_seconds(os.getpid(), 2**30) >= before + 0.05


def test_what_seems_lost_is_measured_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what falls short both times is lost."""

    def table(**ratios: float) -> Table:
        made = Table()
        for name, ratio in ratios.items():
            made.line(f"limit of {name}").add(1.0, 1, Answers(wall=1.0))
            ours = made.line(name, f"limit of {name}", least=1.0)
            ours.add(1.0 / ratio, 1, Answers(wall=1.0))
        return made

    monkeypatch.setattr(bench, "measure", lambda size: table(a=0.5, b=0.9, c=0.5))
    assert bench._lost_twice(table(a=0.4, b=0.4, c=0.9)) == ["a: 0.50, at least 0.70"]
    monkeypatch.setattr(bench, "measure", lambda size: pytest.fail("measured again"))
    assert bench._lost_twice(table(a=0.8)) == []
