"""Turns documents into the commands of the API: bodies, ids, keys, and what must come back."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from load.replay.codes import bucket_of, service_accounts
from load.replay.contract import (
    ADJUSTMENT,
    ALLOCATION,
    BILL,
    CONTACT,
    JOURNAL,
    PAYMENT,
    PRODUCT,
    RECEIPT,
    RETURN,
    SALE,
    Kind,
)
from load.replay.figures import amount_text, micro_text
from load.replay.goods_in import Receipt, billed_price, costing_of
from load.replay.ids import make_id, make_key
from load.replay.matching import ReturnLine
from load.replay.reading import Correction, Return, Sale, WriteOff

Json = dict[str, Any]
_NO_BUCKETS: Final[tuple[str, ...]] = ()


@dataclass(frozen=True, slots=True)
class Command:
    """One command. Its id, key and body are a function of the file.

    ``expected`` is what ``kind.proof`` of the answer must be. ``buckets`` has the control line of
    each line of a sale or return; ``rows`` is how many rows of the file the command books.
    """

    kind: Kind
    id: str
    key: str
    reference: str
    body: bytes
    expected: str = ""
    buckets: tuple[str, ...] = _NO_BUCKETS
    rows: int = 0
    lines: int = 0

    def as_item(self) -> bytes:
        """The command as an item of a batch, with its own key."""
        return b'{"idempotency_key":' + orjson.dumps(self.key) + b"," + self.body[1:]


@dataclass(frozen=True, slots=True)
class Places:
    """Ids that the service gave: the unit and location seeded for the company, and accounts."""

    unit_id: str
    location_id: str
    accounts: dict[str, str]


def product_id(code: str) -> str:
    """The id of the product ``code`` (in normal form)."""
    return make_id(PRODUCT.prefix, code)


def customer_id(customer: str) -> str:
    """The id of a named customer."""
    return make_id(CONTACT.prefix, f"customer/{customer}")


def supplier_id(supplier: int) -> str:
    """The id of a supplier."""
    return make_id(CONTACT.prefix, f"supplier/{supplier}")


class Wire:
    """Writes the commands of one company."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._products: dict[str, str] = {}
        self._texts: dict[int, str] = {}

    def product(self, code: str, written: str, description: str) -> Command:
        """A product of the file: goods, or a service with its accounts. No tax."""
        body: Json = {
            "id": product_id(code),
            "sku": written,
            "name": description or written,
            "unit_id": self._places.unit_id,
            "tax_id": None,
            "purchase_tax_id": None,
        }
        service = service_accounts(code)
        if service is None:
            body |= {"kind": "goods", "costing": costing_of(code)}
        else:
            body |= {
                "kind": "service",
                "revenue_account_id": self._places.accounts[service.sold],
                "return_account_id": self._places.accounts[service.returned],
            }
        return _command(PRODUCT, code, body, expected=written)

    def customer(self, customer: str) -> Command:
        """A named customer."""
        name = f"Customer {customer}"
        body = {"id": customer_id(customer), "name": name, "roles": ["customer"]}
        return _command(CONTACT, f"customer/{customer}", body, expected=name)

    def supplier(self, supplier: int) -> Command:
        """One of the suppliers."""
        name = f"Supplier {supplier}"
        body = {"id": supplier_id(supplier), "name": name, "roles": ["supplier"]}
        return _command(CONTACT, f"supplier/{supplier}", body, expected=name)

    def sale(self, sale: Sale) -> Command:
        """A sale: on account for a named customer, cash for a walk-in, no tender at 0.00."""
        total = sum(line.pence for line in sale.lines)
        method = "on_account" if sale.customer else "cash"
        body = {
            "external_ref": sale.invoice,
            "location_id": self._places.location_id,
            "customer_id": customer_id(sale.customer) if sale.customer else None,
            "effective_at": sale.at,
            "lines": [
                {
                    "product_id": self._product(line.code),
                    "quantity": str(line.quantity),
                    "unit_price": self._text(line.price),
                }
                for line in sale.lines
            ],
            "tenders": [{"method": method, "amount": amount_text(total)}] if total else [],
        }
        buckets = tuple([bucket_of(line.code) for line in sale.lines])
        return _command(
            SALE,
            sale.invoice,
            body,
            expected=amount_text(total),
            buckets=buckets,
            rows=len(buckets),
        )

    def take_back(
        self, document: Return, lines: Sequence[ReturnLine], costs: Sequence[int | None]
    ) -> Command:
        """A return. ``costs`` states a unit cost for each line that would have none, else None."""
        body: Json = {
            "external_ref": document.invoice,
            "location_id": self._places.location_id,
            "customer_id": customer_id(document.customer) if document.customer else None,
            "effective_at": document.at,
            "lines": [
                self._return_line(line, cost) for line, cost in zip(lines, costs, strict=True)
            ],
            "refund": {"method": "on_account" if document.customer else "cash"},
        }
        if document.customer:
            body["allocate"] = "oldest"
        return _command(
            RETURN,
            document.invoice,
            body,
            expected=amount_text(sum(line.pence for line in lines)),
            buckets=tuple([bucket_of(line.code) for line in lines]),
            rows=len(document.lines),
        )

    def correction(self, correction: Correction, unit_cost: int | None) -> Command:
        """A stock correction of one item."""
        line = {"product_id": self._product(correction.code), "quantity": str(correction.quantity)}
        if unit_cost is not None:
            line["unit_cost"] = micro_text(unit_cost)
        body = {
            "external_ref": correction.reference,
            "location_id": self._places.location_id,
            "effective_at": correction.at,
            "reason": "correction",
            "lines": [line],
        }
        return _command(ADJUSTMENT, correction.reference, body, rows=1)

    def write_off(self, write_off: WriteOff) -> Command:
        """Bad debts: a negative amount is written off, a positive one is taken back."""
        lines: list[Json] = []
        for amount in write_off.amounts:
            expense, allowance = ("debit", "credit") if amount < 0 else ("credit", "debit")
            value = amount_text(abs(amount))
            lines.append({"account_id": self._places.accounts["bad_debt"], expense: value})
            lines.append(
                {"account_id": self._places.accounts["allowance_for_bad_debt"], allowance: value}
            )
        body = {
            "external_ref": write_off.invoice,
            "effective_at": write_off.at,
            "memo": write_off.memo,
            "lines": lines,
        }
        return _command(JOURNAL, write_off.invoice, body, rows=len(write_off.amounts))

    def receipt(self, receipt: Receipt, at: str) -> Command:
        """A delivery of a supplier."""
        body = {
            "external_ref": receipt.name,
            "supplier_id": supplier_id(receipt.supplier),
            "location_id": self._places.location_id,
            "effective_at": at,
            "lines": [
                {
                    "product_id": self._product(line.code),
                    "quantity": str(line.quantity),
                    "unit_cost": self._text(line.unit_cost),
                }
                for line in receipt.lines
            ],
        }
        return _command(RECEIPT, receipt.name, body)

    def bill(self, receipt: Receipt, total: int, at: str, due_on: str) -> Command:
        """The bill of a whole receipt."""
        receipt_id = make_id(RECEIPT.prefix, receipt.name)
        body = {
            "external_ref": receipt.name,
            "supplier_id": supplier_id(receipt.supplier),
            "supplier_number": receipt.name,
            "effective_at": at,
            "due_on": due_on,
            "lines": [
                {
                    "receipt_id": receipt_id,
                    "receipt_line": number,
                    "quantity": str(line.quantity),
                    "unit_price": self._text(billed_price(receipt.supplier, line.unit_cost)),
                    "tax_id": None,
                }
                for number, line in enumerate(receipt.lines, start=1)
            ],
        }
        return _command(BILL, receipt.name, body, expected=amount_text(total))

    def pay_bill(self, receipt: Receipt, total: int, at: str) -> Command:
        """The payment of a whole bill from the bank."""
        amount = amount_text(total)
        bill_id = make_id(BILL.prefix, receipt.name)
        body = _payment("out", supplier_id(receipt.supplier), amount, at)
        body["external_ref"] = f"bill-{receipt.name}"
        body["allocate"] = [{"document_id": bill_id, "amount": amount}]
        return _command(PAYMENT, f"bill-{receipt.name}", body, expected=amount)

    def use_credit(self, customer: str, month: str, at: str) -> Command:
        """The unused credit of a customer against the oldest open amounts."""
        body = {"contact_id": customer_id(customer), "side": "receivable", "effective_at": at}
        return _command(ALLOCATION, f"{month}-{customer}", body)

    def pay_in(self, customer: str, total: int, month: str, at: str) -> Command:
        """The payment of a customer into the bank, for the oldest open amounts."""
        amount = amount_text(total)
        reference = f"customer-{month}-{customer}"
        body = _payment("in", customer_id(customer), amount, at)
        body |= {"external_ref": reference, "allocate": "oldest"}
        return _command(PAYMENT, reference, body, expected=amount)

    def _return_line(self, line: ReturnLine, unit_cost: int | None) -> Json:
        if line.invoice:
            return {
                "sale_id": make_id(SALE.prefix, line.invoice),
                "line": line.number,
                "quantity": str(line.quantity),
            }
        body: Json = {
            "product_id": self._product(line.code),
            "quantity": str(line.quantity),
            "unit_price": self._text(line.price),
        }
        if unit_cost is not None:
            body["unit_cost"] = micro_text(unit_cost)
        return body

    def _product(self, code: str) -> str:
        known = self._products.get(code)
        if known is None:
            known = self._products[code] = product_id(code)
        return known

    def _text(self, value: int) -> str:
        known = self._texts.get(value)
        if known is None:
            known = self._texts[value] = micro_text(value)
        return known


def _payment(direction: str, contact: str, amount: str, at: str) -> Json:
    return {
        "direction": direction,
        "contact_id": contact,
        "method": "bank",
        "amount": amount,
        "effective_at": at,
        "excess": "refuse",
    }


def _command(
    kind: Kind,
    natural_key: str,
    body: Json,
    *,
    expected: str = "",
    buckets: tuple[str, ...] = _NO_BUCKETS,
    rows: int = 0,
) -> Command:
    made = make_id(kind.prefix, natural_key)
    return Command(
        kind=kind,
        id=made,
        key=make_key(kind.word, natural_key),
        reference=body.get("external_ref", ""),
        body=orjson.dumps({"id": made} | body),
        expected=expected,
        buckets=buckets,
        rows=rows,
        lines=len(body.get("lines", ())),
    )
