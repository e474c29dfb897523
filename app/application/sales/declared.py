"""The nouns of sales, in the order in which the contract shows them."""

from app.application.sales.returns import RETURN, UNLINKED
from app.application.sales.sales import SALE
from app.application.shared.nouns import Context

SALES = Context("sales", (SALE, RETURN), (UNLINKED,))
