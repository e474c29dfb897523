"""Terminals: the depots where transport orders start and end."""

from app.application.shared.kinds import Kind
from app.application.shared.masters import Master, Unique
from app.application.shared.nouns import Access, Noun, by_id
from app.application.shared.reading import list_of
from app.application.shared.views import View
from app.domain.logistics.errors import OpeningHoursWrong
from app.domain.logistics.terminal import Terminal

TERMINALS: Kind[Terminal] = Kind("terminals", key=by_id)

TERMINAL = Master(
    Noun(
        "terminal",
        TERMINALS,
        View(Terminal),
        "/terminals",
        "Depots where transport orders start and end.",
        Access(write="manager warehouse", read="accountant buyer viewer"),
        refusals=[OpeningHoursWrong],
    ),
    unique=[Unique("code")],
    batch=True,
    listed=list_of(
        "terminals",
        Terminal,
        sorts=("code", "name"),
        filters=("code", "account_code", "active"),
        search=True,
    ),
)
