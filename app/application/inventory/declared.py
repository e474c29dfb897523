"""The nouns of inventory, in the order in which the contract shows them."""

from app.application.inventory.adjustments import ADJUSTMENT
from app.application.inventory.locations import LOCATION
from app.application.inventory.scraps import SCRAP
from app.application.inventory.stock import LEVEL, MOVE
from app.application.inventory.transfers import TRANSFER
from app.application.shared.nouns import Access, Context, Resource

INVENTORY = Context(
    "inventory",
    (LOCATION, LEVEL, MOVE, ADJUSTMENT, SCRAP, TRANSFER),
    # What goods cost, wherever it is shown (``app.domain.shared.fields.WHAT_GOODS_COST``).
    resources=(Resource("costs", Access(read="manager accountant buyer")),),
)
