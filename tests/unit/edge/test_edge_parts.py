"""Small parts of the edge by themselves: redaction, buckets, addresses, the catalogue."""

import io
import json
import logging
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from app.api.locales import Catalogue, CatalogueBroken
from app.api.middleware.client import ClientAddress
from app.application.shared.rate_limit import Budget
from app.infrastructure.observability.logging import REDACTED, configure_logging, redact
from app.infrastructure.rate_limit.memory import MemoryRateLimiter
from tests.api.edge.support import captured_log

JWT = "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ1c3JfMSJ9.c2lnbmF0dXJl"


@pytest.fixture
def log() -> Iterator[io.BytesIO]:
    with captured_log() as buffer:
        yield buffer


# --- redaction -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mail to anna.b+c@mail.example.co.uk now", f"mail to {REDACTED} now"),
        (f"token {JWT} used", f"token {REDACTED} used"),
        ("Authorization: Bearer abcDEF123456", f"Authorization: Bearer {REDACTED}"),
        ("card 4111 1111 1111 1111 paid", f"card {REDACTED} paid"),
        ("card 4111-1111-1111-1111", f"card {REDACTED}"),
        ("5500005555555559", REDACTED),
        ("postgresql://app:s3cret@db/x", f"postgresql://app:{REDACTED}@db/x"),
        ("password=hunter2 next", f"password={REDACTED} next"),
        ("{'secret': 'abc'}", f"{{'secret': '{REDACTED}'}}"),
        ("order 4111111111111112 is no card", "order 4111111111111112 is no card"),
        ("invoice 536365, 12.50 GBP", "invoice 536365, 12.50 GBP"),
        ("sal_01J8Z3K4M5N6P7Q8R9S0T1V2W3", "sal_01J8Z3K4M5N6P7Q8R9S0T1V2W3"),
        ("nothing to hide", "nothing to hide"),
        ("", ""),
    ],
)
def test_secrets_are_known_by_their_form(text: str, expected: str) -> None:
    """S0-22."""
    assert redact(text) == expected


def test_no_secret_reaches_a_line(log: io.BytesIO) -> None:
    """S0-22: the scan of the log, over keys, nested values, exceptions and libraries."""
    logger = structlog.get_logger("app.test")
    secrets = ["hunter2", "anna@example.com", JWT, "4111 1111 1111 1111", "s3cretvalue"]
    logger.info("login of anna@example.com", password="hunter2", Authorization="hunter2")
    logger.bind(api_key="s3cretvalue").warning("x", nested={"refresh_token": "hunter2", "a": [JWT]})
    logger.info("many", values=("4111 1111 1111 1111", {"anna@example.com": 1}))
    logger.info("object", value=Path("/x/anna@example.com"), other={"deep": {"cookie": "hunter2"}})

    def fail() -> None:
        raise RuntimeError(f"failed for anna@example.com with {JWT} and password=hunter2")

    try:
        fail()
    except RuntimeError:
        logger.exception("crashed")
        logging.getLogger("library").exception("crashed too for %s", "anna@example.com")
    logging.getLogger("uvicorn.error").info("header Authorization: Bearer s3cretvalue")
    text = log.getvalue().decode()
    assert text.count("\n") == 7
    for secret in secrets:
        assert secret not in text
    assert all(orjson.loads(line)["message"] for line in text.splitlines())


def test_a_line_stays_one_line(log: io.BytesIO) -> None:
    """AU-04: CR, LF and other separators in values cannot forge a line."""
    forged = 'x\r\n{"level":"critical","message":"forged"}\x0b\x0c\x85'
    structlog.get_logger(forged).info(forged, key=forged)
    logging.getLogger("library").warning(forged)
    assert log.getvalue().count(b"\n") == 2
    assert b"\r" not in log.getvalue()
    assert orjson.loads(log.getvalue().splitlines()[0])["key"] == forged


def test_a_line_says_where_it_was_logged(log: io.BytesIO) -> None:
    """S4-10: module, function, line; for our loggers and the standard library's."""

    def somewhere() -> None:
        structlog.get_logger("app.test").info("ours")
        logging.getLogger("library").info("theirs")

    somewhere()
    ours, theirs = (orjson.loads(line) for line in log.getvalue().splitlines())
    assert (ours["module"], ours["function"]) == ("test_edge_parts", "somewhere")
    assert (theirs["module"], theirs["function"]) == ("test_edge_parts", "somewhere")
    assert theirs["line"] == ours["line"] + 1
    assert (ours["logger"], theirs["logger"]) == ("app.test", "library")


