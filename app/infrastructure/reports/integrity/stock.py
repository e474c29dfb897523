"""Invariants of quantities, values and the layers behind them."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Select, case, literal, select, union_all

from app.infrastructure.db.query import of_tenant
from app.infrastructure.db.types import Integer
from app.infrastructure.inventory.tables import (
    cost_layers,
    cost_pools,
    stock_levels,
    stock_moves,
    transfer_lines,
    valuations,
)
from app.infrastructure.purchasing.tables import bill_lines, receipt_lines
from app.infrastructure.reports.integrity.recent import DOCUMENTS, PRODUCTS, RECEIPTS, touching
from app.infrastructure.reports.integrity.shapes import (
    Number,
    Statement,
    differing,
    fact,
    pairs_of,
    text,
)
from app.infrastructure.stored import Lines, documents

_levels = differing(
    fact(stock_levels.c.product_id, stock_levels.c.location_id, found=stock_levels.c.on_hand),
    fact(stock_moves.c.product_id, stock_moves.c.location_id, expected=stock_moves.c.quantity),
    by=PRODUCTS,
)


def _pools(column: str) -> Select[Any]:
    return differing(
        fact(cost_pools.c.product_id, text(column), found=cost_pools.c[column]),
        fact(valuations.c.product_id, text(column), expected=valuations.c[column]),
        by=PRODUCTS,
    )


_layer_values = differing(
    fact(cost_pools.c.product_id, text("value"), found=cost_pools.c.value).where(
        cost_pools.c.method == "fifo"
    ),
    fact(cost_layers.c.product_id, text("value"), expected=cost_layers.c.value).where(
        cost_layers.c.is_open
    ),
    by=PRODUCTS,
)

# Under FIFO the layers hold the goods; an average pool is what came in less what the queue passed,
# less the gaps that lie ahead of it.
_queued = case(
    (cost_pools.c.method == "fifo", literal(0, Integer)),
    else_=cost_pools.c.total_in - cost_pools.c.total_out,
)
_gaps = case(
    (cost_pools.c.method == "fifo", cost_layers.c.quantity),
    (cost_layers.c.is_open, cost_layers.c.kept - cost_layers.c.quantity_in),
    else_=literal(0, Integer),
)
_layer_quantities = differing(
    fact(cost_pools.c.product_id, text("quantity"), found=cost_pools.c.quantity, expected=_queued),
    fact(cost_layers.c.product_id, text("quantity"), expected=_gaps).join(
        cost_pools, pairs_of(cost_layers, cost_pools, ("product_id", "product_id"))
    ),
    by=PRODUCTS,
)


def _received(line: str, layer: str) -> Select[Any]:
    """Receipt lines whose layer did not come in as they say."""
    return touching(
        select(
            receipt_lines.c.receipt_id,
            receipt_lines.c.line,
            cost_layers.c[layer],
            receipt_lines.c[line],
        )
        .select_from(
            receipt_lines.join(
                cost_layers,
                pairs_of(
                    receipt_lines, cost_layers, ("product_id", "product_id"), ("layer_seq", "seq")
                ),
            )
        )
        .where(*of_tenant(receipt_lines), cost_layers.c[layer] != receipt_lines.c[line]),
        RECEIPTS,
    )


def _lines(lines: Lines, amount: Number, **side: bool) -> Select[Any]:
    """Lines of a document that moved goods; services move none."""
    of_goods = fact(lines.parent, lines.table.c.line, **{next(iter(side)): amount})
    if "valuation_seq" in lines.table.c:
        of_goods = of_goods.where(lines.table.c.valuation_seq.is_not(None))
    return of_goods


def _line_facts(*, values: bool) -> Iterator[Select[Any]]:
    """What lines say of the quantities that moved, or of their values."""
    for each in documents():
        moves = each.document.moves
        if moves is None or each.lines is None or moves.sign == 0:
            continue
        if values and moves.value:
            value = each.lines.table.c[moves.value]
            yield _lines(each.lines, moves.sign * value, found=True)
        elif not values:
            quantity = each.lines.table.c.quantity
            yield _lines(each.lines, moves.sign * quantity, expected=True)


_moved = differing(
    fact(stock_moves.c.source_id, stock_moves.c.line, found=stock_moves.c.quantity),
    *_line_facts(values=False),
    by=DOCUMENTS,
)

_transferred = differing(
    fact(stock_moves.c.source_id, stock_moves.c.line, found=-stock_moves.c.quantity).where(
        stock_moves.c.source_kind == "transfer", stock_moves.c.quantity < 0
    ),
    fact(transfer_lines.c.transfer_id, transfer_lines.c.line, expected=transfer_lines.c.quantity),
    by=DOCUMENTS,
)

_valued = differing(
    # What a receipt brought is compared with its layer, and by the reconciliation with the ledger.
    *_line_facts(values=True),
    fact(bill_lines.c.bill_id, bill_lines.c.line, found=bill_lines.c.difference_in_stock),
    fact(valuations.c.source_id, valuations.c.line, expected=valuations.c.value).where(
        valuations.c.source_kind != "receipt"
    ),
    by=DOCUMENTS,
)

_moves_valued = differing(
    fact(stock_moves.c.source_id, stock_moves.c.product_id, found=stock_moves.c.quantity),
    fact(valuations.c.source_id, valuations.c.product_id, expected=valuations.c.quantity),
    by=DOCUMENTS,
)

_below_zero = (
    select(
        stock_levels.c.product_id,
        text("on_hand"),
        stock_levels.c.on_hand,
        literal(0, Integer),
    ).where(*of_tenant(stock_levels), stock_levels.c.on_hand < 0),
    *(
        select(cost_pools.c.product_id, text(name), cost_pools.c[name], literal(0, Integer)).where(
            *of_tenant(cost_pools), cost_pools.c[name] < 0
        )
        for name in ("quantity", "value")
    ),
)
_negative = union_all(*(touching(each, PRODUCTS) for each in _below_zero))

INVARIANTS: dict[str, Statement] = {
    "levels_are_moves": _levels,
    "stock_is_not_negative": _negative,
    "pool_quantity_is_valuations": _pools("quantity"),
    "pool_value_is_valuations": _pools("value"),
    "layers_are_fifo_pools": _layer_values,
    "layers_are_pool_quantities": _layer_quantities,
    "receipts_are_layers": union_all(
        _received("quantity", "quantity_in"), _received("value", "value_in")
    ),
    "moves_are_lines": union_all(_moved, _transferred),
    "moves_are_valuations": _moves_valued,
    "costs_are_valuations": _valued,
}
