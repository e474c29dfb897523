"""Every refusal says what is wrong with the request at hand and what to do about it."""

from typing import Any

import httpx
import pytest

from app.api.locales import Catalogue
from tests.support.company import Company
from tests.support.route import tag

LARGEST = "9223372036.854775"

# Path, what the valid body is changed to, the member at fault, its code, a part of its message.
BODIES: list[tuple[str, dict[str, Any], str, str, str]] = [
    ("/units", {"code": "no key"}, "/code", "validation.code", "1 to 32 characters"),
    ("/units", {"name": " "}, "/name", "validation.name", "1 to 200 characters"),
    ("/locations", {"code": "no key"}, "/code", "validation.code", "1 to 16 characters"),
    ("/contacts", {"email": "harbour"}, "/email", "validation.email", "e-mail address"),
    ("/contacts", {"phone": "call"}, "/phone", "validation.pattern", "[0-9 ()./-]"),
    (
        "/contacts",
        {"address": {"country": "uk"}},
        "/address/country",
        "validation.country",
        "such as GB",
    ),
    ("/contacts", {"roles": ["buyer"]}, "/roles/0", "validation.choice", "customer, supplier."),
    ("/payments", {"amount": "1.005"}, "/amount", "validation.too_many_decimals", "at most 2"),
    ("/payments", {"amount": "1.0000001"}, "/amount", "validation.too_many_decimals", "at most 6"),
    ("/payments", {"amount": "1e3"}, "/amount", "validation.decimal", '"12.50"'),
    (
        "/payments",
        {"amount": "-1"},
        "/amount",
        "validation.decimal_range",
        f"> 0, ≤ {LARGEST}",
    ),
    ("/payments", {"amount": "0"}, "/amount", "validation.decimal_range", "> 0"),
    ("/payments", {"method": "cheque"}, "/method", "validation.choice", ": cash, card, bank."),
    ("/payments", {"contact_id": "sal_1"}, "/contact_id", "validation.identifier", "(con)"),
    ("/payments", {"external_ref": "é"}, "/external_ref", "validation.pattern", "x21"),
    ("/products", {"barcode": "*"}, "/barcode", "validation.pattern", "[0-9A-Za-z]"),
    ("/products", {"price": "9.9999999"}, "/price", "validation.too_many_decimals", "at most 6"),
]


async def body_of(company: Company, path: str) -> dict[str, Any]:
    """A body that the path would take."""
    bodies: dict[str, dict[str, Any]] = {
        "/units": {"code": tag(), "name": "Box"},
        "/locations": {"code": tag(), "name": "Cellar"},
        "/contacts": {"name": "Harbour", "roles": ["customer"]},
    }
    if path == "/payments":
        contact_id = await company.contact("Harbour", "customer")
        party = {"direction": "in", "contact_id": contact_id, "method": "bank"}
        return {**party, "amount": "5.00", "excess": "credit"}
    if path == "/products":
        return {"sku": tag(), "name": "Cup", "unit_id": await company.first("/units", code="pcs")}
    return bodies[path]


@pytest.mark.parametrize(("path", "changes", "pointer", "code", "part"), BODIES)
async def test_a_wrong_value_is_told_from_its_form(
    company: Company, path: str, changes: dict[str, Any], pointer: str, code: str, part: str
) -> None:
    body = {**await body_of(company, path), **changes}
    answer = await company.client.post(
        "/api/v1" + path, json=body, headers={"Idempotency-Key": tag()}
    )
    assert answer.status_code == 422, answer.text
    problem = answer.json()
    [fault] = problem["errors"]
    assert (fault["pointer"], fault["code"]) == (pointer, code)
    assert part in fault["message"]
    assert "…" not in fault["message"]  # a parameter that its error does not carry
    message = Catalogue.load().get("en", code)
    assert message is not None
    assert fault["fix"] == message.fix
    assert problem["fix"]


