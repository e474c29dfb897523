"""One corruption of each kind, on the rows that ``trade`` of the auditor's tests creates."""

from app.domain.shared.ids import NO_ID
from tests.support.corruption import Corruption


def numbered(table: str, number: str) -> str:
    """The id of a document, as a subquery."""
    return f"(SELECT id FROM {table} WHERE number = '{number}')"


def product(sku: str) -> str:
    """The id of a product, as a subquery."""
    return f"(SELECT id FROM products WHERE sku = '{sku}')"


SALE = numbered("sales", "SAL/2025/MAIN/000001")
OWED = numbered("sales", "SAL/2025/MAIN/000002")
LAST = numbered("sales", "SAL/2025/MAIN/000003")
BILL = numbered("bills", "BIL/2025/000001")
RECEIPT = numbered("receipts", "RCP/2025/MAIN/000001")
BY_HAND = numbered("journal_entries", "JNL/2025/000001")
SCRAP = numbered("scraps", "SCR/2025/MAIN/000001")
TRANSFER = numbered("transfers", "TRF/2025/MAIN/000001")
OF_SALE = f"source_kind = 'sale' AND source_id = {SALE}"
MAIN = "(SELECT id FROM locations WHERE code = 'MAIN' AND tenant_id = stock_levels.tenant_id)"
AVERAGE, FIFO = f"product_id = {product('AVERAGE')}", f"product_id = {product('FIFO')}"
OLDEST = f"{FIFO} AND seq = (SELECT min(seq) FROM cost_layers WHERE {FIFO} AND is_open)"
FIRST_OF_SALE = f"sale_id = {SALE} AND line = 1"
FIRST_OF_RECEIPT = f"receipt_id = {RECEIPT} AND line = 1"

