"""The catalogue of mutating routes: for each, a request that succeeds and what it leaves behind.

A test compares it with the OpenAPI document, so that a new route without an entry fails. Dates lie
after the goods came in and before the months that the routes of periods close.
"""

from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import Any, Final

from app.application.contexts import CONTEXTS
from app.application.shared.masters import Master
from app.application.shared.nouns import ROOT
from tests.support.bodies import changed_body, valid_body
from tests.support.company import Company
from tests.support.route import Route, Valid, tag
from tests.support.route_api_keys import API_KEYS
from tests.support.route_documents import DOCUMENTS
from tests.support.route_factors import FACTORS
from tests.support.route_identity import IDENTITY

Members = Callable[[Company], Awaitable[dict[str, Any]]]


async def category(company: Company) -> str:
    """The id of a category."""
    if "category" not in company.ids:
        made = await company.post("/categories", {"code": tag(), "name": "Shelf"})
        company.ids["category"] = made["id"]
    return company.ids["category"]


async def _role(_: Company) -> dict[str, Any]:
    return {"code": tag(), "name": "Shift lead", "permissions": ["sales:read", "units:read"]}


async def _role_change(_: Company) -> dict[str, Any]:
    return {"name": tag(), "permissions": ["returns:read"]}


async def _product(company: Company) -> dict[str, Any]:
    tax_id = await company.first("/taxes", code="VAT20")
    return {
        "sku": tag(),
        "name": "Cup",
        "description": "Blue",
        "barcode": tag(),
        "kind": "goods",
        "unit_id": await company.first("/units", code="pcs"),
        "category_id": await category(company),
        "price": "2.50",
        "tax_id": tax_id,
        "purchase_tax_id": tax_id,
        "costing": "fifo",
        "revenue_account_id": await company.first("/accounts", role="sales"),
        "return_account_id": await company.first("/accounts", role="sales_returns"),
    }


async def _contact(_: Company) -> dict[str, Any]:
    address = {
        "line1": "1 Quay",
        "line2": "Upper floor",
        "city": "Hull",
        "region": "Yorkshire",
        "postcode": "HU1 1AA",
        "country": "GB",
    }
    return {
        "name": f"Harbour {tag()}",
        "roles": ["customer", "supplier"],
        "email": f"{tag()}@example.com",
        "phone": "+44 1482 0000",
        "tax_number": "GB 1",
        "external_ref": tag(),
        "address": address,
    }


async def _tax(company: Company) -> dict[str, Any]:
    component = {
        "name": "Levy",
        "kind": "percent",
        "rate": "7.5",
        "compound": True,
        "recoverable": False,
        "output_account_id": await company.first("/accounts", role="output_tax"),
        "input_account_id": await company.first("/accounts", role="input_tax"),
    }
    return {"code": tag(), "name": "Levy", "included": True, "components": [component]}


def _master(path: str, new: Members, change: Members) -> list[Route]:
    """The routes that every master has."""

    async def create(company: Company) -> Valid:
        return Valid(path, await new(company))

    async def made(company: Company, *verbs: str) -> tuple[str, dict[str, str]]:
        """The path of a new object, after these steps, and the header that names its version."""
        answer = await company.client.post(f"/api/v1{path}", json=await new(company))
        assert answer.status_code == 201, answer.text
        here = f"{path}/{answer.json()['id']}"
        for verb in verbs:
            headers = {"If-Match": answer.headers["etag"]}
            answer = await company.client.post(f"/api/v1{here}/{verb}", headers=headers)
            assert answer.status_code == 200, answer.text
        return here, {"If-Match": answer.headers["etag"]}

    async def edit(company: Company) -> Valid:
        here, headers = await made(company)
        return Valid(here, await change(company), headers)

    async def activate(company: Company) -> Valid:
        here, headers = await made(company, "deactivate")
        return Valid(f"{here}/activate", headers=headers)

    async def deactivate(company: Company) -> Valid:
        here, headers = await made(company)
        return Valid(f"{here}/deactivate", headers=headers)

    return [
        Route(f"POST {path}", create, 201),
        Route(f"PATCH {path}/{{id}}", edit, 200),
        Route(f"POST {path}/{{id}}/activate", activate, 200),
        Route(f"POST {path}/{{id}}/deactivate", deactivate, 200),
    ]


def _batch(path: str, item: Members, audits: int, why: str) -> Route:
    """An atomic batch of two: what is wrong with an item refuses the request."""

    async def prepare(company: Company) -> Valid:
        items = [{**await item(company), "idempotency_key": tag()} for _ in range(2)]
        return Valid(f"{path}/batch", {"atomic": True, "items": items})

    return Route(f"POST {path}/batch", prepare, 200, "items", audits, 0, why)


async def _stocked(company: Company) -> dict[str, Any]:
    opening = {
        "location_id": await company.location(),
        "quantity": "3",
        "unit_cost": "1.25",
        "effective_at": "2026-03-01T09:00:00Z",
    }
    return {**await _product(company), "opening_stock": opening}


# Masters whose bodies say more than their types do.
_OWN: Final[dict[str, Members]] = {"product": _product, "contact": _contact, "tax": _tax}


def _masters() -> Iterator[Route]:
    """The routes of every declared master."""
    for context in CONTEXTS:
        for each in context.declared:
            if isinstance(each, Master):
                path = each.noun.path.removeprefix(ROOT)
                new = _OWN.get(each.noun.name) or partial(valid_body, each)
                yield from _master(path, new, partial(changed_body, each, new))
                if each.batch:
                    yield _batch(path, new, 2, "one for each item")


ROUTES: Final[dict[str, Route]] = {
    route.operation: route
    for route in (
        *IDENTITY,
        *_master("/roles", _role, _role_change),
        *API_KEYS,
        *_masters(),
        _batch("/products", _stocked, 2, "one for each item; it tells of the opening stock, too"),
        *DOCUMENTS,
        *FACTORS,
    )
}
