"""What goods cost is told to nobody without ``costs:read``, by no answer at all (RB-04)."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, Final

import httpx
import pytest

from app.application.reports.views import COST_ACCOUNTS
from app.application.shared.guarded import COSTS
from app.application.shared.permissions import built_in_roles, every_permission
from app.domain.accounting.chart import AccountRole
from app.domain.shared.ids import UlidFactory, show
from tests.conftest import Running
from tests.support.company import PASSWORD, Company, register_company
from tests.support.cost_members import GUARDED, OPEN, SUSPECT
from tests.support.guarded import Contract, texts
from tests.support.route import API, tag

BUT_COSTS: Final = every_permission() - {COSTS}
ROLE: Final = "all-but-costs"
AMOUNT: Final = re.compile(r"-?[0-9]+\.[0-9]+")

# What they hide are amounts of all kinds, those of sales among them.
MIXED: Final = tuple(
    f"{API}/{name}"
    for name in (
        "audit-entries",
        "journal-entries",
        "reports/trial-balance",
        "reports/profit-and-loss",
        "reports/balance-sheet",
    )
)


@dataclass
class Shop:
    """A company that has traded at odd costs; ``blind`` may do all but see them."""

    company: Company
    blind: httpx.AsyncClient
    contract: Contract
    figures: dict[str, Any]


async def trade(company: Company) -> dict[str, Any]:
    """Each kind of document, at costs that no price, quantity or amount of a sale equals."""
    tax_id = await company.first("/taxes", code="VAT20")
    supplier, customer = await company.contact("Mill", "supplier"), await company.contact("Ada")
    company.ids["supplier"] = supplier
    taxed = {"price": "19.97", "tax_id": tax_id, "purchase_tax_id": tax_id}
    goods = [await company.product(tag(), **taxed, costing=how) for how in ("average", "fifo")]
    await company.open_stock("7", "6.83", *goods)
    receipt = await company.stock("13", "7.31", *goods)
    sale = await company.sell((goods[0], "3"), (goods[1], "9"))
    owed = await company.sell(
        (goods[1], "2"), customer_id=customer, tenders=[{"method": "on_account"}]
    )
    back = await company.take_back({"sale_id": sale["id"], "sale_line": 1, "quantity": "1"})
    billed = [
        {"receipt_id": receipt["id"], "receipt_line": 1, "quantity": "11", "unit_price": "7.77"}
    ]
    numbered = {"supplier_id": supplier, "supplier_number": "S-1"}
    bill = await company.post("/bills", {**numbered, "lines": billed})
    lines = [{"receipt_line": 1, "quantity": "4"}, {"receipt_line": 2, "quantity": "2"}]
    sent = await company.post("/supplier-returns", {"receipt_id": receipt["id"], "lines": lines})
    out = {"direction": "out", "contact_id": supplier, "method": "bank", "amount": "31.43"}
    await company.post("/payments", {**out, "allocate": "oldest"})
    paid = {"direction": "in", "contact_id": customer, "method": "bank", "amount": "12.35"}
    await company.post("/payments", {**paid, "allocate": "none"})
    for side, contact in (("receivable", customer), ("payable", supplier)):
        await company.post("/allocations", {"contact_id": contact, "side": side})
    lost = {"reason": "theft", "lines": [{"product_id": each, "quantity": "-1"} for each in goods]}
    await company.post("/adjustments", {"location_id": await company.location(), **lost})
    return {
        "goods": goods,
        "receipt": receipt,
        "sale": sale,
        "owed": owed,
        "back": back,
        "bill": bill,
        "sent": sent,
        "supplier": supplier,
    }


@pytest.fixture(scope="module")
async def shops(
    running: Callable[[str], Awaitable[Running]],
) -> AsyncIterator[Callable[[str], Awaitable[Shop]]]:
    """The company of each database, made when a test first asks for it."""
    made: dict[str, Shop] = {}
    async with AsyncExitStack() as stack:

        async def shop_of(dialect: str) -> Shop:
            if dialect not in made:
                shared = await running(dialect)
                company = await stack.enter_async_context(register_company(shared.app))
                figures = await trade(company)
                body = {"code": ROLE, "name": "Blind", "permissions": sorted(BUT_COSTS)}
                await company.post("/roles", body)
                blind = httpx.AsyncClient(
                    transport=company.client._transport, base_url="http://test"
                )
                email = f"{tag()}@example.com"
                invited = await company.post("/invitations", {"email": email, "role": ROLE})
                joined = {"token": invited["token"], "password": PASSWORD}
                await blind.post(f"{API}/auth/join", json=joined)
                account = {"email": email, "password": PASSWORD}
                answer = await blind.post(f"{API}/auth/login", json=account)
                blind.headers["authorization"] = f"Bearer {answer.json()['access_token']}"
                contract = Contract(shared.app.openapi())
                made[dialect] = Shop(company, blind, contract, figures)
            return made[dialect]

        yield shop_of


@pytest.fixture
async def shop(shops: Callable[[str], Awaitable[Shop]], dialect: str) -> Shop:
    return await shops(dialect)


async def reads(shop: Shop) -> AsyncIterator[tuple[str, str]]:
    """The template and the path of every read that answers JSON, of each object that there is."""
    cash = await shop.company.first("/accounts", role="cost_of_goods_sold")
    queries = {
        f"{API}/reports/general-ledger": f"?account_id={cash}",
        f"{API}/reports/profit-and-loss": "?effective_from=2020-01-01&effective_to=2099-12-31",
    }
    for template, methods in shop.contract.document["paths"].items():
        if "get" not in methods or methods["get"]["x-permission"] == "public":
            continue
        if shop.contract.answer("get", template) is None or re.search(
            "/auth/|/health/|/platform/", template
        ):
            continue
        if not template.endswith("}"):
            yield template, template + queries.get(template, "")
            continue
        base, _, name = template.rpartition("/")
        rows = (await shop.company.client.get(base, params={"limit": 200})).json()["data"]
        for row in rows:
            yield template, f"{base}/{row[name.strip('{}')]}"


async def test_no_answer_tells_what_goods_cost(shop: Shop) -> None:
    """Each read, of each object: what is guarded is missing, the rest is there, and no figure that
    was left out stands in any other answer."""
    secrets: set[str] = set()
    answered: dict[str, str] = {}
    refused = set()
    async for template, path in reads(shop):
        whole = await shop.company.client.get(path)
        assert whole.status_code == 200, (path, whole.text)
        schema = shop.contract.answer("get", template)
        assert schema is not None
        seen, hidden = shop.contract.split(schema, whole.json(), BUT_COSTS)
        if not template.startswith(MIXED):
            secrets.update(each for each in texts(hidden) if AMOUNT.fullmatch(each))
        answer = await shop.blind.get(path)
        if COSTS in shop.contract.document["paths"][template]["get"].get("x-requires", ()):
            assert answer.status_code == 403
            refused.add(template.removeprefix(API))
            secrets.update(each for each in texts(whole.json()) if AMOUNT.fullmatch(each))
            continue
        assert answer.status_code == 200, (path, answer.text)
        drop = {"next_cursor", "as_known_at", "recorded_to"}
        assert {k: v for k, v in answer.json().items() if k not in drop} == {
            k: v for k, v in seen.items() if k not in drop
        }, path
        answered.update({each: path for each in texts(answer.json()) if AMOUNT.fullmatch(each)})
    assert refused == {"/reports/stock-valuation", "/reports/stock-totals"}
    assert len(secrets) > 30
    assert {"7.31", "7.77", "31.43"} <= secrets
    leaks = {each: answered[each] for each in secrets & answered.keys() - {"0.00"}}
    assert leaks == {}


async def test_every_member_was_judged(shop: Shop) -> None:
    """A new member whose name smells of cost fails here until somebody decides on it."""
    guarded: dict[str, Any] = {}
    opened = set()
    for name, schema in shop.contract.answered().items():
        if name.endswith("Page"):  # its total is a number of rows
            continue
        for member, own in schema.get("properties", {}).items():
            if "x-requires" in own:
                # The ETag is that of the version, for every caller.
                assert "version" not in schema["properties"], name
                assert own["x-requires"] == [COSTS]
                assert member not in schema.get("required", ()), (name, member)
                guarded[f"{name}.{member}"] = own.get("x-requires-when")
            elif SUSPECT.search(member) and not member.endswith(("_id", "_at", "_on")):
                opened.add(f"{name}.{member}")
    assert guarded == GUARDED
    assert sorted(opened - OPEN) == []
    assert sorted(OPEN - opened) == []


async def test_who_writes_what_he_knows_is_not_told_it_back(shop: Shop) -> None:
    """A warehouse states what a receipt cost; the answer leaves it out, single and in a batch."""
    line = {"product_id": shop.figures["goods"][0], "quantity": "2", "unit_cost": "8.13"}
    body = {
        "supplier_id": shop.figures["supplier"],
        "location_id": await shop.company.location(),
        "lines": [line],
    }
    answer = await shop.blind.post(f"{API}/receipts", json=body, headers={"Idempotency-Key": tag()})
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"].endswith(answer.json()["id"])
    assert not {"value", "unit_cost"} & {*answer.json(), *answer.json()["lines"][0]}
    assert answer.json()["lines"][0]["quantity"] == "2"
    for atomic, status in ((True, 200), (False, 207)):
        items = [
            {**body, "idempotency_key": tag()},
            {
                **body,
                "idempotency_key": tag(),
                "lines": [{**line, "product_id": shop.figures["supplier"].replace("con_", "prd_")}],
            },
        ]
        batch = {"atomic": atomic, "items": items[: 1 if atomic else 2]}
        answer = await shop.blind.post(f"{API}/receipts/batch", json=batch)
        assert answer.status_code == status, answer.text
        assert "8.13" not in answer.text
        assert "16.26" not in answer.text
        assert answer.json()["items"][0]["body"]["number"]
    assert answer.json()["items"][1]["body"]["code"] == "common.reference_not_found"
    trial = await shop.blind.post(f"{API}/receipts?dry_run=true", json=body)
    assert (trial.status_code, "16.26" in trial.text) == (201, False)


async def test_a_refusal_does_not_tell_either(shop: Shop) -> None:
    """Neither how much is open of a supplier's bills, nor whether an amount is more."""
    out = {"direction": "out", "contact_id": shop.figures["supplier"], "method": "bank"}
    answered = {}
    for client in (shop.company.client, shop.blind):
        answer = await client.post(
            f"{API}/payments",
            json={**out, "amount": "999999.00"},
            headers={"Idempotency-Key": tag()},
        )
        answered[client] = answer.status_code, answer.json()["code"]
    assert answered == {
        shop.company.client: (409, "accounting.excess_payment"),
        shop.blind: (403, "auth.permission_missing"),
    }


