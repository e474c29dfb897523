"""Products: goods that are stocked, and services that are not."""

import re
from dataclasses import replace
from enum import StrEnum
from typing import Any

from app.domain.shared.errors import DomainError, Fault, InvalidValue, Kind, ValueOutOfRange
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id
from app.domain.shared.numbers import AMOUNT_MAX, SCALE_DIGITS
from app.domain.shared.texts import checked_name, folded

SKU_LENGTH_MAX = 64
DESCRIPTION_LENGTH_MAX = 2000
_BARCODE = re.compile(r"[0-9A-Za-z][0-9A-Za-z -]{0,47}", re.ASCII)


class ProductInactive(DomainError):
    """An inactive product cannot be bought or sold."""

    code = "catalog.product_inactive"
    kind = Kind.CONFLICT


class SkuTaken(DomainError):
    """Another product has this SKU; case does not tell them apart (rulings R-14)."""

    code = "catalog.sku_taken"
    kind = Kind.CONFLICT


class BarcodeTaken(DomainError):
    """Another product has this barcode."""

    code = "catalog.barcode_taken"
    kind = Kind.CONFLICT


class NotStocked(DomainError):
    """A service has no stock."""

    code = "catalog.not_stocked"
    kind = Kind.RULE_BROKEN


class PriceMissing(DomainError):
    """The product has no list price and the line states none; no price is not zero."""

    code = "catalog.price_missing"
    kind = Kind.RULE_BROKEN


class QuantityStep(DomainError):
    """A quantity has more decimals than the unit of its product allows (half a piece)."""

    code = "catalog.quantity_step"
    kind = Kind.RULE_BROKEN


class ProductKind(StrEnum):
    """Whether stock is kept."""

    GOODS = "goods"
    SERVICE = "service"


class Costing(StrEnum):
    """How the value of goods that leave is found (semantics 2.2)."""

    AVERAGE = "average"
    FIFO = "fifo"


@frozen
class Product:
    """What is bought and sold. ``price`` is the list price per unit, scaled by 10^6, None if none.

    ``sku_folded`` and ``name_folded`` are without regard to case. ``quantity_decimals`` are those
    of the unit, kept here because documents check them line by line. A service posts to its own
    revenue and return accounts; None means the company's for sales and sales returns.
    """

    id: Id
    sku: str
    sku_folded: str
    name: str
    name_folded: str
    description: str
    barcode: str | None
    kind: ProductKind
    unit_id: Id
    quantity_decimals: int
    category_id: Id | None
    price: int | None
    tax_id: Id | None
    purchase_tax_id: Id | None
    costing: Costing
    revenue_account_id: Id | None
    return_account_id: Id | None
    active: bool
    version: int

    def __post_init__(self) -> None:
        if self.price is not None and not 0 <= self.price <= AMOUNT_MAX:
            raise ValueOutOfRange.at("/price")
        if len(self.description) > DESCRIPTION_LENGTH_MAX or "\0" in self.description:
            raise InvalidValue.at("/description")
        if self.barcode is not None and _BARCODE.fullmatch(self.barcode) is None:
            rule: dict[str, str | int] = {"pattern": _BARCODE.pattern}
            raise InvalidValue(faults=[Fault("/barcode", "validation.pattern", rule)])

    @classmethod
    def new(cls, id_: Id, sku: str, name: str, **members: Any) -> "Product":
        """A new, active product; ``members`` are the other fields."""
        shown = checked_name(sku, "/sku", SKU_LENGTH_MAX)
        shown_name = checked_name(name)
        return cls(
            id=id_,
            sku=shown,
            sku_folded=folded(shown),
            name=shown_name,
            name_folded=folded(shown_name),
            active=True,
            version=1,
            **members,
        )

    @property
    def stocked(self) -> bool:
        """Whether the product moves stock and value."""
        return self.kind is ProductKind.GOODS

    def changed(self, **members: Any) -> "Product":
        """The product with other members. Kind, unit and costing stay: stock is counted in them."""
        if "sku" in members:
            members["sku"] = checked_name(members["sku"], "/sku", SKU_LENGTH_MAX)
            members["sku_folded"] = folded(members["sku"])
        if "name" in members:
            members["name"] = checked_name(members["name"])
            members["name_folded"] = folded(members["name"])
        return replace(self, **members)

    def check_tradable(self, quantity: int, pointer: str) -> None:
        """Let a line of a document name this product; ``pointer`` is the line.

        Raises:
            ProductInactive: it was deactivated.
            QuantityStep: the quantity (scaled by 10^6) has more decimals than the unit.
        """
        if not self.active:
            raise ProductInactive.at(f"{pointer}/product_id")
        self.check_step(quantity, f"{pointer}/quantity")

    def check_step(self, quantity: int, pointer: str) -> None:
        """Let a quantity (scaled by 10^6) pass that the unit can count; raises QuantityStep."""
        if quantity % 10 ** (SCALE_DIGITS - self.quantity_decimals):
            raise QuantityStep.at(pointer, decimals=self.quantity_decimals)

    def check_stocked(self, pointer: str) -> None:
        """Let a document move stock of this product; raises NotStocked for a service."""
        if not self.stocked:
            raise NotStocked.at(f"{pointer}/product_id")
