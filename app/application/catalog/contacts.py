"""Contacts: customers and suppliers."""

from app.application.catalog.ports import CONTACTS
from app.application.catalog.views import contact_view
from app.application.shared.access import Principal
from app.application.shared.commands import Command, Done
from app.application.shared.kinds import Lock, Needs
from app.application.shared.masters import (
    Create,
    Edit,
    Noun,
    created,
    edited,
    own_need,
    switches,
    to_edit,
)
from app.application.shared.work import Work
from app.domain.catalog.contact import Contact

CONTACT = Noun(CONTACTS, "contact", "con", "/api/v1/contacts", contact_view)


def _create_needs(create: Create, _: Principal) -> Needs:
    return own_need(CONTACTS, create.id)


def _create(create: Create, work: Work) -> Done:
    contact = Contact.new(create.id or work.new_id(), **create.members)
    return created(work, CONTACT, contact)


def _edit_needs(edit: Edit, _: Principal) -> Needs:
    return own_need(CONTACTS, edit.id, Lock.UPDATE)


def _edit(edit: Edit, work: Work) -> Done:
    contact: Contact = to_edit(work, CONTACT, edit)
    return edited(work, CONTACT, contact, contact.changed(**edit.members))


CREATE_CONTACT = Command("contacts.create", "contacts:write", _create_needs, _create)
EDIT_CONTACT = Command("contacts.edit", "contacts:write", _edit_needs, _edit)
ACTIVATE_CONTACT, DEACTIVATE_CONTACT = switches(CONTACT, "contacts:write")
