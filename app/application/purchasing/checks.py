"""What the documents of purchasing check alike."""

from app.application.catalog.contract import CONTACTS
from app.application.shared.work import Work
from app.domain.catalog.contact import ContactRoleMissing
from app.domain.catalog.product import Product, QuantityStep
from app.domain.shared.ids import Id
from app.domain.shared.numbers import SCALE_DIGITS


def check_supplier(work: Work, supplier_id: Id) -> None:
    """Let a new document name this supplier.

    Raises:
        ReferenceNotFound: there is no such contact.
        ContactInactive: it was deactivated.
        ContactRoleMissing: it is not a supplier.
    """
    supplier = work.get(CONTACTS, supplier_id, pointer="/supplier_id")
    supplier.check_supplier("/supplier_id")


def check_biller(work: Work, supplier_id: Id) -> None:
    """Let a bill name this supplier. One that is out of use still charges for what it brought.

    Raises:
        ReferenceNotFound: there is no such contact.
        ContactRoleMissing: it is not a supplier.
    """
    supplier = work.get(CONTACTS, supplier_id, pointer="/supplier_id")
    if not supplier.is_supplier:
        raise ContactRoleMissing.at("/supplier_id")


def check_step(product: Product, quantity: int, pointer: str) -> None:
    """Let a part of a receipt line pass, whether or not the product is still traded.

    Raises:
        QuantityStep: the quantity (scaled by 10^6) has more decimals than the unit.
    """
    if quantity % 10 ** (SCALE_DIGITS - product.quantity_decimals):
        raise QuantityStep.at(f"{pointer}/quantity", decimals=product.quantity_decimals)
