"""Contacts: the customers and suppliers of a company, one record for a party that is both."""

import re
from dataclasses import replace
from typing import Any

from app.domain.shared.errors import DomainError, Fault, InvalidValue, Kind
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id
from app.domain.shared.texts import checked_name, folded

_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}\.[^@\s.]{2,63}")
_PHONE = re.compile(r"\+?[0-9 ()./-]{3,32}", re.ASCII)
_COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)
ADDRESS_MEMBERS = ("line1", "line2", "city", "region", "postcode", "country")


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
    """A party. ``address`` holds the members named in ``ADDRESS_MEMBERS``, all texts."""

    id: Id
    name: str
    name_folded: str
    is_customer: bool
    is_supplier: bool
    email: str | None
    phone: str | None
    tax_number: str | None
    external_ref: str | None
    address: dict[str, str]
    active: bool
    version: int

    def __post_init__(self) -> None:
        if not (self.is_customer or self.is_supplier):
            raise InvalidValue.at("/roles")
        if self.email is not None and _EMAIL.fullmatch(self.email) is None:
            raise InvalidValue(faults=[Fault("/email", "validation.email")])
        if self.phone is not None and _PHONE.fullmatch(self.phone) is None:
            rule: dict[str, str | int] = {"pattern": _PHONE.pattern}
            raise InvalidValue(faults=[Fault("/phone", "validation.pattern", rule)])
        country = self.address.get("country")
        if country is not None and _COUNTRY.fullmatch(country) is None:
            raise InvalidValue(faults=[Fault("/address/country", "validation.country")])
        if not self.address.keys() <= set(ADDRESS_MEMBERS):
            raise InvalidValue.at("/address")

    @classmethod
    def new(cls, id_: Id, name: str, **members: Any) -> "Contact":
        """A new, active contact; ``members`` are the other fields."""
        shown = checked_name(name)
        return cls(id=id_, name=shown, name_folded=folded(shown), active=True, version=1, **members)

    def changed(self, **members: Any) -> "Contact":
        """The contact with other members."""
        if "name" in members:
            members["name"] = checked_name(members["name"])
            members["name_folded"] = folded(members["name"])
        return replace(self, **members)

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