LEDGER = {
    "an amount": Corruption(
        "journal_lines",
        f"entry_id = (SELECT entry_id FROM sales WHERE id = {SALE}) AND line = 1",
        "SET amount = amount + 1",
        {"entries_balance": ("entry_id", "effective_on")},
    ),
    "a line lost": Corruption(
        "journal_lines",
        f"entry_id = {BY_HAND} AND line = 2",
        "DELETE",
        {
            "entries_balance": ("entry_id", "effective_on"),
            "entries_have_lines": ("entry_id", "effective_on"),
        },
    ),
    "a line of another day": Corruption(
        "journal_lines",
        f"entry_id = {BY_HAND} AND line = 2",
        "SET effective_on = '2025-11-13'",
        {"lines_are_dated_as_entries": ("entry_id", "line")},
    ),
    "the entry of another": Corruption(
        "sales",
        f"id = {SALE}",
        f"SET entry_id = (SELECT entry_id FROM sales WHERE id = {OWED})",
        {"documents_have_entries": ("id", "'sale'")},
    ),
    "an entry lost": Corruption(
        "journal_entries",
        "source_kind = 'payment' AND source_id = " + numbered("payments", "PAY/2025/000001"),
        "DELETE",
        {
            "documents_have_entries": ("source_id", "'payment'"),
            "references_stay_in_the_tenant": ("id", "'journal_lines.entry_id'"),
        },
    ),
    "an entry of another kind": Corruption(
        "journal_entries",
        OF_SALE,
        "SET source_kind = 'bill'",
        {"entries_have_documents": ("id", "source_id")},
    ),
    "the balance of a day": Corruption(
        "day_balances",
        "amount > 0",
        "SET amount = amount + 1",
        {"day_balances_are_lines": ("account_id", "effective_on")},
    ),
    "settled too much": Corruption(
        "open_items",
        f"document_id = {BILL}",
        "SET settled = settled + 1",
        {"settled_is_allocations": ("document_id", "'settled'")},
    ),
    "owed less": Corruption(
        "open_items",
        f"document_id = {OWED}",
        "SET amount = amount - 1",
        {"open_items_are_documents": ("document_id", "contact_id")},
    ),
    "nothing allocates": Corruption(
        "allocations",
        f"debit_id = {BILL}",
        "SET document_id = id",
        {"allocations_have_documents": ("id", "id")},
    ),
    "allocated after the close": Corruption(
        "allocation_documents",
        "number = 'ALC/2025/000001'",
        "SET recorded_at = recorded_at + [hour]",
        {"closed_months_are_final": ("id", "'allocation_documents'")},
    ),
    "posted after the close": Corruption(
        "journal_entries",
        OF_SALE,
        "SET recorded_at = recorded_at + [hour]",
        {
            "closed_months_are_final": ("id", "'journal_entries'"),
            "lines_are_dated_as_entries": None,
        },
    ),
    "moved after the close": Corruption(
        "stock_moves",
        f"{OF_SALE} AND line = 1",
        "SET recorded_at = recorded_at + [hour]",
        {"closed_months_are_final": ("id", "'stock_moves'")},
    ),
}
STOCK = {
    "a level": Corruption(
        "stock_levels",
        f"{AVERAGE} AND location_id = {MAIN}",
        "SET on_hand = on_hand + 1",
        {"levels_are_moves": ("product_id", "location_id")},
    ),
    "a level below zero": Corruption(
        "stock_levels",
        f"{AVERAGE} AND location_id = {MAIN}",
        "SET on_hand = -1",
        {
            "levels_are_moves": ("product_id", "location_id"),
            "stock_is_not_negative": ("product_id", "'on_hand'"),
        },
        checked="stock_levels_on_hand_ck",
    ),
    "the quantity of a pool": Corruption(
        "cost_pools",
        AVERAGE,
        "SET quantity = quantity + 1",
        {
            "pool_quantity_is_valuations": ("product_id", "'quantity'"),
            "layers_are_pool_quantities": ("product_id", "'quantity'"),
        },
    ),
    "the value of a pool": Corruption(
        "cost_pools",
        AVERAGE,
        "SET value = value + 1",
        {"pool_value_is_valuations": ("product_id", "'value'")},
    ),
    "the value of a layer": Corruption(
        "cost_layers",
        OLDEST,
        "SET value = value + 1",
        {"layers_are_fifo_pools": ("product_id", "'value'")},
    ),
    "the quantity of a layer": Corruption(
        "cost_layers",
        OLDEST,
        "SET quantity = quantity - 1",
        {"layers_are_pool_quantities": ("product_id", "'quantity'")},
    ),
    "a gap that is passed": Corruption(
        "cost_layers",
        f"{AVERAGE} AND is_open",
        "SET kept = kept + 1",
        {"layers_are_pool_quantities": ("product_id", "'quantity'")},
    ),
    "what a layer began with": Corruption(
        "cost_layers",
        OLDEST,
        "SET value_in = value_in + 1",
        {"receipts_are_layers": ("source_id", "line")},
    ),
    "the quantity of a move": Corruption(
        "stock_moves",
        f"{OF_SALE} AND line = 1",
        "SET quantity = quantity - 1",
        {
            "levels_are_moves": ("product_id", "location_id"),
            "moves_are_lines": ("source_id", "line"),
            "moves_are_valuations": ("source_id", "product_id"),
        },
    ),
    "the quantity of a valuation": Corruption(
        "valuations",
        f"{OF_SALE} AND line = 1",
        "SET quantity = quantity - 1",
        {
            "pool_quantity_is_valuations": ("product_id", "'quantity'"),
            "moves_are_valuations": ("source_id", "product_id"),
        },
    ),
    "the value of a valuation": Corruption(
        "valuations",
        f"{OF_SALE} AND line = 1",
        "SET value = value - 1",
        {
            "pool_value_is_valuations": ("product_id", "'value'"),
            "costs_are_valuations": ("source_id", "line"),
        },
    ),
    "the cost of a sale": Corruption(
        "sale_lines",
        FIRST_OF_SALE,
        "SET cost = cost + 1",
        {"costs_are_valuations": ("sale_id", "line")},
    ),
    "the quantity of a sale": Corruption(
        "sale_lines",
        FIRST_OF_SALE,
        "SET quantity = quantity + 1",
        {"moves_are_lines": ("sale_id", "line")},
    ),
    "a move of another kind": Corruption(
        "stock_moves",
        f"{OF_SALE} AND line = 1",
        "SET source_kind = 'adjustment'",
        {"moves_have_documents": ("id", "source_id")},
    ),
}
DOCUMENTS = {
    "what a scrap cost": Corruption(
        "scrap_lines",
        f"scrap_id = {SCRAP}",
        "SET cost = cost + 1",
        {
            "documents_are_lines": ("scrap_id", "'cost'"),
            "costs_are_valuations": ("scrap_id", "line"),
        },
    ),
    "what a transfer moved": Corruption(
        "transfer_lines",
        f"transfer_id = {TRANSFER}",
        "SET quantity = quantity + 1",
        {"moves_are_lines": ("transfer_id", "line")},
    ),
    "the number of a transfer": Corruption(
        "transfers",
        f"id = {TRANSFER}",
        "SET number = 'TRF/2025/MAIN/000002'",
        {"numbers_have_no_gap": ("from_location_id", "'TRF/2025'")},
    ),
    "the value of a receipt": Corruption(
        "receipts",
        f"id = {RECEIPT}",
        "SET value = value + 1",
        {"documents_are_lines": ("id", "'value'")},
    ),
    "a sale line lost": Corruption(
        "sale_lines",
        f"sale_id = {LAST}",
        "DELETE",
        {
            "documents_are_lines": None,  # net, tax and total
            "moves_are_lines": ("sale_id", "line"),
            "costs_are_valuations": ("sale_id", "line"),
        },
    ),
    "a tender": Corruption(
        "sales",
        f"id = {SALE}",
        """SET tenders = '[["cash", 1]]'""",
        {"sales_are_tenders": ("id", "'tenders'")},
    ),
    "what came back": Corruption(
        "returned_so_far",
        FIRST_OF_SALE,
        "SET quantity = quantity + 1",
        {"returned_so_far_is_returns": ("sale_id", "line")},
    ),
    "the tax that came back": Corruption(
        "returned_so_far",
        FIRST_OF_SALE,
        "SET tax_parts = '[1]'",
        {"returned_so_far_is_returns": ("sale_id", "line")},
    ),
    "more came back than was sold": Corruption(
        "returned_so_far",
        FIRST_OF_SALE,
        "SET quantity = 3000000",
        {
            "returned_so_far_is_returns": ("sale_id", "line"),
            "returns_are_within_sales": ("sale_id", "line"),
        },
    ),
    "what was billed": Corruption(
        "receipt_progress",
        FIRST_OF_RECEIPT,
        "SET billed_value = billed_value + 1",
        {"receipt_progress_is_documents": ("receipt_id", "line")},
    ),
    "more was billed than came": Corruption(
        "receipt_progress",
        FIRST_OF_RECEIPT,
        "SET billed_quantity = 10000000",
        {
            "receipt_progress_is_documents": ("receipt_id", "line"),
            "receipts_are_not_exceeded": ("receipt_id", "line"),
        },
    ),
    "what a bill may credit": Corruption(
        "billed_lines",
        f"bill_id = {BILL} AND bill_line = 1",
        "SET quantity = quantity + 1",
        {"billed_lines_are_bills": ("bill_id", "bill_line")},
    ),
    "what a bill credited": Corruption(
        "billed_lines",
        f"bill_id = {BILL} AND bill_line = 1",
        "SET credited_quantity = credited_quantity + 1",
        {"billed_lines_are_bills": ("receipt_id", "receipt_line")},
    ),
}
KERNEL = {
    "a number skipped": Corruption(
        "sales",
        f"id = {LAST}",
        "SET number = 'SAL/2025/MAIN/000004'",
        {"numbers_have_no_gap": ("location_id", "'SAL/2025'")},
    ),
    "a number that is none": Corruption(
        "payments",
        "number = 'PAY/2025/000002'",
        "SET number = 'PAY/2025/'",
        {"numbers_have_no_gap": (f"'{NO_ID.hex()}'", "'PAY/2025'")},
    ),
    "a series ahead": Corruption(
        "number_series",
        "series = 'JNL' AND year = 2025",
        "SET next_number = next_number + 1",
        {"numbers_have_no_gap": ("scope_id", "'JNL/2025'")},
    ),
    "a second effect of a key": Corruption(
        "stored_answers",
        "operation = 'bills.create'",
        "tenant_id, principal_id, operation, 'again', request_hash, status, headers, body, "
        "recorded_at",
        {"one_effect_per_key": ("principal_id", "headers")},
    ),
    "an event lost": Corruption(
        "outbox_events",
        f"subject_id = {SALE}",
        "DELETE",
        {"documents_are_told_once": ("subject_id", "type")},
    ),
    "an event of nothing": Corruption(
        "outbox_events",
        f"subject_id = {BY_HAND} AND type = 'journal_entry.reversed'",
        "SET subject_id = id",
        {"documents_are_told_once": None},
    ),
}
CASES = {**LEDGER, **STOCK, **DOCUMENTS, **KERNEL}
