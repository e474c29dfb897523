"""Products: goods that are stocked, and services that are not."""

import re
from enum import StrEnum
from typing import Annotated

from app.domain.accounting.ids import AccountId, TaxId
from app.domain.catalog.ids import CategoryId, ProductId, UnitId
from app.domain.shared.errors import DomainError, Kind
from app.domain.shared.fields import (
    NAME_FORM,
    Active,
    Checked,
    Default,
    Example,
    Folded,
    Mark,
    Name,
    UnitPrice,
    Version,
    Words,
)
from app.domain.shared.frozen import frozen
from app.domain.shared.numbers import SCALE_DIGITS
from app.domain.shared.texts import checked_name, matching

SKU_LENGTH_MAX = 64
_BARCODE = re.compile(r"[0-9A-Za-z][0-9A-Za-z -]{0,47}", re.ASCII)


def _checked_sku(sku: str, pointer: str) -> str:
    return checked_name(sku, pointer, SKU_LENGTH_MAX)


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
    """Goods or a service.

    Kind, unit and costing stay, because stock is counted and valued in them. ``quantity_decimals``
    are those of the unit, kept here because documents check them line by line.
    """

    id: ProductId
    sku: Annotated[
        str,
        Words(SKU_LENGTH_MAX, form=NAME_FORM),
        Checked(_checked_sku),
        Example("TEA-EARL-100"),
    ]
    """The article number; unique within the company, without regard to case."""
    sku_folded: Annotated[str, Folded("sku")]
    name: Annotated[Name, Example("Earl Grey, 100 bags")]
    name_folded: Annotated[str, Folded("name")]
    description: Annotated[str, Words(2000, 0), Default("")]
    """A text about the product."""
    barcode: (
        Annotated[
            str,
            Words(48, form=f"^{_BARCODE.pattern}$"),
            Checked(matching(_BARCODE, "validation.pattern")),
            Example("5012345678900"),
        ]
        | None
    )
    """The barcode; unique within the company."""
    kind: Annotated[ProductKind, Mark.FIXED, Default(ProductKind.GOODS)]
    """Goods have stock, services have none."""
    unit_id: Annotated[UnitId, Mark.FIXED]
    quantity_decimals: Annotated[int, Mark.HIDDEN, Default(0)]
    category_id: CategoryId | None
    price: Annotated[UnitPrice, Example("4.50")] | None
    """The list price of one unit in the currency of the company; null when there is none."""
    tax_id: TaxId | None
    """The tax code of sales."""
    purchase_tax_id: TaxId | None
    """The tax code of purchases."""
    costing: Annotated[Costing, Mark.FIXED, Default(Costing.AVERAGE)]
    """How the cost of goods is found."""
    revenue_account_id: AccountId | None
    """Where sales are posted; null is the company's account."""
    return_account_id: AccountId | None
    """Where returns are posted; null is the company's account."""
    active: Active
    version: Version

    @property
    def stocked(self) -> bool:
        """Whether the product moves stock and value."""
        return self.kind is ProductKind.GOODS

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
