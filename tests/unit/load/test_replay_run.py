"""The replay against a service in memory: figures, order, kills and restarts."""

from pathlib import Path

import httpx
import pytest

from load.replay.client import ReplayFailed
from tests.unit.load.fake_service import FakeService
from tests.unit.load.replaying import Ran, replay

MONTHS = ["2010-12", "2011-01", "2011-02", "2011-03"]


class Killed(BaseException):
    """The replay is killed: nothing of it runs on."""


@pytest.fixture(scope="module")
def undisturbed() -> tuple[FakeService, Ran]:
    service = FakeService()
    return service, replay(service)


def figure(statement: str, name: str) -> str:
    """The last figure of the first line that starts with ``name``."""
    [line, *_] = [line for line in statement.splitlines() if line.strip().startswith(name)]
    return line.split()[-1]


def test_the_statements_agree_and_show_what_the_file_says(
    undisturbed: tuple[FakeService, Ran],
) -> None:
    service, ran = undisturbed
    december, january, february, march = ran.statements
    assert all("Agreed: trial balance, reconciliation and control" in s for s in ran.statements)
    # 6 + 6 at 2.55, 10 at 3.39, 2 of M at 5.00
    assert figure(december, "Gross sales") == "74.50"
    # 8 at 2.55, 1 at 3.39, 2 at 1.25
    assert figure(december, "Returns") == "-26.29"
    assert figure(december, "Discounts allowed") == "-4.50"
    assert figure(december, "Freight income") == "18.00"
    assert figure(december, "Merchant fees") == "-15.00"
    # 4 of an item without any price at 0.01; 3 lanterns at 60 % of 3.39
    assert figure(december, "Stock gains") == "0.04"
    assert figure(december, "Stock losses") == "-6.10"
    assert "Brought in at 0.01, never sold at a price (3): " in december
    assert "Rows in 14 = booked 13 + listed 1" in december
    assert "listed: row 13, invoice 536371, DOT, 100 pieces, 0.00: a stock correction" in december
    # What was sold on the 1st is paid; the other customer has a credit of 2.50.
    assert figure(december, "Receivables") == "-2.50"
    assert figure(january, "Bad debt") == "-20.06"
    assert figure(january, "Allowance for bad debt") == "-20.06"
    assert figure(january, "Customer credit (vouchers)") == "-8.33"
    assert figure(february, "Gross sales") == "0.00"
    assert figure(march, "Gross sales") == "7.98"
    assert service.closed == MONTHS


def test_customers_and_suppliers_are_paid_by_the_month_end_rule(
    undisturbed: tuple[FakeService, Ran],
) -> None:
    service, _ = undisturbed
    payments = [
        (document["effective_at"][:7], document["direction"], document["amount"])
        for document_id, document in service.documents.items()
        if service.paths[document_id] == "/payments"
    ]
    incoming = [(month, amount) for month, direction, amount in payments if direction == "in"]
    assert incoming == [
        # 1 December is 30 days before the 31st: 48.60 less 20.40, 3.39 and 4.50 taken back.
        ("2010-12", "20.31"),
        # 4 January is too young in January: 28.28 less the credit of 2.50.
        ("2011-02", "25.78"),
        # 1 March: 7.98 less what was left of the credit of 7.00 after 2.95.
        ("2011-03", "3.93"),
    ]
    bills = [d for i, d in service.documents.items() if service.paths[i] == "/bills"]
    assert bills
    assert {bill["_open"] for bill in bills if bill["effective_at"] < "2011-03"} == {0}


def test_commands_keep_the_order_of_the_file(undisturbed: tuple[FakeService, Ran]) -> None:
    service, ran = undisturbed
    december = [
        "sale-536365", "sale-536366", "adjustment-536366-row-5", "sale-536367", "return-C536368",
        "return-C536369", "adjustment-536370-row-12", "return-C536372",
    ]  # fmt: skip
    start = service.applied.index(december[0])
    assert service.applied[start : start + len(december)] == december
    posts = [path for method, path in service.log if method == "POST"]
    assert posts.count("/journal-entries") == 3
    assert ran.screen.documents == 15


