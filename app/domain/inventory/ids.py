"""The ids of inventory's objects; other contexts refer to them by these types."""

from typing import Annotated

from app.domain.shared.fields import Meaning, Reference
from app.domain.shared.ids import Id

LocationId = Annotated[Id, Reference("loc", "locations"), Meaning("The location.")]
AdjustmentId = Annotated[Id, Reference("adj", "adjustments"), Meaning("The adjustment.")]
MoveId = Annotated[Id, Reference("mov", "stock_moves"), Meaning("The stock move.")]
ScrapId = Annotated[Id, Reference("scr", "scraps"), Meaning("The scrap.")]
TransferId = Annotated[Id, Reference("trf", "transfers"), Meaning("The transfer.")]
