"""Tax codes over HTTP."""

from typing import Any

from tests.support.company import Company

TAX_ID = "tax_01JZ8B6Q0G3V5W7X9YABCDEFGH"


def component(**members: Any) -> dict[str, Any]:
    return {"name": "VAT", "kind": "percent", "rate": "20", **members}


async def test_a_new_company_has_three_codes(company: Company) -> None:
    codes = (await company.get("/taxes"))["data"]
    assert [each["code"] for each in codes] == ["EXEMPT", "VAT0", "VAT20"]
    assert codes[0]["components"] == []
    assert codes[2]["components"] == [
        {
            "name": "VAT",
            "kind": "percent",
            "rate": "20",
            "compound": False,
            "recoverable": True,
            "output_account_id": None,
            "input_account_id": None,
        }
    ]
    assert await company.get(f"/taxes/{codes[2]['id']}") == codes[2]


async def test_a_code_with_two_components_and_an_account_of_its_own(company: Company) -> None:
    account = await company.post(
        "/accounts", {"code": "2110", "name": "Levy payable", "kind": "liability"}
    )
    body = {
        "id": TAX_ID,
        "code": "LEVY",
        "name": "Levy and VAT",
        "included": True,
        "components": [
            component(name="Levy", rate="2.5", compound=True, output_account_id=account["id"]),
            component(name="Eco fee", kind="fixed", rate="0.125", recoverable=False),
        ],
    }
    made = await company.post("/taxes", body)
    assert (made["id"], made["included"], made["version"]) == (TAX_ID, True, 1)
    first, second = made["components"]
    assert (first["rate"], first["compound"], first["output_account_id"]) == (
        "2.5",
        True,
        account["id"],
    )
    assert (second["kind"], second["rate"], second["recoverable"]) == ("fixed", "0.125", False)
    assert await company.post("/taxes", body, status=200) == made
    assert (await company.get("/taxes", code="LEVY"))["data"] == [made]


async def test_only_code_and_name_change(company: Company) -> None:
    [vat] = (await company.get("/taxes", code="VAT20"))["data"]
    path, match = f"/api/v1/taxes/{vat['id']}", {"If-Match": '"1"'}
    refused = await company.client.patch(path, json={"components": []}, headers=match)
    assert refused.status_code == 422
    refused = await company.client.patch(path, json={"code": "VAT0"}, headers=match)
    assert (refused.status_code, refused.json()["code"]) == (409, "common.duplicate")
    renamed = await company.client.patch(
        path, json={"code": "STD", "name": "Standard rate"}, headers=match
    )
    assert renamed.status_code == 200
    assert renamed.json() == {**vat, "code": "STD", "name": "Standard rate", "version": 2}
    off = await company.client.post(f"{path}/deactivate", headers={"If-Match": '"2"'})
    assert (off.status_code, off.json()["active"]) == (200, False)
    assert (await company.get("/taxes", active="false"))["data"] == [off.json()]


async def test_an_account_must_exist_be_active_and_be_no_control_account(
    company: Company,
) -> None:
    async def refused(account_id: str, member: str) -> tuple[str, str]:
        parts = [component(), component(name="Other", **{member: account_id})]
        body = {"code": "X", "name": "X", "components": parts}
        status = 409 if account_id == inactive["id"] else 422
        problem = await company.post("/taxes", body, status=status)
        return problem["code"], problem["errors"][0]["pointer"]

    inactive = await company.post("/accounts", {"code": "9", "name": "Old", "kind": "asset"})
    await company.client.post(
        f"/api/v1/accounts/{inactive['id']}/deactivate", headers={"If-Match": '"1"'}
    )
    payables = await company.first("/accounts", role="payables")
    unknown = "acc_01JZ8B6Q0G3V5W7X9YABCDEFGH"
    pointer = "/components/1/input_account_id"
    assert await refused(unknown, "input_account_id") == ("common.reference_not_found", pointer)
    assert await refused(payables, "input_account_id") == ("accounting.control_account", pointer)
    assert await refused(inactive["id"], "output_account_id") == (
        "accounting.account_inactive",
        "/components/1/output_account_id",
    )


async def test_a_rate_above_a_hundred_percent_is_refused(company: Company) -> None:
    body = {"code": "X", "name": "X", "components": [component(rate="100.000001")]}
    problem = await company.post("/taxes", body, status=422)
    assert problem["code"] == "accounting.tax_rate_out_of_range"
    assert problem["errors"][0]["pointer"] == "/components/0/rate"
    await company.post("/taxes", {**body, "components": [component(rate="100")]})
    body = {"code": "Y", "name": "Y", "components": [component(rate=20)]}
    problem = await company.post("/taxes", body, status=422)
    assert problem["errors"][0]["pointer"] == "/components/0/rate"