def test_a_second_run_prints_the_same_and_books_nothing() -> None:
    service = FakeService()
    first = replay(service)
    applied = list(service.applied)
    assert replay(service).statements == first.statements
    assert service.applied == applied


def test_a_run_a_day_later_finds_what_is_booked_though_its_keys_are_gone() -> None:
    service = FakeService()
    first = replay(service, until="2011-01")
    documents = dict(service.documents)
    service.stored.clear()
    again = replay(service)
    assert again.statements[:2] == first.statements
    assert again.statements == replay(FakeService()).statements
    assert documents.items() <= service.documents.items()


@pytest.mark.parametrize("keys_expired", [False, True])
def test_killed_after_any_request_and_started_again_gives_the_same_statements(
    undisturbed: tuple[FakeService, Ran], keys_expired: bool
) -> None:
    straight, ran = undisturbed
    for place in range(1, len(straight.log) + 1):
        service = FakeService()
        with pytest.raises(Killed):
            replay(service, transport=_killing(service, place))
        if keys_expired:
            service.stored.clear()
        assert replay(service).statements == ran.statements
        assert sorted(service.applied) == sorted(straight.applied)


def _killing(service: FakeService, place: int) -> httpx.MockTransport:
    def handle(request: httpx.Request) -> httpx.Response:
        response = service.handle(request)
        if len(service.log) == place:
            raise Killed
        return response

    return httpx.MockTransport(handle)


@pytest.mark.parametrize("fault", ["before", "after", "busy", "expired"])
def test_a_service_that_goes_away_and_comes_back_is_waited_for(
    undisturbed: tuple[FakeService, Ran], fault: str
) -> None:
    straight, undisturbed_run = undisturbed
    service = FakeService()
    service.faults = lambda number, _request: fault if number % 3 == 0 else ""
    ran = replay(service)
    assert ran.statements == undisturbed_run.statements
    assert service.applied == straight.applied
    assert ran.api is not None
    assert (ran.api.repeats > 10) is (fault != "expired")
    assert service.issued > 1 or fault != "expired"


def test_an_item_that_lost_a_race_is_asked_again_with_its_key(
    undisturbed: tuple[FakeService, Ran],
) -> None:
    service = FakeService()
    service.faults = lambda number, request: (
        "contended" if number % 2 and request.url.path.endswith("/batch") else ""
    )
    assert replay(service).statements == undisturbed[1].statements
    assert service.applied == undisturbed[0].applied


@pytest.mark.parametrize("fault", ["before", "busy"])
def test_patience_ends_with_one_clear_line(fault: str) -> None:
    service = FakeService()
    service.faults = lambda number, _request: fault if number > 8 else ""
    ran = Ran()
    with pytest.raises(ReplayFailed, match=r"^(GET|POST) .*: gave up after 120 s: "):
        replay(service, ran=ran)
    assert 119 < sum(ran.slept) < 126


def test_a_month_can_be_the_last_and_statements_go_to_a_folder(
    undisturbed: tuple[FakeService, Ran], tmp_path: Path
) -> None:
    service = FakeService()
    ran = replay(service, until="2011-01", folder=tmp_path / "statements")
    assert service.closed == MONTHS[:2]
    assert ran.statements == undisturbed[1].statements[:2]
    written = sorted((tmp_path / "statements").iterdir())
    assert [path.name for path in written] == ["2010-12.txt", "2011-01.txt"]
    assert [path.read_text() for path in written] == ran.statements
    laps = ran.timing.as_json()
    assert [lap["name"] for lap in laps["laps"]] == ["set-up", "2010-12", "2011-01"]
    assert laps["all"]["requests"] == len(service.log)
    assert "2011-01" in ran.timing.as_text()
