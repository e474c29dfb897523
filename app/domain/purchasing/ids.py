"""The ids of purchasing's objects, for all that refer to them."""

from typing import Annotated

from app.domain.catalog.ids import ContactId
from app.domain.shared.fields import Meaning, Reference
from app.domain.shared.ids import Id

ReceiptId = Annotated[Id, Reference("rcp", "receipts"), Meaning("The receipt.")]
BillId = Annotated[Id, Reference("bil", "bills"), Meaning("The bill.")]
SupplierReturnId = Annotated[
    Id, Reference("srt", "supplier_returns"), Meaning("The return to the supplier.")
]
SupplierId = Annotated[ContactId, Meaning("The supplier.")]
