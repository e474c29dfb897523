"""The decisions of inventory on what was loaded."""

from dataclasses import replace
from typing import Any

import pytest

from app.application.accounting.ports import JOURNAL_ENTRIES, NUMBER_SERIES, PERIODS
from app.application.catalog.products import PRODUCTS
from app.application.catalog.units import UNITS
from app.application.inventory.adjustments import ADJUSTMENT, ADJUSTMENTS
from app.application.inventory.locations import LOCATION, LOCATIONS
from app.application.inventory.ports import COST_POOLS, STOCK_LEVELS, STOCK_MOVES, VALUATIONS
from app.application.processes.stocked_product import CREATE_STOCKED_PRODUCT, StockedProduct
from app.application.shared.commands import Call
from app.application.shared.documents import Asked
from app.application.shared.masters import Create
from app.application.shared.permissions import every_permission
from app.domain.accounting.errors import PeriodClosed
from app.domain.accounting.periods import PeriodStatus, month_start
from app.domain.catalog.product import Costing, NotStocked, ProductKind, SkuTaken
from app.domain.inventory.errors import InsufficientStock, LocationInactive, UnitCostNeeded
from app.domain.shared.documents import DocumentKind
from app.domain.shared.errors import Duplicate, ExternalRefTaken, IdTaken, PermissionMissing
from app.domain.shared.ids import Id, show
from tests.support.memory import NOW
from tests.support.trading import Trade, asked, scaled

PRODUCT_ID = Id(b"Q" * 16)


def test_an_adjustment_leaves_every_fact() -> None:
    """Move, level, pool, valuation, entry, number: all of one line, all with its source."""
    trade = Trade()
    product = trade.product("A")
    posted = trade.adjust("opening", (product, "3", "1.115"))
    assert posted["number"] == "ADJ/2026/MAIN/000001"
    assert posted["value"] == "3.35"
    (move,) = trade.all(STOCK_MOVES)
    (valuation,) = trade.all(VALUATIONS)
    (entry,) = trade.all(JOURNAL_ENTRIES)
    (document,) = trade.all(ADJUSTMENTS)
    assert move.line == valuation.line == document.lines[0].line == 1
    assert move.source_id == valuation.source_id == entry.source_id == document.id
    assert entry.source_kind == DocumentKind("adjustment")
    assert (document.entry_id, document.recorded_at) == (entry.id, NOW)
    assert (trade.all(STOCK_LEVELS)[0].on_hand, trade.all(COST_POOLS)[0].value) == (3_000_000, 335)
    assert trade.balances() == {"stock": 335, "opening_balances": -335}


def test_what_comes_in_is_there_for_what_goes() -> None:
    """Lines keep their order and number, whatever is costed first."""
    trade = Trade()
    product = trade.product("A")
    posted = trade.adjust("correction", (product, "-2"), (product, "5", "1.00"))
    assert [(line["line"], line["value"]) for line in posted["lines"]] == [
        (1, "-2.00"),
        (2, "5.00"),
    ]
    assert trade.balances() == {"stock": 300, "shrinkage": 200, "stock_gains": -500}
    with pytest.raises(InsufficientStock) as refused:
        trade.adjust("theft", (product, "-2"), (product, "-2"))
    assert [each.params["requested"] for each in refused.value.faults] == ["4", "4"]


def test_an_unknown_cost_is_asked_for() -> None:
    trade = Trade()
    with pytest.raises(UnitCostNeeded) as refused:
        trade.adjust("found", (trade.product("A"), "1", "1.00"), (trade.product("B"), "1"))
    assert [each.pointer for each in refused.value.faults] == ["/lines/1/unit_cost"]
    assert trade.all(STOCK_MOVES) == []


def test_places_and_months_out_of_use() -> None:
    trade = Trade()
    product = trade.product("A")
    trade.adjust("opening", (product, "1", "1.00"))
    period = trade.kept[PERIODS][month_start(NOW.date()),]
    trade.put(PERIODS, replace(period, status=PeriodStatus.CLOSED))
    with pytest.raises(PeriodClosed):
        trade.adjust("found", (product, "1"))
    trade.put(LOCATIONS, replace(trade.all(LOCATIONS)[0], active=False))
    with pytest.raises(LocationInactive) as refused:
        trade.adjust("found", (product, "1"))
    assert refused.value.faults[0].pointer == "/location_id"


