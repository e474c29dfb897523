"""Inventory as clients see it. The views of masters and of rows in lists take plain columns."""

from datetime import date, datetime

from typing_extensions import TypedDict

from app.application.inventory.ports import PostedAdjustment
from app.application.shared.guarded import Cost
from app.application.shared.wording import instant, maybe
from app.domain.inventory.moves import SourceKind
from app.domain.shared.ids import show
from app.domain.shared.money import currency_exponent
from app.domain.shared.numbers import SCALE_DIGITS, format_amount, format_scaled

# A move leads back to its document: the prefix that the document's id is shown with.
SOURCE_PREFIXES = {
    SourceKind.RECEIPT: "rcp",
    SourceKind.BILL: "bil",
    SourceKind.SUPPLIER_RETURN: "srt",
    SourceKind.SALE: "sal",
    SourceKind.SALE_RETURN: "ret",
    SourceKind.ADJUSTMENT: "adj",
    SourceKind.REVALUATION: "rev",
}


class LocationView(TypedDict):
    """A place where goods lie."""

    id: str
    code: str
    name: str
    active: bool
    version: int


def location_view(id_: bytes, code: str, name: str, active: bool, version: int) -> LocationView:
    """The view of a location."""
    return {
        "id": show("loc", id_),
        "code": code,
        "name": name,
        "active": active,
        "version": version,
    }


class StockLevelView(TypedDict):
    """What lies of a product at a location, in the product's unit."""

    product_id: str
    location_id: str
    on_hand: str


def level_view(product_id: bytes, location_id: bytes, on_hand: int) -> StockLevelView:
    """The view of a stock level."""
    return {
        "product_id": show("prd", product_id),
        "location_id": show("loc", location_id),
        "on_hand": format_scaled(on_hand, SCALE_DIGITS),
    }


class StockMoveView(TypedDict):
    """Goods that came to a location (above zero) or left it, with the line that moved them."""

    id: str
    product_id: str
    location_id: str
    quantity: str
    effective_at: str
    effective_on: str
    source_kind: str
    source_id: str
    line: int
    recorded_at: str


def move_view(
    id_: bytes,
    product_id: bytes,
    location_id: bytes,
    quantity: int,
    effective_at: datetime,
    effective_on: date,
    source_kind: str,
    source_id: bytes,
    line: int,
    recorded_at: datetime,
) -> StockMoveView:
    """The view of a stock move."""
    return {
        "id": show("mov", id_),
        "product_id": show("prd", product_id),
        "location_id": show("loc", location_id),
        "quantity": format_scaled(quantity, SCALE_DIGITS),
        "effective_at": instant(effective_at),
        "effective_on": effective_on.isoformat(),
        "source_kind": source_kind,
        "source_id": show(SOURCE_PREFIXES[SourceKind(source_kind)], source_id),
        "line": line,
        "recorded_at": instant(recorded_at),
    }


class AdjustmentLineView(TypedDict):
    """A line of an adjustment: quantity and value that came (above zero) or went."""

    line: int
    product_id: str
    quantity: str
    value: Cost


class AdjustmentSummary(TypedDict):
    """An adjustment in a list; ``value`` is what the stock gained, in ``currency``."""

    id: str
    number: str
    external_ref: str | None
    status: str
    location_id: str
    reason: str
    memo: str
    effective_at: str
    effective_on: str
    currency: str
    value: Cost
    entry_id: str | None
    recorded_at: str


class AdjustmentView(AdjustmentSummary):
    """A posted adjustment."""

    lines: list[AdjustmentLineView]


def adjustment_summary(
    id_: bytes,
    number: str,
    external_ref: str | None,
    location_id: bytes,
    reason: str,
    memo: str,
    effective_at: datetime,
    effective_on: date,
    currency: str,
    value: int,
    entry_id: bytes | None,
    recorded_at: datetime,
) -> AdjustmentSummary:
    """The view of an adjustment in a list."""
    return {
        "id": show("adj", id_),
        "number": number,
        "external_ref": external_ref,
        "status": "posted",
        "location_id": show("loc", location_id),
        "reason": str(reason),
        "memo": memo,
        "effective_at": instant(effective_at),
        "effective_on": effective_on.isoformat(),
        "currency": currency,
        "value": format_amount(value, currency_exponent(currency)),
        "entry_id": maybe("jnl", entry_id),
        "recorded_at": instant(recorded_at),
    }


def adjustment_view(posted: PostedAdjustment) -> AdjustmentView:
    """The view of an adjustment."""
    exponent = currency_exponent(posted.currency)
    summary = adjustment_summary(
        posted.id,
        posted.number,
        posted.external_ref,
        posted.location_id,
        posted.reason,
        posted.memo,
        posted.effective_at,
        posted.effective_on,
        posted.currency,
        posted.value,
        posted.entry_id,
        posted.recorded_at,
    )
    lines: list[AdjustmentLineView] = [
        {
            "line": line.line,
            "product_id": show("prd", line.product_id),
            "quantity": format_scaled(line.quantity, SCALE_DIGITS),
            "value": format_amount(line.value, exponent),
        }
        for line in posted.lines
    ]
    return {**summary, "lines": lines}
