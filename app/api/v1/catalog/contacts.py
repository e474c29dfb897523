"""/customers and /suppliers: the contacts in one role."""

from app.api.lists import add_list
from app.api.route import v1_router
from app.application.catalog.contacts import CONTACT
from app.domain.catalog.contact import ContactRole

router = v1_router(tags=["contacts"])

for role in ContactRole:
    add_list(
        router,
        CONTACT.noun,
        CONTACT.listed,
        CONTACT.noun.view,
        path=f"/{role}s",
        summary=f"List {role}s",
        fixed={"role": role},
        without=("role",),
    )