def test_the_same_adjustment_again() -> None:
    """By its own id the existing one, unless anything that it shows differs."""
    trade = Trade()
    product = trade.product("A")
    body = trade.adjustment("found", (product, "1", "1.00"), id=Id(b"A" * 16), external_ref="R")
    first = trade.post(ADJUSTMENT.create, asked(body))
    assert trade.post(ADJUSTMENT.create, asked(body)) == first
    undated = Asked(replace(body, effective_at=None), trade.later(9))
    assert trade.post(ADJUSTMENT.create, undated) == first
    changes: list[dict[str, Any]] = [
        {"effective_at": trade.later(9)},
        {"external_ref": None},
        {"location_id": PRODUCT_ID},
        {"memo": "x"},
        {"lines": (*body.lines, body.lines[0])},
    ]
    for change in changes:
        with pytest.raises(IdTaken):
            trade.post(ADJUSTMENT.create, asked(replace(body, **change)))
    with pytest.raises(ExternalRefTaken):
        trade.post(ADJUSTMENT.create, asked(replace(body, id=None)))
    assert len(trade.all(ADJUSTMENTS)) == 1


def test_one_read_serves_a_group() -> None:
    """A hundred adjustments ask once; the numbers are gapless over a refused one."""
    trade = Trade()
    product = trade.product("A")
    bodies = [trade.adjustment("found", (product, "1", "1.00")) for _ in range(3)]
    bodies.insert(1, trade.adjustment("damage", (product, "-5")))
    outcomes = trade.run(ADJUSTMENT.create, *map(asked, bodies))
    assert len(trade.reads) == 1
    assert isinstance(outcomes[1], InsufficientStock)
    numbers = [outcomes[place]["number"][-1] for place in (0, 2, 3)]
    assert numbers == ["1", "2", "3"]
    assert trade.all(NUMBER_SERIES)[0].next_number == 4


def test_codes_of_locations() -> None:
    trade = Trade()
    made = trade.post(LOCATION.create, Create(None, {"code": "shop", "name": "Shop"}))
    assert made["code"] == "SHOP"
    with pytest.raises(Duplicate):
        trade.post(LOCATION.create, Create(None, {"code": "Shop", "name": "Other"}))


def stocked(trade: Trade, **members: Any) -> StockedProduct:
    unit = next(each for each in trade.all(UNITS) if each.code == "pcs")
    fields = {
        "sku": "A",
        "name": "A",
        "description": "",
        "barcode": None,
        "kind": ProductKind.GOODS,
        "unit_id": unit.id,
        "category_id": None,
        "price": None,
        "tax_id": None,
        "purchase_tax_id": None,
        "costing": Costing.FIFO,
        "revenue_account_id": None,
        "return_account_id": None,
        **members,
    }
    opening = {
        "location_id": trade.location,
        "quantity": scaled("4"),
        "unit_cost": scaled("1.5"),
        "effective_at": NOW,
    }
    return StockedProduct(PRODUCT_ID, fields, opening)


def test_a_product_with_its_opening_stock() -> None:
    """One command; the same again posts nothing."""
    trade = Trade()
    body = stocked(trade)
    made = trade.post(CREATE_STOCKED_PRODUCT, body)
    assert trade.balances() == {"stock": 600, "opening_balances": -600}
    assert trade.post(CREATE_STOCKED_PRODUCT, body) == made
    assert len(trade.all(STOCK_MOVES)) == 1
    with pytest.raises(IdTaken):
        trade.post(CREATE_STOCKED_PRODUCT, replace(body, members={**body.members, "name": "B"}))


