"""Identity in the database: how its aggregates are loaded and saved, and its lists."""

from app.infrastructure.db.lists import ListQuery
from app.infrastructure.db.mapping import Mapping, Search
from app.infrastructure.identity.audit import lists as audit_lists
from app.infrastructure.identity.audit import tables as audit
from app.infrastructure.identity.companies import all_companies
from app.infrastructure.identity.companies import tables as companies
from app.infrastructure.identity.directory import mappings as directory
from app.infrastructure.identity.factors import tables as factors
from app.infrastructure.identity.keys import mappings as keys
from app.infrastructure.identity.members import mappings as members
from app.infrastructure.identity.operators import tables as operators
from app.infrastructure.identity.sign_in import mappings as sign_in

MAPPINGS: tuple[Mapping | Search, ...] = (
    *directory.MAPPINGS,
    *sign_in.MAPPINGS,
    *members.MAPPINGS,
    *keys.MAPPINGS,
    *factors.MAPPINGS,
    *companies.MAPPINGS,
    *all_companies.MAPPINGS,
    *operators.MAPPINGS,
    *audit.MAPPINGS,
)

LISTS: tuple[ListQuery, ...] = (
    *sign_in.LISTS,
    *members.LISTS,
    *keys.LISTS,
    *factors.LISTS,
    *companies.LISTS,
    *all_companies.LISTS,
    *operators.LISTS,
    *audit_lists.LISTS,
)
