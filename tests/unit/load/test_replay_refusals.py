"""What does not agree, or is refused, stops the replay and says so."""

from collections.abc import Callable
from typing import Any

import httpx
import orjson
import pytest

from load.replay.client import Account, Api, ReplayFailed, connect
from load.replay.reading import read_text
from load.replay.run import Outlets, Replay
from tests.unit.load.fake_service import FakeService
from tests.unit.load.replaying import Ran, Screen, Totals, replay
from tests.unit.load.retail_file import ROWS, TEXT, csv_text


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
    groups = (body.get(name, []) for name in ("lines", "income", "expense"))
    [line] = [line for group in groups for line in group if line["role"] == role]
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
            lambda body: _account(body, "freight_income").update(amount="17.99"),
            "account freight income: file 18.00, booked 17.99",
        ),
        ("/locations", lambda body: body["data"].clear(), "0 found, expected one"),
        ("/units", lambda body: body.clear(), "0 found, expected one"),
        ("/login", lambda body: body.pop("refresh_token"), "has no 'refresh_token'"),
        ("/contacts/batch", lambda body: body.pop("items"), "cannot read KeyError"),
        ("/contacts/batch", lambda body: body["items"].pop(), "4 answers to 5 commands"),
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
    with connect("http://shop", transport=service.transport()) as http:
        outlets = Outlets(Ran().statements.append, Screen())
        other = Totals(TEXT.replace("3.39", "3.38"))
        api = Api(http, Account("a@example.com", "secret"))
        with pytest.raises(ReplayFailed, match=r"sold, goods: file 64\.40, booked 64\.50"):
            Replay(read_text(TEXT, "0"), api, other, outlets).run()


def test_a_listed_row_with_a_value_is_taken_out_of_the_control_totals() -> None:
    odd = [
        *ROWS,
        ("536377", "71053", "LANTERN", -2, "2011-03-02 09:00", "3.99", "17850"),
        ("C536378", "71053", "LANTERN", 3, "2011-03-02 09:00", "3.99", "17850"),
    ]
    ran = replay(FakeService(), csv_text(odd))
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
    with pytest.raises(ReplayFailed, match=r"sale-536366: expected .* got .* 43\.91"):
        replay(service)


@pytest.mark.parametrize("path", ["/auth/register", "/auth/login"])
def test_a_refused_sign_in_is_told(path: str) -> None:
    def handle(request: httpx.Request) -> httpx.Response:
        refused = request.url.path.endswith(path)
        return httpx.Response(422 if refused else 201, json={"code": "auth.refused"})

    with pytest.raises(ReplayFailed, match=r"auth\.refused"):
        replay(FakeService(), transport=httpx.MockTransport(handle))