async def test_a_guess_of_a_cost_is_not_confirmed(shop: Shop) -> None:
    """Under the id of a document, a request with another cost is answered as one with the same."""
    owner, new_id = shop.company, UlidFactory(lambda: 1_700_000_000_000)
    supplier = {"supplier_id": shop.figures["supplier"]}
    goods = {"product_id": shop.figures["goods"][0], "quantity": "1", "unit_cost": "8.13"}
    receipt = {"id": show("rcp", new_id()), **supplier, "location_id": await owner.location()}
    billed = {"receipt_id": receipt["id"], "receipt_line": 1, "quantity": "1"}
    bill = {"id": show("bil", new_id()), **supplier, "supplier_number": tag()}
    accounts = (await owner.get("/accounts", limit=200))["data"]
    cash, expense = (
        next(each["id"] for each in accounts if each["role"] == role)
        for role in ("cash", "merchant_fees")
    )
    entry = {"id": show("jnl", new_id()), "memo": "Fees"}

    def entry_of(amount: str) -> dict[str, Any]:
        debit = {"account_id": expense, "debit": amount}
        return {**entry, "lines": [debit, {"account_id": cash, "credit": amount}]}

    for path, body_of in (
        ("/receipts", lambda cost: {**receipt, "lines": [{**goods, "unit_cost": cost}]}),
        ("/bills", lambda cost: {**bill, "lines": [{**billed, "unit_price": cost}]}),
        ("/journal-entries", entry_of),
    ):
        made = await owner.post(path, body_of("8.13"))
        for cost in ("8.13", "8.14"):
            guess = {**body_of(cost), "effective_at": made["effective_at"]}
            headers = {"Idempotency-Key": tag()}
            answers = [
                (await each.post(f"{API}{path}", json=guess, headers=headers)).status_code
                for each in (shop.blind, owner.client)
            ]
            assert answers == [200, 409 if cost == "8.14" else 200], path


