"""The ids of the catalog's objects; other contexts refer to them by these types."""

from typing import Annotated

from app.domain.shared.fields import Meaning, Reference
from app.domain.shared.ids import Id

UnitId = Annotated[Id, Reference("unt", "units"), Meaning("The unit of measure.")]
CategoryId = Annotated[Id, Reference("cat", "categories"), Meaning("The category.")]
ProductId = Annotated[Id, Reference("prd", "products"), Meaning("The product.")]
ContactId = Annotated[Id, Reference("con", "contacts"), Meaning("The customer or supplier.")]
CustomerId = Annotated[ContactId, Meaning("The customer.")]
