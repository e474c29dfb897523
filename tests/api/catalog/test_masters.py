"""Units, categories, products, contacts over HTTP: create, change, list, refuse."""

import asyncio
from typing import Any

from tests.support.company import Company, register_company


async def change(company: Company, path: str, version: int | None, body: Any, status: int) -> Any:
    headers = {} if version is None else {"If-Match": f'"{version}"'}
    answer = await company.client.patch(f"/api/v1{path}", json=body, headers=headers)
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_a_product_lives(company: Company) -> None:
    """S1-25, S1-12: create, show, change under If-Match, deactivate."""
    unit_id = await company.first("/units", code="pcs")
    body = {"sku": "Mug-1", "name": "Mug", "unit_id": unit_id, "price": "7.95", "barcode": "5012"}
    headers = {"Idempotency-Key": "mug"}
    answer = await company.client.post("/api/v1/products", json=body, headers=headers)
    made = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/api/v1/products/{made['id']}"
    assert answer.headers["etag"] == '"1"'
    assert (made["sku"], made["price"], made["version"]) == ("Mug-1", "7.95", 1)
    path = f"/products/{made['id']}"
    shown = await company.client.get("/api/v1" + path)
    assert shown.json() == made
    for known in ('"1"', 'W/"1"', "*", '"9", W/"1"'):  # RFC 9110, 13.1.2: compared weakly
        same = await company.client.get("/api/v1" + path, headers={"If-None-Match": known})
        assert (same.status_code, same.content) == (304, b""), known
    for other in ('"9"', "1", '"1', 'W/"11"', ""):
        new = await company.client.get("/api/v1" + path, headers={"If-None-Match": other})
        assert new.json() == made, other
    changed = await change(company, path, 1, {"price": None, "name": "Big mug"}, 200)
    assert (changed["price"], changed["name"], changed["version"]) == (None, "Big mug", 2)
    assert (await change(company, path, 1, {"name": "x"}, 412))["code"] == "common.stale_version"
    assert (await change(company, path, None, {"name": "x"}, 428))["code"]
    assert (await change(company, path, 2, {"kind": "service"}, 422))["errors"]
    assert (await change(company, path, 2, {"name": "Big mug"}, 200))["version"] == 2
    off = await company.client.post(f"/api/v1{path}/deactivate", headers={"If-Match": '"2"'})
    assert (off.status_code, off.json()["active"]) == (200, False)
    assert (await company.get("/products", active="true"))["data"] == []


async def test_codes_are_unique_without_regard_to_case(company: Company) -> None:
    """R-14: SKU, barcode and codes of units; the refusal names the member."""
    unit_id = await company.first("/units", code="pcs")
    body = {"sku": "ab-1", "name": "A", "unit_id": unit_id, "barcode": "77"}
    made = await company.post("/products", body)
    taken = await company.post("/products", {**body, "sku": "AB-1", "barcode": "78"}, status=409)
    assert (taken["code"], taken["errors"][0]["pointer"]) == ("catalog.sku_taken", "/sku")
    taken = await company.post("/products", {**body, "sku": "other"}, status=409)
    assert taken["code"] == "catalog.barcode_taken"
    other = await company.post("/products", {**body, "sku": "other", "barcode": None})
    refused = await change(company, f"/products/{other['id']}", 1, {"sku": "Ab-1"}, 409)
    assert refused["code"] == "catalog.sku_taken"
    assert (await change(company, f"/products/{made['id']}", 1, {"sku": "AB-1"}, 200))[
        "version"
    ] == 2
    taken = await company.post("/units", {"code": "pcs", "name": "Again"}, status=409)
    assert taken["code"] == "common.duplicate"


async def test_a_client_made_id_is_answered_again(company: Company) -> None:
    """R-21: the same id and content answers what is there, other content is refused."""
    own = "unt_01JZ8B6Q0G3V5W7X9YABCDEFGH"
    first = await company.post("/units", {"id": own, "code": "box", "name": "Box"})
    again = await company.post("/units", {"id": own, "code": "box", "name": "Box"}, status=200)
    assert again == first
    refused = await company.post("/units", {"id": own, "code": "crate", "name": "Box"}, status=409)
    assert refused["code"] == "common.id_taken"


