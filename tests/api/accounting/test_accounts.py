"""The chart of accounts over HTTP."""

import uuid

import httpx

from tests.support.company import Company

# A client-made id: the ULID of no particular moment.
ACCOUNT_ID = "acc_01JZ8B6Q0G3V5W7X9YABCDEFGH"


async def test_a_new_company_has_one_account_for_each_role(company: Company) -> None:
    accounts = (await company.get("/accounts", limit=200))["data"]
    roles = [each["role"] for each in accounts if each["role"] is not None]
    assert len(roles) == len(set(roles)) == 28
    assert [each["code"] for each in accounts] == sorted(each["code"] for each in accounts)
    [receivables] = (await company.get("/accounts", role="receivables"))["data"]
    assert receivables == {
        "id": receivables["id"],
        "code": "1200",
        "name": "Receivables",
        "kind": "asset",
        "role": "receivables",
        "control": "receivables",
        "active": True,
        "version": 1,
    }
    controls = {each["code"] for each in accounts if each["control"] is not None}
    assert controls == {"1200", "1300", "2000", "2050"}


async def test_the_list_is_filtered_by_type_code_and_activity(company: Company) -> None:
    assets = (await company.get("/accounts", kind="asset", limit=200))["data"]
    assert {each["kind"] for each in assets} == {"asset"}
    [bank] = (await company.get("/accounts", code="1100"))["data"]
    assert bank["role"] == "bank"
    assert (await company.get("/accounts", active="false"))["data"] == []
    answer = await company.get("/accounts", status=422, role="petty_cash")
    assert answer["errors"][0]["parameter"] == "role"


async def test_an_account_is_made_changed_and_switched_off(company: Company) -> None:
    body = {"id": ACCOUNT_ID, "code": "6910", "name": "Training", "kind": "expense"}
    made = await company.post("/accounts", body)
    assert made == {**body, "role": None, "control": None, "active": True, "version": 1}
    assert await company.post("/accounts", body, status=200) == made
    other = await company.post("/accounts", {**body, "name": "Courses"}, status=409)
    assert other["code"] == "common.id_taken"

    client, path = company.client, f"/api/v1/accounts/{ACCOUNT_ID}"
    answer = await client.patch(path, json={"name": "Courses"}, headers={"If-Match": '"1"'})
    assert (answer.status_code, answer.headers["etag"]) == (200, '"2"')
    for verb, version in (("deactivate", 2), ("activate", 3)):
        answer = await client.post(f"{path}/{verb}", headers={"If-Match": f'"{version}"'})
        assert answer.json()["active"] == (verb == "activate")
    shown = await company.get(f"/accounts/{ACCOUNT_ID}")
    assert shown == {**made, "name": "Courses", "version": 4}


async def test_a_code_is_nobody_elses(company: Company) -> None:
    body = {"code": "1100", "name": "Second bank", "kind": "asset"}
    refused = await company.post("/accounts", body, status=409)
    assert (refused["code"], refused["errors"][0]["pointer"]) == ("common.duplicate", "/code")
    made = await company.post("/accounts", {**body, "code": "1101"})
    answer = await company.client.patch(
        f"/api/v1/accounts/{made['id']}", json={"code": "1100"}, headers={"If-Match": '"1"'}
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "common.duplicate")
    # Its own code is no duplicate.
    answer = await company.client.patch(
        f"/api/v1/accounts/{made['id']}", json={"code": "1101"}, headers={"If-Match": '"1"'}
    )
    assert (answer.status_code, answer.json()["version"]) == (200, 1)


async def test_an_account_with_a_role_stays_active(company: Company) -> None:
    [cash] = (await company.get("/accounts", role="cash"))["data"]
    answer = await company.client.post(
        f"/api/v1/accounts/{cash['id']}/deactivate", headers={"If-Match": '"1"'}
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "accounting.account_required")


async def test_bad_members_are_refused_by_name(api: httpx.AsyncClient) -> None:
    body = {"code": "69 10", "name": "Training", "kind": "expense"}
    answer = await api.post("/api/v1/accounts", json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/code"
    answer = await api.post("/api/v1/accounts", json={**body, "code": "6910", "role": "sales"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/role"
    missing = f"/api/v1/accounts/acc_{uuid.UUID(int=1).hex.upper()[:26].rjust(26, '0')}"
    assert (await api.get(missing)).status_code == 404