async def test_a_time_zone_and_a_currency_are_told(api: httpx.AsyncClient) -> None:
    company = {"name": "North", "currency": "GBP", "time_zone": "Europe/London"}
    body = {"email": "a@example.com", "password": "plum basket over quiet water"}
    for member, value, code, part in (
        ("time_zone", "London", "validation.zone", "Europe/London"),
        ("currency", "XXX", "validation.currency", "ISO 4217"),
        ("country", "ZZZ", "validation.string_too_long", "2"),
    ):
        changed = {**body, "company": {**company, member: value}}
        problem = (await api.post("/api/v1/auth/register", json=changed)).json()
        faults = {each["code"]: each for each in problem["errors"]}
        assert faults[code]["pointer"] == f"/company/{member}"
        assert part in faults[code]["message"]


async def test_choices_are_a_list_in_every_language(company: Company) -> None:
    body = {**await body_of(company, "/payments"), "method": "cheque"}
    for language, expected in (
        ("en", "The value must be one of these: cash, card, bank."),
        ("ar", "يجب أن تكون القيمة إحدى القيم التالية: cash, card, bank."),
    ):
        headers = {"Idempotency-Key": tag(), "Accept-Language": language}
        answer = await company.client.post("/api/v1/payments", json=body, headers=headers)
        assert answer.json()["errors"][0]["message"] == expected


