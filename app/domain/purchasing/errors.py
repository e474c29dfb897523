"""Every refusal of the purchasing context."""

from app.domain.shared.errors import DomainError, Kind


class LineCount(DomainError):
    """A document has no line, or more than ``lines_max`` (rulings R-15)."""

    code = "purchasing.line_count"
    kind = Kind.RULE_BROKEN


class OverBilled(DomainError):
    """A bill asks for more of a receipt line than came, less what was billed or went back before.

    Every such line is a fault; ``billable`` is, as a decimal string, what can still be billed.
    """

    code = "purchasing.over_billed"
    kind = Kind.CONFLICT


class OverReturned(DomainError):
    """More of a receipt line would go back than came, less what went back before.

    Every such line is a fault; ``returnable`` is, as a decimal string, what can still go back.
    """

    code = "purchasing.over_returned"
    kind = Kind.CONFLICT


class SupplierNumberTaken(DomainError):
    """A bill of this supplier with this number is booked already."""

    code = "purchasing.supplier_number_taken"
    kind = Kind.CONFLICT


class OtherSupplier(DomainError):
    """A bill names a receipt of another supplier."""

    code = "purchasing.other_supplier"
    kind = Kind.RULE_BROKEN
