"""/receipts/{id}/return and /supplier-returns: goods that go back to suppliers."""

from app.api.lists import add_list
from app.api.resources import add_document, add_posting
from app.api.route import v1_router
from app.application.purchasing.returns import SUPPLIER_RETURN

_RETURN = SUPPLIER_RETURN.noun

router = v1_router(tags=[_RETURN.tag])
add_posting(router, SUPPLIER_RETURN, "/receipts/{id}/return", of="rcp")
add_list(router, _RETURN, SUPPLIER_RETURN.listed, SUPPLIER_RETURN.summary, "/supplier-returns")
add_document(router, SUPPLIER_RETURN, "/supplier-returns/{id}")
