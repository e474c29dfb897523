"""The nouns of logistics, in the order in which the contract shows them."""

from app.application.logistics.drivers import DRIVER
from app.application.logistics.terminals import TERMINAL
from app.application.shared.nouns import Context

LOGISTICS = Context("logistics", (TERMINAL, DRIVER))
