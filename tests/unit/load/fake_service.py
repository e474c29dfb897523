"""A service of the wire contract in memory: enough of a ledger to catch a wrong replay.

It does its own sums with ``Decimal`` and shares no code with the replay. ``faults`` is asked before
each request, so that a test can break the connection before or after the work is done.
"""

import json
from collections import defaultdict
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from urllib.parse import parse_qs

import httpx

Json = dict[str, Any]
ZERO = Decimal("0.00")
INCOME_OR_EXPENSE = {
    "sales", "sales_returns", "sales_allowances", "discounts_allowed", "freight_income",
    "cost_of_goods_sold", "shrinkage", "stock_gains", "merchant_fees", "marketing_and_samples",
    "bad_debt",
}  # fmt: skip
ROLES = sorted(
    INCOME_OR_EXPENSE
    | {"cash", "bank", "receivables", "payables", "stock", "grni", "customer_credit"}
    | {"allowance_for_bad_debt"}
)


class Refused(Exception):
    def __init__(self, code: str, status: int = 409) -> None:
        super().__init__(code)
        self.problem = {"code": code, "status": status}
        self.status = status


def money(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.01"), ROUND_HALF_UP)


def contended(request: httpx.Request) -> list[Json]:
    items = json.loads(request.content)["items"]
    problem = {"code": "common.concurrent_change"}
    return [{"index": index, "status": 409, "body": problem} for index in range(len(items))]


class FakeService:
    """The state of one company."""

    def __init__(self) -> None:
        self.stored: dict[str, tuple[Json, Json]] = {}
        self.documents: dict[str, Json] = {}
        self.paths: dict[str, str] = {}
        self.postings: list[tuple[str, str, Decimal]] = []
        self.closed: list[str] = []
        self.pools: dict[str, list[Decimal]] = defaultdict(lambda: [Decimal(0), ZERO])
        self.last_cost: dict[str, Decimal] = {}
        self.open_items: dict[str, list[list[Any]]] = defaultdict(list)
        self.log: list[tuple[str, str]] = []
        self.applied: list[str] = []
        self.tokens: set[str] = set()
        self.issued = 0
        self.faults: Callable[[int, httpx.Request], str] = lambda _number, _request: ""
        self.skew: Callable[[str, Json], None] = lambda _path, _view: None

    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self.handle)

    def handle(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/api/v1")
        self.log.append((request.method, path))
        fault = self.faults(len(self.log), request)
        if fault == "before":
            raise httpx.ConnectError("connection refused", request=request)
        if fault == "busy":
            return httpx.Response(503, json={"code": "common.unavailable"})
        if fault == "expired":
            self.tokens.clear()
        if fault == "contended":
            return httpx.Response(207, json={"items": contended(request)})
        try:
            status, body = self.answer(request, path)
        except Refused as refusal:
            status, body = refusal.status, refusal.problem
        if fault == "after":
            raise httpx.ReadError("connection reset", request=request)
        content = json.dumps(body, default=str)
        return httpx.Response(status, content=content, headers={"content-type": "application/json"})

    def answer(self, request: httpx.Request, path: str) -> tuple[int, Any]:
        body = json.loads(request.content) if request.content else {}
        if path == "/auth/register":
            return 201, {"status": "registered"}
        if path in ("/auth/login", "/auth/refresh"):
            return 200, self.log_in()
        if request.headers.get("authorization", "")[7:] not in self.tokens:
            return 401, {"code": "auth.token_expired"}
        if request.method == "GET":
            query = {name: value[0] for name, value in parse_qs(request.url.query.decode()).items()}
            return 200, self.get(path, query)
        if path.endswith("/batch"):
            collection = path.removesuffix("/batch")
            return 207, {
                "items": [
                    self.item(index, collection, item) for index, item in enumerate(body["items"])
                ]
            }
        key = request.headers["idempotency-key"]
        if path.startswith("/periods/"):
            return 200, self.close(path.split("/")[2])
        return self.command(path, key, body)

    def item(self, index: int, path: str, item: Json) -> Json:
        key = item.pop("idempotency_key")
        try:
            status, body = self.command(path, key, item)
        except Refused as refusal:
            status, body = refusal.status, refusal.problem
        return {"index": index, "status": status, "body": body}

    def command(self, path: str, key: str, body: Json) -> tuple[int, Json]:
        if key in self.stored:
            before, view = self.stored[key]
            if before != body:
                raise Refused("common.idempotency_key_reused", 422)
            return 201, view
        day = body.get("effective_at", "")[:10]
        if day and day[:7] in self.closed:
            raise Refused("accounting.period_closed")
        if body["id"] in self.documents:
            raise Refused("common.id_taken")
        view = {**body, **getattr(self, path.strip("/").replace("-", "_"))(body, day)}
        self.skew(path, view)
        self.documents[body["id"]], self.paths[body["id"]] = view, path
        self.stored[key] = (body, view)
        self.applied.append(key)
        return 201, view

    def log_in(self) -> Json:
        self.issued += 1
        self.tokens.add(f"token-{self.issued}")
        return {"access_token": f"token-{self.issued}", "refresh_token": f"again-{self.issued}"}

    def close(self, month: str) -> Json:
        if month in self.closed:
            raise Refused("accounting.period_closed")
        self.closed.append(month)
        return {"label": month, "status": "closed"}

    # --- commands: each answers the members that the request does not have ---

    def products(self, _body: Json, _day: str) -> Json:
        return {"version": 1}

    contacts = products

    def sales(self, body: Json, day: str) -> Json:
        lines = [self.sold(number, line, day) for number, line in enumerate(body["lines"], 1)]
        total = sum((line["_net"] for line in lines), ZERO)
        if sum((Decimal(tender["amount"]) for tender in body["tenders"]), ZERO) != total:
            raise Refused("sales.tenders_differ", 422)
        if total:
            on_account = body["tenders"][0]["method"] == "on_account"
            self.post(day, "receivables" if on_account else "cash", total)
            if on_account:
                self.open_items[body["customer_id"]].append([day, total])
        return {"lines": lines, "total": str(total)}

    def sold(self, number: int, line: Json, day: str) -> Json:
        quantity = Decimal(line["quantity"])
        net = money(quantity * Decimal(line["unit_price"]))
        product = self.documents[line["product_id"]]
        cost = ZERO
        if product["kind"] == "goods":
            cost = self.issue(product["id"], quantity)
            self.post(day, "stock", -cost)
            self.post(day, "cost_of_goods_sold", cost)
        self.post(day, self.account(product, "revenue_account_id", "sales"), -net)
        return {
            **line,
            "line": number,
            "net": str(net),
            "_net": net,
            "_cost": cost,
            "_left": quantity,
        }

    def returns(self, body: Json, day: str) -> Json:
        lines = [self.taken_back(body, line, day) for line in body["lines"]]
        total = sum((line["_net"] for line in lines), ZERO)
        if body["refund"]["method"] == "on_account":
            self.post(day, "receivables", -total)
            assert body["allocate"] == "oldest"
            self.settle(body["customer_id"], [day, -total])
        else:
            self.post(day, "cash", -total)
        return {"lines": lines, "total": str(total)}

    def taken_back(self, body: Json, line: Json, day: str) -> Json:
        quantity = Decimal(line["quantity"])
        if "sale_id" in line:
            sale = self.documents[line["sale_id"]]
            sold = sale["lines"][line["sale_line"] - 1]
            sold["_left"] -= quantity
            if sold["_left"] < 0 or sale["customer_id"] != body["customer_id"]:
                raise Refused("sales.over_return")
            product_id, price = sold["product_id"], Decimal(sold["unit_price"])
            cost = money(sold["_cost"] * quantity / Decimal(sold["quantity"]))
        else:
            product_id, price = line["product_id"], Decimal(line["unit_price"])
            cost = None
        net = money(quantity * price)
        product = self.documents[product_id]
        if product["kind"] == "goods":
            value = self.bring_in(product_id, quantity, line.get("unit_cost"), cost)
            self.post(day, "stock", value)
            self.post(day, "cost_of_goods_sold", -value)
        self.post(day, self.account(product, "return_account_id", "sales_returns"), net)
        return {**line, "net": str(net), "_net": net}

    def adjustments(self, body: Json, day: str) -> Json:
        for line in body["lines"]:
            quantity = Decimal(line["quantity"])
            product = self.documents[line["product_id"]]
            assert product["kind"] == "goods"
            if quantity > 0:
                value = self.bring_in(product["id"], quantity, line.get("unit_cost"), None)
                self.post(day, "stock", value)
                self.post(day, "stock_gains", -value)
            else:
                value = self.issue(product["id"], -quantity)
                self.post(day, "stock", -value)
                self.post(day, "shrinkage", value)
        return {}

    def receipts(self, body: Json, day: str) -> Json:
        assert len(body["lines"]) <= 2000
        for line in body["lines"]:
            value = self.bring_in(
                line["product_id"], Decimal(line["quantity"]), line["unit_cost"], None
            )
            self.post(day, "stock", value)
            self.post(day, "grni", -value)
        return {}

    def bills(self, body: Json, day: str) -> Json:
        total = ZERO
        for line in body["lines"]:
            received = self.documents[line["receipt_id"]]["lines"][line["receipt_line"] - 1]
            assert received["quantity"] == line["quantity"]
            value = money(Decimal(received["quantity"]) * Decimal(received["unit_cost"]))
            net = money(Decimal(line["quantity"]) * Decimal(line["unit_price"]))
            self.post(day, "grni", value)
            self.post(day, "cost_of_goods_sold", net - value)
            total += net
        self.post(day, "payables", -total)
        return {"total": str(total), "_open": total}

    def payments(self, body: Json, day: str) -> Json:
        amount = Decimal(body["amount"])
        if body["direction"] == "in":
            if self.settle(body["contact_id"], [day, -amount]) != amount:
                raise Refused("accounting.excess_payment")
            self.post(day, "bank", amount)
            self.post(day, "receivables", -amount)
            return {}
        for target in body["allocations"]:
            bill = self.documents[target["document_id"]]
            bill["_open"] -= Decimal(target["amount"])
            assert bill["_open"] == 0
        self.post(day, "payables", amount)
        self.post(day, "bank", -amount)
        return {}

    def allocations(self, body: Json, _day: str) -> Json:
        if not self.settle(body["contact_id"]):
            raise Refused("accounting.nothing_to_allocate")
        return {}

    def journal_entries(self, body: Json, day: str) -> Json:
        for line in body["lines"]:
            amount = Decimal(line.get("debit", "0")) - Decimal(line.get("credit", "0"))
            self.post(day, line["account_id"].removeprefix("acc_"), amount)
        return {}

    # --- the books ---

    def account(self, product: Json, member: str, role: str) -> str:
        return str(product.get(member, f"acc_{role}")).removeprefix("acc_")

    def post(self, day: str, role: str, amount: Decimal) -> None:
        self.postings.append((day, role, amount))

    def issue(self, product_id: str, quantity: Decimal) -> Decimal:
        pool = self.pools[product_id]
        if quantity > pool[0]:
            raise Refused("inventory.insufficient_stock")
        cost = pool[1] if quantity == pool[0] else money(pool[1] * quantity / pool[0])
        pool[0] -= quantity
        pool[1] -= cost
        return cost

    def bring_in(
        self, product_id: str, quantity: Decimal, unit_cost: str | None, value: Decimal | None
    ) -> Decimal:
        pool = self.pools[product_id]
        if value is None:
            known = self.last_cost.get(product_id)
            if unit_cost is None and known is None:
                raise Refused("inventory.unit_cost_required", 422)
            each = Decimal(unit_cost) if unit_cost is not None else known
            assert each is not None
            self.last_cost[product_id] = each
            value = money(quantity * each)
        pool[0] += quantity
        pool[1] += value
        return value

    def settle(self, contact_id: str, new: list[Any] | None = None) -> Decimal:
        """The new credit, else all credits, against the oldest debits; what was settled."""
        items = self.open_items[contact_id]
        spent = [item for item in items if item[1] < 0] if new is None else [new]
        items += [] if new is None else [new]
        settled = ZERO
        for credit in spent:
            for debit in [item for item in items if item[1] > 0]:
                part = min(-credit[1], debit[1])
                credit[1] += part
                debit[1] -= part
                settled += part
        self.open_items[contact_id] = [item for item in items if item[1]]
        return settled

    # --- reads ---

    def get(self, path: str, query: dict[str, str]) -> Any:
        if path == "/accounts":
            return {"data": [{"id": f"acc_{query['role']}"}]}
        if path in ("/units", "/locations"):
            return {"data": [{"id": f"{path[1:4]}_{query['code']}"}]}
        if path == "/reports/trial-balance":
            lines = self.accounts("", query["as_of"], set(ROLES))
            totals = {
                f"total_{side}": str(sum((Decimal(line[side]) for line in lines), ZERO))
                for side in ("debit", "credit")
            }
            return {"lines": lines} | totals
        if path == "/reports/profit-and-loss":
            return self.profit_and_loss(query["effective_from"], query["effective_to"])
        if path == "/reports/reconciliation":
            return {"checks": [self.check("stock_value"), self.check("receivables")]}
        collection, _, document_id = path.rpartition("/")
        if self.paths.get(document_id) != collection:
            raise Refused("common.not_found", 404)
        return self.documents[document_id]

    def profit_and_loss(self, first: str, last: str) -> Json:
        groups: dict[str, list[Json]] = {"income": [], "expenses": []}
        for line in self.accounts(first, last, INCOME_OR_EXPENSE):
            balance = Decimal(line["debit"]) - Decimal(line["credit"])
            group = "income" if balance < 0 else "expenses"
            groups[group].append(
                {name: line[name] for name in ("code", "name", "role")}
                | {"amount": str(abs(balance))}
            )
        return groups

    def accounts(self, first: str, last: str, roles: set[str]) -> list[Json]:
        sums: dict[str, Decimal] = defaultdict(lambda: ZERO)
        for day, role, amount in self.postings:
            if first <= day <= last and role in roles:
                sums[role] += amount
        return [
            {
                "code": str(1000 + ROLES.index(role)),
                "name": role,
                "role": role,
                "debit": str(max(amount, ZERO)),
                "credit": str(max(-amount, ZERO)),
            }
            for role, amount in sums.items()
        ]

    def check(self, name: str) -> Json:
        return {
            "name": name,
            "sub_ledger": "0.00",
            "ledger": "0.00",
            "difference": "0.00",
            "first_offender": None,
        }
