"""What documents leave open between the company and its parties, now and as of a past day."""

from typing import Final

from app.application.accounting.ports import OPEN_ITEMS, currency
from app.application.shared.nouns import Access, Listed, Noun
from app.application.shared.reading import Filter, between, list_of
from app.application.shared.views import View
from app.domain.accounting.open_items import OpenItem, PayableAmount

_SORTS: Final = ("effective_on", "document_id")
_FILTERS: Final = ("contact_id", "side", *between("effective", "effective_on"))


def open(amount: int, settled: int) -> PayableAmount:  # noqa: A001 - the name of the member
    """What is not settled yet."""
    return amount - settled


OPEN_ITEM = Listed(
    Noun(
        "open_item",
        OPEN_ITEMS,
        View(OpenItem, without=["version"], computed=[currency, open]),
        "/open-items",
        "What documents leave open between the company and its parties.",
        Access(write="manager accountant", read="buyer viewer"),
        resource="allocations",
    ),
    list_of("open_items", OpenItem, sorts=_SORTS, filters=_FILTERS),
)
# Documents and allocations with a later business day do not count.
OPEN_AS_OF = list_of(
    "open_items_as_of",
    OpenItem,
    sorts=_SORTS,
    filters=(
        *_FILTERS,
        Filter(
            "as_of",
            ("effective_on",),
            "<=",
            meaning="What was open at the end of this day; left out, everything posted counts.",
        ),
    ),
)
