"""The ids of accounting's objects; other contexts refer to them by these types."""

from typing import Annotated

from app.domain.shared.fields import Meaning, Reference
from app.domain.shared.ids import Id

AccountId = Annotated[Id, Reference("acc", "accounts"), Meaning("The account.")]
TaxId = Annotated[Id, Reference("tax", "taxes"), Meaning("The tax code.")]
EntryId = Annotated[
    Id, Reference("jnl", "journal_entries"), Meaning("The journal entry of the document.")
]
PaymentId = Annotated[Id, Reference("pay", "payments"), Meaning("The payment.")]
AllocationId = Annotated[Id, Reference("alc", "allocation_documents"), Meaning("The allocation.")]
