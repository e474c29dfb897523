"""What sales loads and lists."""

from app.application.shared.kinds import Finder, Kind, Lock, LockRank
from app.application.shared.reading import Listing
from app.domain.sales.returns import Return, ReturnedSoFar
from app.domain.sales.sale import Sale

SALES: Kind[Sale] = Kind("sales", key=lambda sale: (sale.id,), rank=LockRank.DOCUMENT)
RETURNS: Kind[Return] = Kind("returns", key=lambda each: (each.id,), rank=LockRank.DOCUMENT)
# Locked before any stock: two returns of one line follow each other.
RETURNED: Kind[ReturnedSoFar] = Kind(
    "returned_so_far",
    key=lambda returned: (returned.sale_id, returned.line),
    rank=LockRank.DOCUMENT,
    lock=Lock.UPDATE,
)

SALE_BY_REF: Finder[Sale] = Finder("sale_by_ref", SALES, lambda sale: (sale.external_ref,))
RETURN_BY_REF: Finder[Return] = Finder("return_by_ref", RETURNS, lambda each: (each.external_ref,))
RETURNED_OF_SALE: Finder[ReturnedSoFar] = Finder(
    "returned_of_sale", RETURNED, lambda returned: (returned.sale_id,)
)

_FILTERS = ("effective_from", "effective_to", "customer_id", "location_id", "external_ref")
SALE_LIST = Listing("sales", sorts=("effective_on", "id"), filters=_FILTERS)
RETURN_LIST = Listing("returns", sorts=("effective_on", "id"), filters=_FILTERS)
