"""Goods and parties for tests in memory, and the inputs of the commands that move them."""

from datetime import UTC, datetime
from typing import Any

from app.application.accounting.ports import TAXES
from app.application.catalog.contacts import CONTACTS
from app.application.catalog.products import PRODUCTS
from app.application.catalog.units import UNITS
from app.application.inventory.adjustments import ADJUSTMENT
from app.application.inventory.locations import LOCATIONS
from app.application.purchasing.bills import BILL
from app.application.purchasing.receipts import RECEIPT
from app.application.purchasing.returns import SUPPLIER_RETURN
from app.application.shared.documents import Asked
from app.domain.accounting.tax import TaxCode, TaxComponent, TaxKind
from app.domain.catalog.contact import Contact
from app.domain.catalog.product import Costing, Product
from app.domain.inventory.adjustments import AdjustmentIn, AdjustmentLineIn, AdjustmentReason
from app.domain.purchasing.bills import BillIn, BillLineIn
from app.domain.purchasing.receipts import ReceiptIn, ReceiptLineIn
from app.domain.purchasing.returns import ReturnedLineIn, SupplierReturnIn
from app.domain.shared.ids import Id, read
from app.domain.shared.masters import made
from app.domain.shared.numbers import SCALE
from tests.support.memory import NOW, Memory


def scaled(text: str) -> int:
    """A decimal text as an integer scaled by 10^6."""
    whole, _, fraction = text.lstrip("-").partition(".")
    value: int = int(whole) * SCALE + int(fraction.ljust(6, "0"))
    return -value if text.startswith("-") else value


def asked(body: Any) -> Asked[Any]:
    """A request that arrived ``NOW``."""
    return Asked(body, body.effective_at or NOW)


def adjusted(product_id: Id, quantity: str, unit_cost: str | None = None) -> AdjustmentLineIn:
    """A line of an adjustment."""
    cost = None if unit_cost is None else scaled(unit_cost)
    return AdjustmentLineIn(product_id=product_id, quantity=scaled(quantity), unit_cost=cost)


class Trade(Memory):
    """A company in memory that buys, keeps and adjusts goods."""

    def __init__(self, currency: str = "GBP", **options: Any) -> None:
        super().__init__(currency, **options)
        self.supplier = self.contact("Supplier")
        self.location = self.all(LOCATIONS)[0].id
        self._bills = 0

    def contact(self, name: str, *, supplier: bool = True) -> Id:
        """A supplier, or a customer."""
        members = {
            "name": name,
            "is_customer": not supplier,
            "is_supplier": supplier,
            "address": {},
        }
        contact = made(Contact, self.new_id(), members)
        self.put(CONTACTS, contact)
        return contact.id

    def product(self, sku: str, costing: str = "average", **members: Any) -> Id:
        """A product counted in pieces."""
        unit = next(each for each in self.all(UNITS) if each.code == "pcs")
        members = {
            "sku": sku,
            "name": sku,
            "unit_id": unit.id,
            "quantity_decimals": unit.decimals,
            "costing": Costing(costing),
            **members,
        }
        product = made(Product, self.new_id(), members)
        self.put(PRODUCTS, product)
        return product.id

    def tax(self, *rates: tuple[str, bool]) -> Id:
        """A tax code on top of the price, of percentages that are recovered or not."""
        components = tuple(
            TaxComponent(f"Part {rate}", TaxKind.PERCENT, scaled(rate), recoverable=recovered)
            for rate, recovered in rates
        )
        code = f"T{len(self.all(TAXES))}"
        tax = TaxCode(self.new_id(), code, code, False, components, True, 1)
        self.put(TAXES, tax)
        return tax.id

    def receive(self, *goods: tuple[Id, str, str], at: datetime = NOW) -> Any:
        """Post a receipt of products, quantities and costs of one unit."""
        lines = tuple(
            ReceiptLineIn(product_id=product, quantity=scaled(quantity), unit_cost=scaled(cost))
            for product, quantity, cost in goods
        )
        body = ReceiptIn(
            supplier_id=self.supplier, location_id=self.location, effective_at=at, lines=lines
        )
        return self.post(RECEIPT.create, asked(body))

    def bill_of(self, receipt: Any, *billed: tuple[str, str], **members: Any) -> BillIn:
        """A bill of the first lines of a receipt: quantities and prices of one unit."""
        self._bills += 1
        lines = tuple(
            BillLineIn(
                receipt_id=read("rcp", receipt["id"]),
                receipt_line=number,
                quantity=scaled(quantity),
                unit_price=scaled(price),
            )
            for number, (quantity, price) in enumerate(billed, start=1)
        )
        values = {
            "supplier_id": self.supplier,
            "supplier_number": f"INV-{self._bills}",
            "effective_at": NOW,
            "lines": lines,
            **members,
        }
        return BillIn(**values)

    def bill(self, receipt: Any, *billed: tuple[str, str], **members: Any) -> Any:
        """Post ``bill_of``."""
        return self.post(BILL.create, asked(self.bill_of(receipt, *billed, **members)))

    def send_back(self, receipt: Any, *lines: tuple[int, str], **members: Any) -> Any:
        """Post a return of quantities of lines of a receipt."""
        back = tuple(
            ReturnedLineIn(receipt_line=line, quantity=scaled(quantity)) for line, quantity in lines
        )
        body = SupplierReturnIn(receipt_id=read("rcp", receipt["id"]), lines=back, **members)
        return self.post(SUPPLIER_RETURN.create, asked(body))

    def adjustment(self, reason: str, *lines: tuple[Any, ...], **members: Any) -> AdjustmentIn:
        """An adjustment of products by quantities, each with its cost where that is stated."""
        values = {
            "location_id": self.location,
            "effective_at": NOW,
            "reason": AdjustmentReason(reason),
            "lines": tuple(adjusted(*line) for line in lines),
            **members,
        }
        return AdjustmentIn(**values)

    def adjust(self, reason: str, *lines: tuple[Any, ...], **members: Any) -> Any:
        """Post ``adjustment``."""
        return self.post(ADJUSTMENT.create, asked(self.adjustment(reason, *lines, **members)))

    def later(self, day: int) -> datetime:
        """Noon of a day of April 2026."""
        return datetime(2026, 4, day, 12, tzinfo=UTC)
