"""Contacts: the customers and suppliers of a company, one record for a party that is both."""

import re
from enum import StrEnum
from typing import Annotated

from app.domain.catalog.ids import ContactId
from app.domain.shared.errors import DomainError, InvalidValue, Kind
from app.domain.shared.fields import (
    Active,
    Checked,
    Example,
    ExternalRef,
    Folded,
    Mark,
    Meaning,
    Name,
    Version,
    Words,
)
from app.domain.shared.frozen import frozen
from app.domain.shared.phones import Phone
from app.domain.shared.texts import matching

_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}\.[^@\s.]{2,63}")
_EMAIL_FORM = r"^[^@\s\x00]{1,64}@[^@\s\x00]{1,190}\.[^@\s\x00.]{2,63}$"

Email = Annotated[
    str,
    Words(254, form=_EMAIL_FORM),
    Checked(matching(_EMAIL, "validation.email")),
    Meaning("The e-mail address."),
    Example("orders@harbour-cafe.example"),
]


class ContactRole(StrEnum):
    """What a contact is to the company."""

    CUSTOMER = "customer"
    SUPPLIER = "supplier"


class ContactInactive(DomainError):
    """An inactive contact takes part in no new document."""

    code = "catalog.contact_inactive"
    kind = Kind.CONFLICT


class ContactRoleMissing(DomainError):
    """The contact is not a customer, or not a supplier, as the document needs."""

    code = "catalog.contact_role_missing"
    kind = Kind.RULE_BROKEN


@frozen
class Contact:
    """A customer, a supplier, or both."""

    id: ContactId
    name: Annotated[Name, Example("Harbour Cafe")]
    name_folded: Annotated[str, Folded("name")]
    is_customer: Annotated[bool, Mark.HIDDEN]
    is_supplier: Annotated[bool, Mark.HIDDEN]
    email: Email | None
    phone: Phone | None
    tax_number: Annotated[str, Words(40)] | None
    """The tax number of the contact."""
    external_ref: ExternalRef | None
    address: Annotated[dict[str, str], Mark.GIVEN]
    """The postal address; only the parts that are known."""
    active: Active
    version: Version

    def __post_init__(self) -> None:
        if not (self.is_customer or self.is_supplier):
            raise InvalidValue.at("/roles")

    def check_customer(self, pointer: str) -> None:
        """Let a sales document name this contact.

        Raises:
            ContactInactive: it was deactivated.
            ContactRoleMissing: it is not a customer.
        """
        self._check(self.is_customer, pointer)

    def check_supplier(self, pointer: str) -> None:
        """Let a purchase document name this contact; raises as ``check_customer``."""
        self._check(self.is_supplier, pointer)

    def _check(self, role: bool, pointer: str) -> None:
        if not self.active:
            raise ContactInactive.at(pointer)
        if not role:
            raise ContactRoleMissing.at(pointer)
