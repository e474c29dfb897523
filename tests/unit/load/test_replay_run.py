"""The replay against a service in memory: figures, kills, restarts, and refusals that are loud."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from load.control_totals import control_totals
from load.replay.client import Account, Api, ReplayFailed, connect
from load.replay.reading import read_text
from load.replay.run import Outlets, Replay
from load.replay.timing import Timing
from tests.unit.load.fake_service import FakeService
from tests.unit.load.retail_file import ROWS, TEXT, csv_text

MONTHS = ["2010-12", "2011-01", "2011-02", "2011-03"]


class Killed(BaseException):
    """The replay is killed: nothing of it runs on."""


@dataclass
class Screen:
    phases: list[str] = field(default_factory=list)
    documents: int = 0

    def phase(self, text: str) -> None:
        self.phases.append(text)

    def advance(self, documents: int) -> None:
        self.documents += documents


@dataclass
class Totals:
    """The control program, run in this process."""

    text: str

    def month(self, month: str) -> dict[str, Any]:
        totals: dict[str, Any] = control_totals(self.text.splitlines())["months"].get(month, {})
        return totals


@dataclass
class Ran:
    statements: list[str] = field(default_factory=list)
    screen: Screen = field(default_factory=Screen)
    slept: list[float] = field(default_factory=list)
    timing: Timing = field(default_factory=Timing)
    api: Api | None = None


def replay(
    service: FakeService,
    text: str = TEXT,
    *,
    transport: httpx.BaseTransport | None = None,
    folder: Path | None = None,
    until: str = "",
    ran: Ran | None = None,
) -> Ran:
    ran = ran or Ran()
    with connect("http://shop", transport or service.transport()) as http:
        ran.api = Api(
            http,
            Account("a@example.com", "secret"),
            sleep=ran.slept.append,
            clock=lambda: sum(ran.slept),
        )
        outlets = Outlets(ran.statements.append, ran.screen, folder)
        ran.timing = Replay(read_text(text, "0"), ran.api, Totals(text), outlets).run(until)
    return ran


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
    # Owed: 48.60 less 20.40, 3.39, 4.50; the other customer has 2.50 to his credit.
    assert figure(december, "Receivables") == "17.81"
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
    # 1 December is 30 days before 31 December. January's sales are paid at the end of February.
    assert incoming == [
        ("2010-12", "17.81"),
        ("2011-02", "25.78"),
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
    assert ran.screen.documents == len(december) + 3 + 4 + 1 - 1


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


@pytest.mark.parametrize("phase", ["before", "after"])
@pytest.mark.parametrize("keys_expired", [False, True])
def test_killed_at_any_request_and_started_again_gives_the_same_statements(
    undisturbed: tuple[FakeService, Ran], phase: str, keys_expired: bool
) -> None:
    straight, ran = undisturbed
    for place in range(1, len(straight.log) + 1):
        service = FakeService()
        with pytest.raises(Killed):
            replay(service, transport=_killing(service, place, phase))
        if keys_expired:
            service.stored.clear()
        assert replay(service).statements == ran.statements
        assert sorted(service.applied) == sorted(straight.applied)


def _killing(service: FakeService, place: int, phase: str) -> httpx.MockTransport:
    def handle(request: httpx.Request) -> httpx.Response:
        if phase == "before" and len(service.log) + 1 == place:
            raise Killed
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


def _total_off(path: str, view: dict[str, Any]) -> None:
    if path == "/sales":
        view["total"] = "1.00"


def _line_off(path: str, view: dict[str, Any]) -> None:
    if path == "/sales":
        view["lines"][0]["net"] = "0.01"


def _line_lost(path: str, view: dict[str, Any]) -> None:
    if path == "/sales":
        view["lines"].pop()


def _without_total(path: str, view: dict[str, Any]) -> None:
    if path == "/bills":
        del view["total"]


@pytest.mark.parametrize(
    ("skew", "message"),
    [
        (_total_off, "sale-536365: expected sal_"),
        (_line_off, "sold, goods: file 64.50, booked "),
        (_line_lost, "sale-536365: 2 lines booked of 3 sent"),
        (_without_total, "cannot read 'total' in the answer"),
    ],
)
def test_an_answer_that_is_not_what_the_file_says_stops_the_replay(
    skew: Callable[[str, dict[str, Any]], None], message: str
) -> None:
    service = FakeService()
    service.skew = skew
    with pytest.raises(ReplayFailed, match=message):
        replay(service)


def _changed(path: str, change: Callable[[Any], None]) -> Callable[[FakeService], Any]:
    """A transport whose answers on ``path`` are changed."""

    def of(service: FakeService) -> httpx.MockTransport:
        def handle(request: httpx.Request) -> httpx.Response:
            response = service.handle(request)
            if not request.url.path.endswith(path):
                return response
            body = orjson.loads(response.content)
            change(body)
            return httpx.Response(response.status_code, content=orjson.dumps(body))

        return httpx.MockTransport(handle)

    return of


def _account(body: Any, role: str) -> Any:
    [line] = [line for line in body["lines"] if line["role"] == role]
    return line


def _shift_check(body: Any) -> None:
    body["checks"][0] |= {"difference": "-0.01", "first_offender": {"document": "sal_1"}}


@pytest.mark.parametrize(
    ("path", "change", "message"),
    [
        ("/reconciliation", _shift_check, "reconciliation of stock_value: difference -0.01"),
        ("/reconciliation", lambda body: body["checks"].clear(), "has no lines"),
        ("/reconciliation", lambda body: body.pop("checks"), "cannot read KeyError"),
        (
            "/trial-balance",
            lambda body: _account(body, "stock").update(debit="9999.00"),
            "the trial balance is out by ",
        ),
        ("/trial-balance", lambda body: body.update(total_debit="1.00"), "trial balance is out"),
        (
            "/trial-balance",
            lambda body: _account(body, "cash").update(debit="0.00"),
            "balance of cash: file 28.90, booked 0.00",
        ),
        (
            "/profit-and-loss",
            lambda body: _account(body, "freight_income").update(credit="17.99"),
            "account freight income: file 18.00, booked 17.99",
        ),
        ("/locations", lambda body: body["data"].clear(), "0 found, expected one"),
        ("/units", lambda body: body.clear(), "KeyError|data"),
    ],
)
def test_reports_that_do_not_agree_stop_the_replay_loudly(
    path: str, change: Callable[[Any], None], message: str
) -> None:
    service = FakeService()
    ran = Ran()
    with pytest.raises(ReplayFailed, match=message):
        replay(service, transport=_changed(path, change)(service), ran=ran)
    if "balance" in message:
        # The statement is shown all the same, with what is wrong in it.
        assert "NOT AGREED: " in ran.statements[0]


def test_control_totals_of_another_file_stop_the_replay() -> None:
    service = FakeService()
    with connect("http://shop", service.transport()) as http:
        outlets = Outlets([].append, Screen())
        other = Totals(TEXT.replace("3.39", "3.38"))
        api = Api(http, Account("a@example.com", "secret"))
        with pytest.raises(ReplayFailed, match="sold, goods: file 64.40, booked 64.50"):
            Replay(read_text(TEXT, "0"), api, other, outlets).run()


def test_a_listed_row_with_a_value_is_taken_out_of_the_control_totals() -> None:
    odd = [
        *ROWS,
        ("536377", "71053", "LANTERN", -2, "2011-03-02 09:00", "3.99", "17850"),
        ("C536378", "71053", "LANTERN", 3, "2011-03-02 09:00", "3.99", "17850"),
    ]
    ran = replay(FakeService(), csv_text(odd))  # type: ignore[arg-type]
    assert "Rows in 3 = booked 1 + listed 2" in ran.statements[3]
    assert "-7.98: a quantity that is not positive on an invoice" in ran.statements[3]


def test_a_refused_command_stops_the_replay() -> None:
    service = FakeService()
    service.closed.append("2010-12")
    with pytest.raises(ReplayFailed, match=r"was refused: 409 .*accounting.period_closed"):
        replay(service)


def test_another_document_in_the_place_of_ours_is_not_taken_for_it() -> None:
    service = FakeService()
    replay(service, until="2010-12")
    service.stored.clear()
    [sale] = [d for d in service.documents.values() if d.get("external_ref") == "536366"]
    sale["external_ref"] = "other"
    with pytest.raises(ReplayFailed, match="sale-536366 was refused"):
        replay(service)
    sale["external_ref"], sale["total"] = "536366", "43.91"
    with pytest.raises(ReplayFailed, match="sale-536366: expected .* got .* 43.91"):
        replay(service)


@pytest.mark.parametrize("path", ["/auth/register", "/auth/login"])
def test_a_refused_sign_in_is_told(path: str) -> None:
    def handle(request: httpx.Request) -> httpx.Response:
        refused = request.url.path.endswith(path)
        return httpx.Response(422 if refused else 201, json={"code": "auth.refused"})

    with pytest.raises(ReplayFailed, match="auth.refused"):
        replay(FakeService(), transport=httpx.MockTransport(handle))
