"""The ids of logistics' objects; other contexts refer to them by these types."""

from typing import Annotated

from app.domain.shared.fields import Meaning, Reference
from app.domain.shared.ids import Id

DriverId = Annotated[Id, Reference("drv", "drivers"), Meaning("The driver.")]
TerminalId = Annotated[Id, Reference("trm", "terminals"), Meaning("The terminal.")]