async def test_64_changes_at_once_have_one_winner(company: Company) -> None:
    """CO-02: one version, one winner, 412 for the rest."""
    product_id = await company.product("RACE")
    answers = await asyncio.gather(
        *(
            company.client.patch(
                f"/api/v1/products/{product_id}",
                json={"name": f"Name {n}"},
                headers={"If-Match": '"1"'},
            )
            for n in range(64)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 63
    assert (await company.get(f"/products/{product_id}"))["version"] == 2


async def test_categories_form_a_tree(company: Company) -> None:
    """S1-32: children are listed by their parent, a cycle is refused."""
    top = await company.post("/categories", {"code": "top", "name": "Top"})
    body = {"code": "mid", "name": "Middle", "parent_id": top["id"]}
    middle = await company.post("/categories", body)
    children = await company.get("/categories", parent_id=top["id"])
    assert [each["code"] for each in children["data"]] == ["mid"]
    refused = await change(company, f"/categories/{top['id']}", 1, {"parent_id": middle["id"]}, 422)
    assert refused["code"] == "catalog.category_cycle"
    missing = {**body, "code": "x", "parent_id": "cat_01JZ8B6Q0G3V5W7X9YABCDEFGH"}
    refused = await company.post("/categories", missing, status=422)
    assert refused["errors"][0]["pointer"] == "/parent_id"


async def test_contacts_have_roles_and_faces(company: Company) -> None:
    """S1-36, S0-08: customers and suppliers are faces of contacts; search is folded."""
    address = {"line1": "1 Quay", "country": "GB"}
    both = {"name": "Ostend Café", "roles": ["customer", "supplier"], "address": address}
    made = await company.post("/contacts", both)
    await company.contact("Buyer only")
    assert made["address"] == address
    assert [c["name"] for c in (await company.get("/suppliers"))["data"]] == ["Ostend Café"]
    assert len((await company.get("/customers"))["data"]) == 2
    assert [c["id"] for c in (await company.get("/contacts", q="CAFÉ"))["data"]] == [made["id"]]
    assert (await company.get("/contacts", q="%"))["data"] == []
    changed = await change(company, f"/contacts/{made['id']}", 1, {"roles": ["supplier"]}, 200)
    assert changed["roles"] == ["supplier"]


async def test_a_link_leads_through_all_pages(company: Company) -> None:
    """It repeats what was asked, escaped, with the one cursor of the next page."""
    names = ["p&=é 01", "p&=é 02", "p&=é 03"]
    for name in [*names, "other"]:
        await company.product(name)
    found = []
    link: str | None = "/api/v1/products?q=P%26%3D%C3%A9+0&limit=1"
    while link is not None:
        answer = await company.client.get(link)
        found += [product["sku"] for product in answer.json()["data"]]
        link = answer.links["next"]["url"] if "next" in answer.links else None
    assert found == names


async def test_pages_neither_skip_nor_repeat(company: Company) -> None:
    """AC-06, complaint 20: keyset pages hold while rows are inserted; cursors fit their list."""
    for number in range(7):
        await company.product(f"P{number}")
    page = await company.get("/products", limit=3)
    seen = [product["sku"] for product in page["data"]]
    await company.product("P00")
    assert page["has_more"]
    answer = await company.client.get("/api/v1/products", params={"limit": 3})
    cursor = answer.json()["next_cursor"]
    assert answer.links["next"]["url"] == f"/api/v1/products?limit=3&cursor={cursor}"
    while page["has_more"]:
        page = await company.get("/products", limit=3, cursor=page["next_cursor"])
        seen += [product["sku"] for product in page["data"]]
    # P00 sorts into the first page, which was read before it came.
    assert seen == [f"P{number}" for number in range(7)]
    down = await company.get("/products", sort="-sku", limit=2, include_total="true")
    assert [product["sku"] for product in down["data"]] == ["P6", "P5"]
    assert down["total"] == 8
    offset = await company.get("/products", page=2, per_page=3)
    assert len(offset["data"]) == 3
    for params in ({"sort": "price"}, {"limit": 201}, {"limit": 0}):
        assert (await company.get("/products", status=422, **params))["status"] == 422
    assert (await company.get("/products", status=400, colour="red"))["status"] == 400
    foreign = await company.get("/products", limit=3)
    refused = await company.get("/contacts", status=400, cursor=foreign["next_cursor"])
    assert refused["code"] == "common.cursor_invalid"


async def test_a_cursor_belongs_to_its_tenant(company: Company, application: Any) -> None:
    """TE-04: another tenant's cursor is worth nothing."""
    for number in range(3):
        await company.product(f"C{number}")
    page = await company.get("/products", limit=1)
    async with register_company(application) as other:
        refused = await other.get("/products", status=400, cursor=page["next_cursor"])
        assert refused["code"] == "common.cursor_invalid"