@pytest.mark.parametrize("tag_sent", ["1", 'W/"1"', "*", '"one"', '"1", "2"', ""])
async def test_another_form_of_if_match_is_not_called_stale(
    company: Company, tag_sent: str
) -> None:
    unit_id = await company.first("/units", code="pcs")
    path, body = f"/api/v1/units/{unit_id}", {"name": "Piece"}
    answer = await company.client.patch(path, json=body, headers={"If-Match": tag_sent})
    assert (answer.status_code, answer.json()["code"]) == (400, "common.if_match_invalid")
    assert answer.json()["errors"][0]["header"] == "If-Match"
    assert '"3"' in answer.json()["detail"]
    stale = await company.client.patch(path, json=body, headers={"If-Match": '"999"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "common.stale_version")


async def test_what_cannot_be_read_is_located(company: Company) -> None:
    headers = {"Content-Type": "application/json"}
    answer = await company.client.post(
        "/api/v1/units", content=b'{"code": "box",\n  "name": }', headers=headers
    )
    assert answer.status_code == 400
    assert "line 2, column 11." in answer.json()["detail"]
    typed = await company.client.post("/api/v1/units", content=b"<unit/>")
    assert typed.status_code == 415
    assert typed.json()["detail"].startswith("The body must be application/json in UTF-8")
    assert "Content-Type: application/json" in typed.json()["fix"]


async def test_a_caller_without_a_token_is_told_the_header(api: httpx.AsyncClient) -> None:
    for language in ("en", "ar"):
        headers = {"Accept-Language": language, "Authorization": "Basic b2xnYTo="}
        answer = await api.get("/api/v1/units", headers=headers)
        assert answer.status_code == 401
        assert "Authorization: Bearer <access_token>" in answer.json()["detail"]
        assert "/api/v1/auth/login" in answer.json()["fix"]


@pytest.mark.parametrize("month", ["2026-9", "2026-13", "202609", "2026-09-01", "september"])
async def test_a_month_of_another_form_is_told(company: Company, month: str) -> None:
    answer = await company.client.get(f"/api/v1/periods/{month}")
    assert (answer.status_code, answer.json()["code"]) == (404, "common.month_form")
    assert "YYYY-MM" in answer.json()["detail"]


async def test_an_id_in_a_filter_is_told_its_kinds(company: Company) -> None:
    for path, kinds in (
        ("/stock-moves", "(adj, bil, jnl, pay, rcp, ret, sal, scr, srt, trf)"),
        ("/journal-entries", "(adj, bil, jnl, pay, rcp, ret, sal, scr, srt, trf)"),
    ):
        for wrong in ("xyz_1", "sal_1"):
            problem = await company.get(path, status=422, source_id=wrong)
            [fault] = problem["errors"]
            assert (fault["parameter"], fault["code"]) == ("source_id", "validation.identifier")
            assert kinds in fault["message"]


async def sale_of(company: Company, tenders: list[dict[str, str]]) -> dict[str, Any]:
    """A sale of a service for 8.10 in all."""
    product_id = await company.product(tag(), kind="service", price="8.10")
    location_id = await company.location()
    return {
        "location_id": location_id,
        "lines": [{"product_id": product_id, "quantity": "1", "tax_id": None}],
        "tenders": tenders,
    }


@pytest.mark.parametrize(
    ("tenders", "code"),
    [
        ([{"method": "cash", "amount": "8.00"}], "sales.tender_mismatch"),
        ([], "sales.tender_mismatch"),
        ([{"method": "cash"}, {"method": "card"}], "sales.tender_mismatch"),
        ([{"method": "card", "amount": "9"}, {"method": "cash"}], "sales.tender_mismatch"),
        ([{"method": "card", "amount": "8.11"}], "sales.change_without_cash"),
    ],
)
async def test_payments_that_do_not_fit_are_told_the_total(
    company: Company, tenders: list[dict[str, str]], code: str
) -> None:
    problem = await company.post("/sales", await sale_of(company, tenders), status=422)
    assert problem["code"] == code
    assert "total of 8.10" in problem["detail"]


async def test_too_large_a_payment_is_told_what_is_open(company: Company) -> None:
    contact_id = await company.contact("Harbour", "customer")
    sale = await sale_of(company, [{"method": "on_account"}])
    sold = await company.post("/sales", {**sale, "customer_id": contact_id})
    payment = {"direction": "in", "contact_id": contact_id, "method": "bank", "amount": "10.00"}
    part = [{"document_id": sold["id"], "amount": "3.00"}]
    for settled, can_settle in (
        ({"allocate": "oldest"}, "8.10"),
        ({"allocate": "none"}, "8.10"),
        ({"allocations": part}, "3.00"),
    ):
        problem = await company.post("/payments", {**payment, **settled}, status=409)
        assert problem["code"] == "accounting.excess_payment"
        assert problem["detail"].endswith(f"to settle: {can_settle}.")


RETURNS: list[tuple[set[str], bool]] = [
    ({"product_id"}, False),
    ({"sale_id"}, False),
    ({"sale_id", "sale_line", "unit_price"}, False),
    ({"product_id", "unit_price"}, True),
]


@pytest.mark.parametrize(("named", "taken"), RETURNS)
async def test_a_return_line_is_told_its_two_forms(
    company: Company, named: set[str], taken: bool
) -> None:
    product_id = await company.product(tag(), kind="service")
    values = {
        "product_id": product_id,
        "unit_price": "2.00",
        "sale_id": "sal_01J8Z3K4M5N6P7Q8R9S0T1V2W3",
        "sale_line": 1,
    }
    body = {
        "location_id": await company.location(),
        "lines": [{"quantity": "1", **{name: values[name] for name in named}}],
        "refund": {"method": "cash"},
    }
    problem = await company.post("/returns", body, status=201 if taken else 422)
    if not taken:
        [fault] = problem["errors"]
        assert (fault["pointer"], fault["code"]) == ("/lines/0", "validation.return_line")
        assert "product_id and unit_price" in fault["message"]


async def test_an_entry_line_is_told_that_it_has_one_side(company: Company) -> None:
    account_id = await company.first("/accounts", role="cash")
    line = {"account_id": account_id, "debit": "1", "credit": "1"}
    problem = await company.post("/journal-entries", {"lines": [line, line]}, status=422)
    assert problem["errors"][0]["code"] == "validation.debit_or_credit"
