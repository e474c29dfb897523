"""The routers of identity, in the order in which the documents show them."""

from app.api.v1.identity.audit import audit_entries
from app.api.v1.identity.companies import exports, tenants
from app.api.v1.identity.factors import mfa
from app.api.v1.identity.keys import api_keys
from app.api.v1.identity.members import invitations, members, recovery, roles
from app.api.v1.identity.operators import platform
from app.api.v1.identity.sign_in import account, auth, preferences
from app.api.v1.identity.sign_in import recovery as password_recovery

ROUTERS = (
    auth.router,
    account.router,
    password_recovery.router,
    mfa.router,
    preferences.router,
    tenants.router,
    members.router,
    recovery.router,
    invitations.router,
    audit_entries.router,
    roles.router,
    api_keys.router,
    exports.router,
    platform.router,
)
