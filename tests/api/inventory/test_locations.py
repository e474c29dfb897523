"""/locations over HTTP, on both databases."""

from tests.support.company import Company


async def test_the_life_of_a_location(company: Company) -> None:
    """Made, found, renamed, switched off and on; each change needs its version."""
    client = company.client
    body = {"code": "shop-1", "name": " Shop "}
    answer = await client.post("/api/v1/locations", json=body)
    assert answer.status_code == 201
    shop = answer.json()
    assert shop == {
        "id": shop["id"],
        "code": "SHOP-1",
        "name": "Shop",
        "active": True,
        "version": 1,
    }
    path = f"/api/v1/locations/{shop['id']}"
    assert answer.headers["location"] == path
    assert answer.headers["etag"] == '"1"'
    found = await company.get("/locations", code="shop-1")
    assert found["data"] == [shop]
    codes = [each["code"] for each in (await company.get("/locations"))["data"]]
    assert codes == ["MAIN", "SHOP-1"]
    answer = await client.patch(path, json={"name": "Old shop"}, headers={"If-Match": '"1"'})
    assert (answer.json()["name"], answer.json()["version"]) == ("Old shop", 2)
    answer = await client.patch(path, json={"name": "Lost"}, headers={"If-Match": '"1"'})
    assert (answer.status_code, answer.json()["code"]) == (412, "common.stale_version")
    assert (await client.patch(path, json={"name": "Lost"})).status_code == 428
    answer = await client.post(f"{path}/deactivate", headers={"If-Match": '"2"'})
    assert answer.json()["active"] is False
    assert (await company.get("/locations", active="true"))["data"][0]["code"] == "MAIN"
    answer = await client.post(f"{path}/activate", headers={"If-Match": '"3"'})
    assert answer.json() == {**shop, "name": "Old shop", "version": 4}
    answer = await client.get(path, headers={"If-None-Match": '"4"'})
    assert answer.status_code == 304


async def test_codes_are_unique_whatever_their_case(company: Company) -> None:
    """The code is put in upper case before it is compared; a client-made id is repeatable."""
    refused = await company.post("/locations", {"code": "main", "name": "Again"}, status=409)
    assert refused["code"] == "common.duplicate"
    assert refused["errors"][0]["pointer"] == "/code"
    refused = await company.post("/locations", {"code": "a b", "name": "Blank"}, status=422)
    assert refused["code"] == "common.invalid_value"
    body = {"id": "loc_01JZ8B6Q0G3V5W7X9YABCDEFGH", "code": "VAN", "name": "Van"}
    made = await company.post("/locations", body)
    assert await company.post("/locations", body, status=200) == made
    other = {**body, "name": "Lorry"}
    assert (await company.post("/locations", other, status=409))["code"] == "common.id_taken"
