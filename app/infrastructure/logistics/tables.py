"""Tables of logistics."""

from app.application.logistics.drivers import DRIVER
from app.application.logistics.terminals import TERMINAL
from app.infrastructure.db.declared_tables import master_table
from app.infrastructure.db.metadata import index

terminals = master_table(
    TERMINAL,
    index("terminals", "name_folded", "id"),
    index("terminals", "account_code"),
)

drivers = master_table(
    DRIVER,
    index("drivers", "name_folded", "id"),
    index("drivers", "licence_expires_on", "id"),
)
