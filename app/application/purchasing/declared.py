"""The nouns of purchasing, in the order in which the contract shows them."""

from app.application.purchasing.bills import BILL
from app.application.purchasing.receipts import RECEIPT
from app.application.purchasing.returns import SUPPLIER_RETURN
from app.application.shared.nouns import Context

PURCHASING = Context("purchasing", (RECEIPT, SUPPLIER_RETURN, BILL))
