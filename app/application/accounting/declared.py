"""The nouns of accounting, in the order in which the contract shows them."""

from app.application.accounting.accounts import ACCOUNT
from app.application.accounting.taxes import TAX
from app.application.shared.nouns import Context

ACCOUNTING = Context("accounting", (ACCOUNT, TAX))
