"""Refusals of sales."""

from app.domain.shared.errors import DomainError, Kind


class LineCount(DomainError):
    """A document has 1 to ``lines_max`` lines."""

    code = "sales.line_count"
    kind = Kind.RULE_BROKEN


class TenderMismatch(DomainError):
    """The payments do not add to the total."""

    code = "sales.tender_mismatch"
    kind = Kind.RULE_BROKEN


class ChangeWithoutCash(DomainError):
    """Change is given for cash only."""

    code = "sales.change_without_cash"
    kind = Kind.RULE_BROKEN


class CustomerNeeded(DomainError):
    """What is sold or refunded on account needs a customer."""

    code = "sales.customer_needed"
    kind = Kind.RULE_BROKEN


class OverReturn(DomainError):
    """More would come back than was sold less what came back before."""

    code = "sales.over_return"
    kind = Kind.CONFLICT


class ReturnOfOtherCustomer(DomainError):
    """The returned line belongs to a sale of another customer."""

    code = "sales.return_of_other_customer"
    kind = Kind.RULE_BROKEN


class ReturnBeforeSale(DomainError):
    """Goods cannot come back on a day before they were sold."""

    code = "sales.return_before_sale"
    kind = Kind.RULE_BROKEN
