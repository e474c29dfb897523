"""Every permission, and the roles that every company has.

A permission is ``<resource>:read`` or ``<resource>:write``; each route and each command names the
one it needs, and a role is nothing but a set of them. A role that a company makes for itself is
another such set, so it needs no code.
"""

from collections.abc import Iterable
from typing import Final

from app.domain.identity.members.membership import OWNER

PUBLIC: Final = "public"  # of commands that run before anybody is known; no role holds it

RESOURCES: Final = (
    "profile",  # one's own sign-in: who am I, end my sessions; every role has it
    "units",
    "categories",
    "products",
    "contacts",
    "locations",
    "accounts",
    "taxes",
    "journal_entries",
    "periods",
    "sales",
    "returns",
    "unlinked_returns",  # a return that names no sale (rulings R-13)
    "payments",
    "allocations",
    "adjustments",
    "receipts",
    "bills",
    "scraps",
    "transfers",
    "terminals",
    "stock",
    "reports",
    "tenants",
    "members",  # who works for the company, and as what
    "roles",
    "api_keys",
    "exports",  # everything that the company has, in one file
    "closing",  # that the company is deleted
    "system",
    "audit",
    "costs",  # what goods cost, wherever it is shown: ``app.application.shared.guarded``
)

PERMISSIONS: Final = frozenset(
    f"{resource}:{access}" for resource in RESOURCES for access in ("read", "write")
)

# What every role holds, whatever else it may do: whoever signs in can look at that and sign out.
ALWAYS: Final = frozenset({"profile:read", "profile:write"})

# Of operators of the platform, who work for no company; no role of a company holds them.
PLATFORM_PERMISSIONS: Final = frozenset({"platform:read", "platform:write"})

_CATALOG: Final = "units categories products contacts locations taxes stock"


def _role(*, write: str, read: str = "") -> frozenset[str]:
    """The permissions on resources named with blanks between; who writes also reads."""
    changed = write.split()
    seen = {"profile", *changed, *read.split()}
    return frozenset(
        [f"{resource}:read" for resource in seen]
        + [f"{resource}:write" for resource in changed]
        + ["profile:write"]
    )


ROLES: Final[dict[str, frozenset[str]]] = {
    OWNER: PERMISSIONS,
    # Runs the company day by day; settings, the service itself and closing months are not his.
    "manager": _role(
        write="units categories products contacts locations sales returns unlinked_returns "
        "payments allocations adjustments scraps transfers terminals receipts bills members",
        read="accounts taxes journal_entries periods stock reports tenants audit roles api_keys "
        "costs",
    ),
    # Keeps the books.
    "accountant": _role(
        write="accounts taxes journal_entries periods payments allocations bills contacts",
        read=f"{_CATALOG} sales returns adjustments scraps transfers terminals receipts reports "
        "tenants audit costs",
    ),
    # Orders and takes in what suppliers bring.
    "buyer": _role(
        write="categories products contacts receipts bills",
        read=f"{_CATALOG} terminals payments allocations reports tenants costs",
    ),
    # Sells and takes back at the counter.
    "cashier": _role(write="sales returns payments contacts", read=f"{_CATALOG} tenants"),
    # Moves and counts goods.
    "warehouse": _role(
        write="locations receipts adjustments scraps transfers terminals",
        read=f"{_CATALOG} sales returns tenants",
    ),
    # Looks, but not at what goods cost, and changes nothing.
    "viewer": _role(
        write="",
        read=f"{_CATALOG} accounts journal_entries periods sales returns payments allocations "
        "adjustments scraps transfers terminals receipts bills reports tenants",
    ),
}


def permissions_of(role: str) -> frozenset[str]:
    """What a role may do; a role that is not known may do nothing."""
    return ROLES.get(role, frozenset())


def known(permissions: Iterable[str]) -> frozenset[str]:
    """Those of a stored set that this release knows: what it does not know, it cannot guard."""
    return PERMISSIONS.intersection(permissions)
