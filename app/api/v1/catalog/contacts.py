"""/contacts: customers and suppliers; /customers and /suppliers are filtered faces of them."""

import re
from typing import Annotated, Any, Literal

from fastapi import Depends, Query
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError
from starlette.responses import Response

from app.api.deps import BATCH_MAX, Caller, CommandCaller, Http
from app.api.masters import add_master, batched, listed
from app.api.paging import PageParams, PageQuery
from app.api.route import BATCH, permission, v1_router
from app.api.wire import (
    ABSENT,
    ContactId,
    ExternalRef,
    Schema,
    Text2,
    Text20,
    Text32,
    Text40,
    Text100,
    Text128,
    Text200,
    Text254,
)
from app.application.catalog.contacts import (
    ACTIVATE_CONTACT,
    CONTACT,
    CREATE_CONTACT,
    DEACTIVATE_CONTACT,
    EDIT_CONTACT,
)
from app.application.catalog.ports import CONTACT_LIST
from app.application.catalog.views import ContactView
from app.application.shared.masters import Create

router = v1_router("/contacts", tags=["contacts"])
faces = v1_router(tags=["contacts"])

Role = Literal["customer", "supplier"]
_COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)
Roles = Annotated[list[Role], Field(min_length=1, max_length=2)]


def _country(value: str) -> str:
    if _COUNTRY.fullmatch(value) is None:
        raise PydanticCustomError("validation.country", "two capital letters")
    return value


Country = Annotated[
    Text2, AfterValidator(_country), Field(json_schema_extra={"pattern": f"^{_COUNTRY.pattern}$"})
]


class AddressIn(Schema):
    """A postal address."""

    line1: Text200 | None = None
    line2: Text200 | None = None
    city: Text100 | None = None
    region: Text100 | None = None
    postcode: Text20 | None = None
    country: Country | None = None


class ContactPatch(Schema):
    """What may change of a contact."""

    name: Text200 = ABSENT
    roles: Roles = ABSENT
    email: Text254 | None = ABSENT
    phone: Text32 | None = ABSENT
    tax_number: Text40 | None = ABSENT
    external_ref: ExternalRef | None = ABSENT
    address: AddressIn | None = ABSENT

    def members(self) -> dict[str, Any]:
        """The fields of the aggregate that were sent."""
        return _members(self, self.model_fields_set)


class ContactIn(Schema):
    """A new contact."""

    id: ContactId | None = None
    name: Text200
    roles: Roles
    email: Text254 | None = None
    phone: Text32 | None = None
    tax_number: Text40 | None = None
    external_ref: ExternalRef | None = None
    address: AddressIn | None = None

    def members(self) -> dict[str, Any]:
        """The fields of the aggregate."""
        return _members(self, ContactIn.model_fields.keys() - {"id"})


class ContactItem(ContactIn):
    """A contact of a batch."""

    idempotency_key: Text128


class ContactBatch(Schema):
    """Up to 100 contacts; with ``atomic`` all or none."""

    atomic: bool = False
    items: Annotated[list[ContactItem], Field(min_length=1, max_length=BATCH_MAX)]


def _members(body: Any, names: Any) -> dict[str, Any]:
    members = {name: getattr(body, name) for name in names}
    if "roles" in members:
        roles = members.pop("roles")
        members["is_customer"] = "customer" in roles
        members["is_supplier"] = "supplier" in roles
    if "address" in members:
        address = members["address"]
        members["address"] = {} if address is None else address.model_dump(exclude_none=True)
    return members


@router.post(
    "/batch",
    summary="Create contacts",
    openapi_extra=permission("contacts:write") | BATCH,
    responses=batched(ContactView),
)
async def batch_contacts(http: CommandCaller, body: ContactBatch) -> Response:
    """Create contacts; each item is answered for itself, in order."""
    items = [(item.idempotency_key, Create(item.id, item.members())) for item in body.items]
    return await http.run_batch(CREATE_CONTACT, items, atomic=body.atomic)


add_master(
    router,
    CONTACT,
    ContactView,
    new=ContactIn,
    patch=ContactPatch,
    create=CREATE_CONTACT,
    edit=EDIT_CONTACT,
    activate=ACTIVATE_CONTACT,
    deactivate=DEACTIVATE_CONTACT,
)


async def _filters(
    q: Annotated[str | None, Query(min_length=1, max_length=100)] = None,
    email: Annotated[str | None, Query(max_length=254)] = None,
    external_ref: Annotated[str | None, Query(max_length=100)] = None,
    active: bool | None = None,
) -> dict[str, Any]:
    """The filters that contacts, customers and suppliers share."""
    return {"q": q, "email": email, "external_ref": external_ref, "active": active}


FilterQuery = Annotated[dict[str, Any], Depends(_filters)]
_READ = permission("contacts:read")


@router.get(
    "", summary="List contacts", openapi_extra=_READ, responses=listed(ContactView, CONTACT_LIST)
)
async def list_contacts(
    http: Caller, page: PageQuery, filters: FilterQuery, role: Role | None = None
) -> Response:
    """Contacts in the order of their names."""
    return await _list(http, page, filters, role)


@faces.get(
    "/customers",
    summary="List customers",
    openapi_extra=_READ,
    responses=listed(ContactView, CONTACT_LIST),
)
async def list_customers(http: Caller, page: PageQuery, filters: FilterQuery) -> Response:
    """Contacts who are customers."""
    return await _list(http, page, filters, "customer")


@faces.get(
    "/suppliers",
    summary="List suppliers",
    openapi_extra=_READ,
    responses=listed(ContactView, CONTACT_LIST),
)
async def list_suppliers(http: Caller, page: PageQuery, filters: FilterQuery) -> Response:
    """Contacts who are suppliers."""
    return await _list(http, page, filters, "supplier")


async def _list(
    http: Http, page: PageParams, filters: dict[str, Any], role: Role | None
) -> Response:
    held = {} if role is None else {f"is_{role}": True}
    return await http.list(CONTACT_LIST, page, **filters, **held)
