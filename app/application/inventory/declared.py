"""The nouns of inventory, in the order in which the contract shows them."""

from app.application.inventory.adjustments import ADJUSTMENT
from app.application.inventory.locations import LOCATION
from app.application.inventory.stock import LEVEL, MOVE
from app.application.shared.nouns import Context

INVENTORY = Context("inventory", (LOCATION, LEVEL, MOVE, ADJUSTMENT))
