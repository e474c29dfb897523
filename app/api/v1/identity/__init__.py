"""The routers of identity, in the order in which the documents show them."""

from app.api.v1.identity.audit import audit_entries
from app.api.v1.identity.companies import companies, exports
from app.api.v1.identity.factors import mfa
from app.api.v1.identity.keys import api_keys
from app.api.v1.identity.members import invitations, members, roles
from app.api.v1.identity.operators import platform
from app.api.v1.identity.sign_in import account, auth, recovery

ROUTERS = (
    auth.router,
    account.router,
    recovery.router,
    mfa.router,
    companies.router,
    members.router,
    members.sessions,
    invitations.router,
    audit_entries.router,
    roles.router,
    api_keys.router,
    exports.router,
    platform.router,
)
