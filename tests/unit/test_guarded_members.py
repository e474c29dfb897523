"""Guarded members of views: what is left out for which callers, free for all others (RB-04)."""

from types import SimpleNamespace
from typing import Annotated, Any
from urllib.parse import parse_qsl

import orjson
import pytest
from pydantic import BaseModel
from starlette.requests import Request
from typing_extensions import TypedDict

from app.api.answers import batched, listed
from app.api.deps import Http
from app.api.errors import UnknownParameter, ValidationFailed
from app.api.guards import answer_shape, mark_guarded
from app.api.paging import PageParams
from app.application.shared.access import Principal
from app.application.shared.guarded import COSTS, Cost, Guarded, shape_of
from app.application.shared.reading import Listing, Page, PageRequest
from app.domain.shared.ids import NO_ID

NOBODY: frozenset[str] = frozenset()
SEEING = frozenset({COSTS})


class LineView(TypedDict):
    quantity: str
    cost: Cost


class OrderView(TypedDict):
    id: str
    side: str
    lines: list[LineView]
    best: LineView | None
    owed: Annotated[str | None, Guarded(COSTS, ("side", frozenset({"payable"})))]
    notes: Annotated[list[str], Guarded("notes:read")]


class PlainView(TypedDict):
    id: str


LINE: dict[str, Any] = {"quantity": "2", "cost": "7.31"}
ORDER: dict[str, Any] = {
    "id": "1",
    "side": "payable",
    "lines": [LINE, LINE],
    "best": LINE,
    "owed": "14.62",
    "notes": ["dear"],
}
BLIND: dict[str, Any] = {"quantity": "2"}


def test_what_is_left_out_and_for_whom() -> None:
    shape = shape_of(OrderView)
    assert shape.permissions == {COSTS, "notes:read"}
    assert shape.shown(ORDER, NOBODY) == {
        "id": "1",
        "side": "payable",
        "lines": [BLIND, BLIND],
        "best": BLIND,
    }
    other = {**ORDER, "side": "receivable", "best": None}
    assert shape.shown(other, frozenset({"notes:read"})) == {**other, "lines": [BLIND, BLIND]}
    assert shape.shown([ORDER], SEEING) == [{k: v for k, v in ORDER.items() if k != "notes"}]
    assert ORDER["lines"] == [{"quantity": "2", "cost": "7.31"}] * 2  # a copy was cut


def test_whoever_sees_everything_gets_the_view_itself() -> None:
    shape = shape_of(OrderView)
    assert shape.shown(ORDER, SEEING | {"notes:read", "more"}) is ORDER
    assert shape_of(PlainView).permissions == frozenset()


def test_pages_and_batches_are_seen_through() -> None:
    page = answer_shape(listed(OrderView))
    body = {"data": [ORDER], "next_cursor": None, "has_more": False}
    [row] = page.shown(body, NOBODY)["data"]
    assert row["lines"] == [BLIND, BLIND]
    batch = answer_shape(batched(OrderView))
    items = {"items": [{"index": 0, "body": ORDER}, {"index": 1, "body": {"code": "x.y"}}]}
    shown = batch.shown(items, NOBODY)["items"]
    assert (shown[0]["body"]["best"], shown[1]["body"]) == (BLIND, {"code": "x.y"})
    assert answer_shape({200: {"model": PlainView}, 403: {"model": OrderView}}).permissions == set()


def test_the_contract_says_so() -> None:
    class Wrapped(BaseModel):
        orders: list[OrderView]

    schemas: dict[str, Any] = {
        "LineView": {"properties": {"quantity": {}, "cost": {}}, "required": ["quantity", "cost"]},
        "OrderView": {"properties": {"owed": {}, "notes": {}, "id": {}}, "required": ["id"]},
    }
    mark_guarded(schemas, [Wrapped, PlainView, list[OrderView]])
    cost = {"description": "Shown with `costs:read` only.", "x-requires": [COSTS]}
    assert schemas["LineView"] == {
        "properties": {"quantity": {}, "cost": cost},
        "required": ["quantity"],
    }
    owed = {
        "description": "Shown with `costs:read` only, where `side` is `payable`.",
        "x-requires": [COSTS],
        "x-requires-when": {"side": ["payable"]},
    }
    notes = {"description": "Shown with `notes:read` only.", "x-requires": ["notes:read"]}
    assert schemas["OrderView"]["properties"] == {"owed": owed, "notes": notes, "id": {}}


LISTING = Listing("lines", sorts=("quantity", "cost"), filters=("cost", "cost_from", "quantity"))


class OneLine:
    """A reader with one row, and what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[PageRequest] = []

    async def page(self, tenant_id: bytes, listing: Listing, request: PageRequest) -> Page:
        del tenant_id, listing
        self.asked.append(request)
        return Page([LINE], None)


async def rows(permissions: frozenset[str], query: str = "", **filters: Any) -> Any:
    """The rows that a list of lines shows to a caller."""
    scope = {
        "type": "http",
        "path": "/lines",
        "headers": [],
        "query_string": query.encode(),
        "route": SimpleNamespace(shape=answer_shape(listed(LineView))),
    }
    services: Any = SimpleNamespace(reader=OneLine(), cursors=None)
    http = Http(Request(scope), services, Principal(NO_ID, NO_ID, permissions=permissions))
    sort = dict(parse_qsl(query)).get("sort")
    page = PageParams(50, None, sort, None, include_total=False)
    answer = await http.list(LISTING, page, **filters)
    assert len(services.reader.asked) == 1
    return orjson.loads(answer.body)["data"]


async def test_rows_are_neither_ordered_nor_filtered_by_what_is_left_out() -> None:
    """For a caller who does not see it, it is an unknown order or parameter."""
    assert await rows(SEEING, "sort=-cost", cost="7.31", cost_from="7") == [LINE]
    assert await rows(NOBODY, "sort=-quantity", quantity="2") == [BLIND]
    for query in ("sort=cost", "sort=-cost"):
        with pytest.raises(ValidationFailed) as refused:
            await rows(NOBODY, query)
        [fault] = refused.value.faults
        assert (fault.pointer, fault.params) == ("?sort", {"expected": "quantity, -quantity"})
    for name in ("cost", "cost_from"):
        with pytest.raises(UnknownParameter) as unknown:
            await rows(NOBODY, **{name: "7"})
        assert [fault.pointer for fault in unknown.value.faults] == [f"?{name}"]
