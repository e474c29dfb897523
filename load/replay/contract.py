"""The parts of the API that the replay relies on, in one place: paths, members, error codes."""

from typing import Final, NamedTuple

API: Final = "/api/v1"
BATCH_ITEMS: Final = 100
BATCH_BYTES: Final = 1_500_000

OK_STATUSES: Final = frozenset({200, 201})
BUSY_STATUSES: Final = frozenset({429, 502, 503, 504})
BUSY_CODES: Final = frozenset({"common.concurrent_change"})


class Kind(NamedTuple):
    """A kind of document: its path, id prefix, word in keys, and the member that proves it.

    ``proof`` names the member of the answer that must equal what the replay expects; empty when
    the answer has none.
    """

    path: str
    prefix: str
    word: str
    proof: str
    batched: bool = True


PRODUCT: Final = Kind("/products", "prd", "product", "sku")
CONTACT: Final = Kind("/contacts", "con", "contact", "name")
SALE: Final = Kind("/sales", "sal", "sale", "total")
RETURN: Final = Kind("/returns", "ret", "return", "total")
ADJUSTMENT: Final = Kind("/adjustments", "adj", "adjustment", "")
RECEIPT: Final = Kind("/receipts", "rcp", "receipt", "", batched=False)
BILL: Final = Kind("/bills", "bil", "bill", "total", batched=False)
JOURNAL: Final = Kind("/journal-entries", "jnl", "journal", "", batched=False)
PAYMENT: Final = Kind("/payments", "pay", "payment", "amount")
ALLOCATION: Final = Kind("/allocations", "alc", "allocation", "")

PERIOD_DONE_CODES: Final = frozenset({"accounting.period_closed", "accounting.period_locked"})
