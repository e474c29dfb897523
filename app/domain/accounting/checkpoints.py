"""What reports start from: the ledger, summed by account and day up to an instant of recording.

No posting writes a balance (rulings R-05). A report adds what was recorded after the checkpoint.
"""

from datetime import date, datetime

from app.domain.accounting.ids import AccountId
from app.domain.shared.frozen import frozen


@frozen
class LedgerCheckpoint:
    """Every entry recorded up to ``recorded_to`` is part of the day balances, and no other is."""

    recorded_to: datetime
    version: int = 1


@frozen
class DayBalance:
    """What those entries did to an account on a day: minor units, a debit positive."""

    effective_on: date
    account_id: AccountId
    amount: int
    version: int = 1
