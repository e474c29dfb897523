"""The ids of sales documents."""

from typing import Annotated

from app.domain.shared.fields import Meaning, Reference
from app.domain.shared.ids import Id

SaleId = Annotated[Id, Reference("sal", "sales"), Meaning("The sale.")]
ReturnId = Annotated[Id, Reference("ret", "returns"), Meaning("The return.")]