async def test_a_stored_answer_shows_what_its_caller_may_see_now(shop: Shop) -> None:
    """The answer is kept as it was; what is left out is decided when it is sent."""
    role = {"code": tag(), "name": "Buyer", "permissions": ["receipts:write", COSTS]}
    made = await shop.company.client.post(f"{API}/roles", json=role)
    client = httpx.AsyncClient(transport=shop.blind._transport, base_url="http://test")
    account = {"email": f"{tag()}@example.com", "password": PASSWORD}
    invitation = {"email": account["email"], "role": role["code"]}
    invited = await shop.company.post("/invitations", invitation)
    joined = {"token": invited["token"], "password": PASSWORD}
    await client.post(f"{API}/auth/join", json=joined)
    answer = await client.post(f"{API}/auth/login", json=account)
    client.headers["authorization"] = f"Bearer {answer.json()['access_token']}"
    body = {
        "supplier_id": shop.figures["supplier"],
        "location_id": await shop.company.location(),
        "lines": [{"product_id": shop.figures["goods"][0], "quantity": "3", "unit_cost": "9.17"}],
    }
    keyed = {"Idempotency-Key": tag()}

    async def sent() -> httpx.Response:
        return await client.post(f"{API}/receipts", json=body, headers=keyed)

    async def hold(*permissions: str) -> None:
        shown = await shop.company.client.get(made.headers["location"])
        answer = await shop.company.client.patch(
            made.headers["location"],
            json={"permissions": list(permissions)},
            headers={"If-Match": shown.headers["etag"]},
        )
        assert answer.status_code == 200, answer.text

    first = await sent()
    assert (first.status_code, first.json()["value"]) == (201, "27.51")
    await hold("receipts:write")
    replayed = await sent()
    assert replayed.headers["idempotent-replayed"] == "true"
    expected = {name: value for name, value in first.json().items() if name != "value"}
    for line in expected["lines"]:
        del line["value"], line["unit_cost"]
    assert replayed.json() == expected
    await hold("receipts:write", COSTS)
    again = await sent()
    assert again.content == first.content
    await hold(COSTS)
    assert (await sent()).status_code == 403