def test_products_of_one_request_share_a_document() -> None:
    """The parts of accepted products only; lines count on, and one number is taken."""
    trade = Trade()
    first = replace(stocked(trade), id=None)
    bodies = [replace(first, members={**first.members, "sku": sku}) for sku in ("A", "a", "B")]
    made, refused, also = trade.run(CREATE_STOCKED_PRODUCT, *bodies)
    assert isinstance(refused, SkuTaken)
    # The number is locked alone and last: meanwhile another request can decide its products.
    decided, posted = trade.reads
    assert NUMBER_SERIES not in {kind for kind, _ in decided.keys}
    assert {kind for kind, _ in posted.keys} == {NUMBER_SERIES}
    assert not posted.searches
    (document,) = trade.all(ADJUSTMENTS)
    assert [(line.line, show("prd", line.product_id)) for line in document.lines] == [
        (1, made["id"]),
        (2, also["id"]),
    ]
    assert (document.number, document.value) == ("ADJ/2026/MAIN/000001", 1200)
    assert [(move.source_id, move.line) for move in trade.all(STOCK_MOVES)] == [
        (document.id, 1),
        (document.id, 2),
    ]
    (entry,) = trade.all(JOURNAL_ENTRIES)
    assert (entry.source_id, entry.id) == (document.id, document.entry_id)
    assert trade.balances() == {"stock": 1200, "opening_balances": -1200}


def test_requests_do_not_share() -> None:
    """Two callers whose commands wait at the same moment keep their documents apart."""
    trade = Trade()
    body = replace(stocked(trade), id=None)
    other = replace(trade.principal, request_id="another")
    calls = [
        Call(CREATE_STOCKED_PRODUCT, body, trade.principal),
        Call(CREATE_STOCKED_PRODUCT, replace(body, members={**body.members, "sku": "B"}), other),
    ]
    trade.run_calls(calls)
    assert [document.value for document in trade.all(ADJUSTMENTS)] == [600, 600]


def test_opening_stock_is_found_by_the_id_of_the_product() -> None:
    """Another quantity, cost or place is another request; an id that a move has is taken."""
    trade = Trade()
    body = stocked(trade)
    trade.post(CREATE_STOCKED_PRODUCT, body)
    assert body.opening is not None
    for change in ({"quantity": scaled("5")}, {"unit_cost": scaled("1.6")}):
        with pytest.raises(IdTaken):
            trade.post(CREATE_STOCKED_PRODUCT, replace(body, opening={**body.opening, **change}))
    move = trade.all(STOCK_MOVES)[0]
    trade.put(STOCK_MOVES, replace(move, id=Id(b"M" * 16)))
    with pytest.raises(IdTaken) as refused:
        trade.post(
            CREATE_STOCKED_PRODUCT,
            replace(body, id=Id(b"M" * 16), members={**body.members, "sku": "B"}),
        )
    assert refused.value.faults[0].pointer == "/id"
    assert len(trade.all(PRODUCTS)) == 1


def test_stock_for_a_product_that_was_made_without() -> None:
    trade = Trade()
    body = stocked(trade)
    trade.post(CREATE_STOCKED_PRODUCT, replace(body, opening=None))
    with pytest.raises(IdTaken):
        trade.post(CREATE_STOCKED_PRODUCT, body)
    assert trade.all(STOCK_MOVES) == []


def test_a_service_has_no_opening_stock() -> None:
    trade = Trade()
    with pytest.raises(NotStocked) as refused:
        trade.post(CREATE_STOCKED_PRODUCT, stocked(trade, kind=ProductKind.SERVICE))
    assert refused.value.faults[0].pointer == "/opening_stock"
    assert trade.all(PRODUCTS) == []


def test_opening_stock_needs_its_own_permission() -> None:
    """Who may make products may not thereby make stock."""
    trade = Trade(permissions=every_permission() - {"adjustments:write"})
    body = stocked(trade)
    with pytest.raises(PermissionMissing) as refused:
        trade.post(CREATE_STOCKED_PRODUCT, body)
    assert refused.value.params == {"permission": "adjustments:write"}
    trade.post(CREATE_STOCKED_PRODUCT, replace(body, opening=None))
    assert len(trade.all(PRODUCTS)) == 1
