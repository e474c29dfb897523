"""The nouns of accounting, in the order in which the contract shows them."""

from app.application.accounting.accounts import ACCOUNT
from app.application.accounting.allocations import ALLOCATION
from app.application.accounting.journal import ENTRY
from app.application.accounting.open_items import OPEN_ITEM
from app.application.accounting.payments import PAYMENT
from app.application.accounting.periods import PERIOD
from app.application.accounting.taxes import TAX
from app.application.shared.nouns import Context

ACCOUNTING = Context("accounting", (PAYMENT, ALLOCATION, OPEN_ITEM, ACCOUNT, TAX, PERIOD, ENTRY))