def test_who_sees_costs_by_the_usual_roles() -> None:
    assert {role for role, held in built_in_roles().items() if COSTS in held} == {
        "owner",
        "manager",
        "accountant",
        "buyer",
    }


def test_every_account_was_judged() -> None:
    """A new role of an account tells what goods cost, or it does not."""
    others = {
        "cash",
        "card_clearing",
        "bank",
        "receivables",
        "output_tax",
        "sales",
        "sales_returns",
        "sales_allowances",
        "discounts_allowed",
        "freight_income",
        "rounding",
        "merchant_fees",
        "bad_debt",
        "allowance_for_bad_debt",
        "customer_credit",
        "exchange_gain_loss",
    }
    assert {str(role) for role in AccountRole} == COST_ACCOUNTS | others
    assert not COST_ACCOUNTS & others


async def test_no_list_is_ordered_or_filtered_by_what_is_left_out(shop: Shop) -> None:
    """What a list offers to everybody names no guarded member of its rows."""
    for path, methods in shop.contract.document["paths"].items():
        schema = shop.contract.answer("get", path) if "get" in methods else None
        for form in shop.contract.branches(schema or {}):
            rows = form.get("properties", {}).get("data")
            if rows is None or COSTS in methods["get"].get("x-requires", ()):
                continue
            [row] = shop.contract.branches(rows["items"])
            hidden = {name for name, own in row["properties"].items() if "x-requires" in own}
            parameters = {each["name"]: each for each in methods["get"]["parameters"]}
            named = {re.sub("_(from|to)$", "", name) for name in parameters}
            orders = parameters["sort"]["schema"]["enum"]
            assert not hidden & {*named, *(each.removeprefix("-") for each in orders)}, path
