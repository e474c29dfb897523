"""Every refusal of the accounting context.

``CONFLICT`` means that the present state refuses (a closed month, a settled item) and another state
would not; ``RULE_BROKEN`` means that the request can never be accepted as it stands.
"""

from app.domain.shared.errors import DomainError, Kind


class AccountRequired(DomainError):
    """The books post to this account by its role, so it cannot be deactivated."""

    code = "accounting.account_required"
    kind = Kind.RULE_BROKEN


class AccountInactive(DomainError):
    """A new posting names an account that is no longer in use."""

    code = "accounting.account_inactive"
    kind = Kind.CONFLICT


class ControlAccount(DomainError):
    """A control account is posted by its sub-ledger only, never by hand."""

    code = "accounting.control_account"
    kind = Kind.RULE_BROKEN


class AccountUnsuitable(DomainError):
    """What shall post to the account is not what the account is for: a sale to the cash account."""

    code = "accounting.account_unsuitable"
    kind = Kind.RULE_BROKEN


class DatedAhead(DomainError):
    """A fact is dated later than tomorrow: a year that was typed wrong would stand in the books."""

    code = "accounting.dated_ahead"
    kind = Kind.RULE_BROKEN


class PeriodClosed(DomainError):
    """The month is closed: it takes no postings until it is reopened."""

    code = "accounting.period_closed"
    kind = Kind.CONFLICT


class PeriodLocked(DomainError):
    """The month is locked for ever."""

    code = "accounting.period_locked"
    kind = Kind.CONFLICT


class PeriodOpen(DomainError):
    """The month is open; only a closed one can be locked or reopened."""

    code = "accounting.period_open"
    kind = Kind.CONFLICT


class PeriodNotBegun(DomainError):
    """The month lies in the future; closing it would close all months up to it."""

    code = "accounting.period_not_begun"
    kind = Kind.CONFLICT


class PeriodReasonMissing(DomainError):
    """A month is reopened only with a reason."""

    code = "accounting.period_reason_missing"
    kind = Kind.RULE_BROKEN


class EarlierPeriodOpen(DomainError):
    """Months close in order: an earlier one is still open."""

    code = "accounting.earlier_period_open"
    kind = Kind.CONFLICT


class LaterPeriodClosed(DomainError):
    """Months reopen in order: only the latest closed month can be reopened."""

    code = "accounting.later_period_closed"
    kind = Kind.CONFLICT


class EntryUnbalanced(DomainError):
    """The debits of an entry do not equal its credits."""

    code = "accounting.entry_unbalanced"
    kind = Kind.RULE_BROKEN


class EntryTooShort(DomainError):
    """An entry has fewer than two lines."""

    code = "accounting.entry_too_short"
    kind = Kind.RULE_BROKEN


class EntryLineZero(DomainError):
    """A line of an entry has no amount."""

    code = "accounting.entry_line_zero"
    kind = Kind.RULE_BROKEN


class AlreadyReversed(DomainError):
    """An entry is reversed at most once."""

    code = "accounting.already_reversed"
    kind = Kind.CONFLICT


class ReversalBeforeEntry(DomainError):
    """A reversal is dated on the day of its entry or later: nothing is undone before it is done."""

    code = "accounting.reversal_before_entry"
    kind = Kind.RULE_BROKEN


class ReversalOfReversal(DomainError):
    """A reversal is final; the original entry is posted anew instead."""

    code = "accounting.reversal_of_reversal"
    kind = Kind.RULE_BROKEN


class EntryOfDocument(DomainError):
    """The entry belongs to a document, which is undone by a return or a credit, not by hand."""

    code = "accounting.entry_of_document"
    kind = Kind.RULE_BROKEN


class TaxRateOutOfRange(DomainError):
    """A percentage is outside 0 to 100, or a sum per unit is negative or too large."""

    code = "accounting.tax_rate_out_of_range"
    kind = Kind.RULE_BROKEN


class TaxInactive(DomainError):
    """A new document names a tax code that is no longer in use."""

    code = "accounting.tax_inactive"
    kind = Kind.CONFLICT


class TaxExceedsAmount(DomainError):
    """The fixed tax contained in a price is larger than the price."""

    code = "accounting.tax_exceeds_amount"
    kind = Kind.RULE_BROKEN


class DiscountTooLarge(DomainError):
    """A discount would make a line or a document negative."""

    code = "accounting.discount_too_large"
    kind = Kind.RULE_BROKEN


class ExcessPayment(DomainError):
    """A payment is larger than what it finds open, and no credit was asked for (rulings R-12)."""

    code = "accounting.excess_payment"
    kind = Kind.CONFLICT


class AllocationStatedTwice(DomainError):
    """A payment names the documents that it settles, and says what to settle beside."""

    code = "accounting.allocation_stated_twice"
    kind = Kind.RULE_BROKEN


class OverAllocation(DomainError):
    """An allocation is larger than what is open on one of its two documents."""

    code = "accounting.over_allocation"
    kind = Kind.CONFLICT


class AllocationMismatch(DomainError):
    """The two documents do not belong to one party and side, or are not a credit and a debit."""

    code = "accounting.allocation_mismatch"
    kind = Kind.RULE_BROKEN
