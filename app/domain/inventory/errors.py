"""Every refusal of the inventory context.

``CONFLICT`` means that the present state refuses and another state would not; ``RULE_BROKEN`` means
that the request can never be accepted as it stands.
"""

from app.domain.shared.errors import DomainError, Kind


class ScrapAccountNeeded(DomainError):
    """A scrap for another reason states the account of its cost."""

    code = "inventory.scrap_account_needed"
    kind = Kind.RULE_BROKEN


class TransferToItself(DomainError):
    """A transfer leads from one location to another one."""

    code = "inventory.transfer_to_itself"
    kind = Kind.RULE_BROKEN


class InsufficientStock(DomainError):
    """A document asks for more of an item than lies at the place; every short line is a fault.

    Each fault carries ``sku`` and, as decimal strings, what is ``available`` and what the whole
    document has ``requested`` of that item.
    """

    code = "inventory.insufficient_stock"
    kind = Kind.CONFLICT


class BelowZero(DomainError):
    """One move would take out more than there is. The last guard behind ``InsufficientStock``."""

    code = "inventory.below_zero"
    kind = Kind.CONFLICT


class Backdated(DomainError):
    """The item was costed on a later day already (rulings R-01); ``earliest`` is still possible."""

    code = "inventory.backdated"
    kind = Kind.CONFLICT


class MovedAhead(DomainError):
    """Goods cannot move on a day to come: none before it could then be costed any more (R-01)."""

    code = "inventory.moved_ahead"
    kind = Kind.RULE_BROKEN


class UnitCostNeeded(DomainError):
    """Goods come in without a cost of their own, and the item has never had one."""

    code = "inventory.unit_cost_needed"
    kind = Kind.RULE_BROKEN


class NothingOnHand(DomainError):
    """A revaluation finds no goods whose value it could change."""

    code = "inventory.nothing_on_hand"
    kind = Kind.CONFLICT


class ValueBelowZero(DomainError):
    """A revaluation would take more value than the goods have."""

    code = "inventory.value_below_zero"
    kind = Kind.CONFLICT


class MoreThanReceived(DomainError):
    """More of a receipt would go back to the supplier than it brought, less what went back."""

    code = "inventory.more_than_received"
    kind = Kind.CONFLICT


class PoolInconsistent(DomainError):
    """A cost pool or layer contradicts itself: stored data or the caller is wrong."""

    code = "inventory.pool_inconsistent"
    kind = Kind.INTERNAL


class LocationInactive(DomainError):
    """A document names a location that is no longer in use."""

    code = "inventory.location_inactive"
    kind = Kind.CONFLICT


class LineCount(DomainError):
    """An adjustment has no line, or more than ``lines_max`` (rulings R-15)."""

    code = "inventory.line_count"
    kind = Kind.RULE_BROKEN


class ZeroQuantity(DomainError):
    """A line moves nothing."""

    code = "inventory.zero_quantity"
    kind = Kind.RULE_BROKEN


class WrongDirection(DomainError):
    """The reason of an adjustment only brings goods in, or only takes them out."""

    code = "inventory.wrong_direction"
    kind = Kind.RULE_BROKEN


class CostOnLoss(DomainError):
    """A unit cost was stated for goods that leave; those leave by the costing method."""

    code = "inventory.cost_on_loss"
    kind = Kind.RULE_BROKEN
