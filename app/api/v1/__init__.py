"""The routers of version 1, in the order in which the documents show them."""

from app.api.resources import routers_of
from app.api.v1.accounting import allocations, journal_entries, open_items, payments, periods
from app.api.v1.catalog import contacts, products
from app.api.v1.identity.audit import audit_entries
from app.api.v1.identity.companies import closing, exports, tenants
from app.api.v1.identity.factors import mfa
from app.api.v1.identity.keys import api_keys, well_known
from app.api.v1.identity.members import invitations, members, roles
from app.api.v1.identity.operators import platform
from app.api.v1.identity.sign_in import account, auth, preferences, recovery
from app.api.v1.purchasing import bills, receipts, supplier_returns
from app.api.v1.reports import reports
from app.api.v1.sales import returns, sales
from app.application.contexts import ACCOUNTING, CATALOG, INVENTORY, LOGISTICS

WELL_KNOWN = well_known.router

ROUTERS = (
    auth.router,
    account.router,
    recovery.router,
    mfa.router,
    preferences.router,
    tenants.router,
    members.router,
    recovery.members,
    invitations.router,
    audit_entries.router,
    roles.router,
    api_keys.router,
    exports.router,
    closing.router,
    platform.router,
    *routers_of(CATALOG, {"product": products.router}),
    contacts.router,
    *routers_of(INVENTORY),
    receipts.router,
    supplier_returns.router,
    bills.router,
    sales.router,
    returns.router,
    payments.router,
    allocations.router,
    open_items.router,
    *routers_of(ACCOUNTING),
    periods.router,
    journal_entries.router,
    *routers_of(LOGISTICS),
    reports.router,
)