@pytest.mark.parametrize(
    ("level", "expected"),
    [("DEBUG", "diwece"), ("info", "iwece"), ("WARNING", "wece"), ("CRITICAL", "c")],
)
def test_the_level_is_a_setting(log: io.BytesIO, level: str, expected: str) -> None:
    """S0-46."""
    buffer = io.BytesIO()
    configure_logging(level=level, stream=io.TextIOWrapper(buffer, write_through=True))
    logger = structlog.get_logger("app.test")
    for write in (logger.debug, logger.info, logger.warning, logger.error, logger.critical):
        write("x")
    logger.exception("without one")
    lines = buffer.getvalue().splitlines()
    assert "".join(orjson.loads(line)["level"][0] for line in lines) == expected


def test_uvicorns_access_log_is_off_and_its_errors_are_ours(log: io.BytesIO) -> None:
    logging.getLogger("uvicorn.access").info("GET /?token=abc")
    logging.getLogger("httpx").info("HTTP Request: GET http://x/?token=abc")
    logging.getLogger("uvicorn.error").error("bad")
    assert [orjson.loads(line)["logger"] for line in log.getvalue().splitlines()] == [
        "uvicorn.error"
    ]


def test_threads_do_not_mix_their_lines(log: io.BytesIO) -> None:
    def work(name: str) -> None:
        for _ in range(50):
            structlog.get_logger("app.test").info("x" * 500, name=name)

    threads = [threading.Thread(target=work, args=(f"t{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([orjson.loads(line) for line in log.getvalue().splitlines()]) == 200


def test_a_stream_of_text_alone_will_do(log: io.BytesIO) -> None:
    stream = io.StringIO()
    configure_logging(stream=stream)
    structlog.get_logger("app.test").info("ü")
    assert json.loads(stream.getvalue())["message"] == "ü"


# --- token buckets -------------------------------------------------------------------------------


class Bucket:
    """The textbook token bucket, with fractions, as the thing to agree with."""

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.tokens = float(budget.burst)
        self.at = 0.0

    def take(self, now: float) -> bool:
        gained = (now - self.at) * self.budget.tokens / self.budget.seconds
        self.tokens = min(float(self.budget.burst), self.tokens + gained)
        self.at = now
        if self.tokens < 1 - 1e-9:
            return False
        self.tokens -= 1
        return True


@given(
    st.sampled_from([Budget(30, 60, 60), Budget(1, 1, 1), Budget(60, 60, 5), Budget(10, 1, 3)]),
    st.lists(st.integers(0, 40), max_size=120),
)
async def test_the_limiter_is_a_token_bucket(budget: Budget, gaps: list[int]) -> None:
    """S0-23: agrees with the textbook at every step, in tenths of a second."""
    now = [0]
    limiter = MemoryRateLimiter(now_ns=lambda: now[0] * 100_000_000)
    bucket = Bucket(budget)
    for gap in gaps:
        now[0] += gap
        verdict = await limiter.take("key", budget)
        assert verdict.allowed is bucket.take(now[0] / 10)
        assert verdict.remaining == (int(bucket.tokens + 1e-9) if verdict.allowed else 0)
        assert (verdict.retry_after_seconds > 0) is not verdict.allowed


async def test_keys_do_not_share_and_memory_is_bounded() -> None:
    now = [0]
    limiter = MemoryRateLimiter(now_ns=lambda: now[0], keys_max=100)
    budget = Budget(1, 60, 1)
    for number in range(1_000):
        assert (await limiter.take(f"key{number}", budget)).allowed
        assert len(limiter) <= 100
    assert not (await limiter.take("key999", budget)).allowed
    now[0] += 60 * 1_000_000_000
    assert (await limiter.take("key999", budget)).allowed
    for number in range(80):
        await limiter.take(f"later{number}", budget)
    assert not (await limiter.take("key999", budget)).allowed, "full buckets are dropped first"


# --- addresses -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        (("203.0.113.9", 1), [b"1.1.1.1"], "203.0.113.9"),
        (("10.0.0.1", 1), [], "10.0.0.1"),
        (("10.0.0.1", 1), [b"198.51.100.1"], "198.51.100.1"),
        (("10.0.0.1", 1), [b"6.6.6.6, 198.51.100.1"], "198.51.100.1"),
        (("10.0.0.1", 1), [b"198.51.100.1, 10.0.0.2"], "198.51.100.1"),
        (("10.0.0.1", 1), [b"198.51.100.1", b"10.0.0.2"], "198.51.100.1"),
        (("10.0.0.1", 1), [b"10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        (("10.0.0.1", 1), [b"rubbish"], "10.0.0.1"),
        (("10.0.0.1", 1), [b"198.51.100.1, rubbish, 10.0.0.2"], "10.0.0.2"),
        (("::ffff:10.0.0.1", 1), [b"198.51.100.1"], "198.51.100.1"),
        (("10.0.0.1", 1), [b"2001:db8:1:2:3:4:5:6"], "2001:db8:1:2::/64"),
        (("2001:db8:1:2:ffff::1", 1), [], "2001:db8:1:2::/64"),
        (("10.0.0.1", 1), [b"1.1.1.1," * 5_000 + b"10.0.0.2"], "1.1.1.1"),
        (("/run/socket", 0), [], "unknown"),
        (None, [b"1.1.1.1"], "unknown"),
    ],
)
def test_the_caller_is_the_first_address_that_is_no_trusted_proxy(
    peer: tuple[str, int] | None, forwarded: list[bytes], expected: str
) -> None:
    assert ClientAddress(["10.0.0.0/24"]).of(peer, forwarded) == expected


# --- the catalogue -------------------------------------------------------------------------------


def write(folder: Path, name: str, entries: object) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(entries), encoding="utf-8")


def entry(detail: str = "d") -> dict[str, str]:
    return {"title": "t", "detail": detail, "fix": "f"}


def test_the_files_of_a_language_are_merged(tmp_path: Path) -> None:
    write(tmp_path, "en/a.json", {"a.one": entry("{n} of {m}")})
    write(tmp_path, "en/b.json", {"b.two": entry()})
    write(tmp_path, "fr/a.json", {"a.one": entry("{n} de {m}")})
    (tmp_path / "__pycache__").mkdir()
    loaded = Catalogue.load(tmp_path)
    assert loaded.locales == ("en", "fr")
    assert loaded.codes == {"a.one", "b.two"}
    assert loaded.detail("fr", "a.one", {"n": 1, "m": 2}) == "1 de 2"
    assert loaded.detail("fr", "a.one", {"n": 1}) == "1 de …"
    assert loaded.title("fr", "b.two") == "t"
    assert (loaded.title("fr", "c.none"), loaded.detail("fr", "c.none", {})) == ("c.none", "")


def test_gaps_are_named(tmp_path: Path) -> None:
    write(tmp_path, "en/a.json", {"a.one": entry("{n}"), "a.two": entry()})
    write(tmp_path, "fr/a.json", {"a.one": entry("{m}"), "a.two": entry("")})
    assert Catalogue.load(tmp_path).gaps(["a.one", "a.two", "a.three"]) == [
        "fr: a.one has other placeholders than en",
        "en: a.three is missing",
        "fr: a.three is missing",
        "fr: a.two has an empty text",
    ]


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ({"a.one": entry()}, "a.one stands in another file"),
        ({"b.one": {"title": "t"}}, "must have title, detail and fix"),
        ({"b.one": {**entry(), "more": "x"}}, "must have title, detail and fix"),
        ({"b.one": "text"}, "must have title, detail and fix"),
    ],
)
def test_a_broken_catalogue_does_not_load(tmp_path: Path, entries: object, message: str) -> None:
    write(tmp_path, "en/a.json", {"a.one": entry()})
    write(tmp_path, "en/b.json", entries)
    with pytest.raises(CatalogueBroken, match=re.escape(message)):
        Catalogue.load(tmp_path)


def test_a_file_that_is_no_json_does_not_load(tmp_path: Path) -> None:
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "a.json").write_text("{", encoding="utf-8")
    with pytest.raises(CatalogueBroken, match=r"en/a\.json"):
        Catalogue.load(tmp_path)
