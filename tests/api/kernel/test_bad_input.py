"""Bad input on real routes, on both databases: a 4xx problem, and nothing half done (issue §5)."""

from typing import Any

import httpx
import pytest

from tests.support.company import Company

HEADERS = {"Content-Type": "application/json", "Idempotency-Key": "bad"}


async def body_for(company: Company) -> dict[str, Any]:
    product_id = await company.product("BAD")
    await company.open_stock("10", "1.00", product_id)
    return {
        "location_id": await company.location(),
        "lines": [{"product_id": product_id, "quantity": "1", "unit_price": "2.00"}],
        "tenders": [{"method": "cash"}],
    }


async def assert_untouched(company: Company) -> None:
    assert (await company.get("/sales"))["data"] == []
    assert (await company.balances())["stock"] == "10.00"
    await company.assert_sound()


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"colour": "red"}, "/colour"),
        ({"lines": []}, "/lines"),
        ({"lines": "none"}, "/lines"),
        ({"location_id": 7}, "/location_id"),
        ({"location_id": "prd_01JZ8B6Q0G3V5W7X9YABCDEFGH"}, "/location_id"),
        ({"effective_at": "2026-01-01"}, "/effective_at"),
        ({"effective_at": "2026-01-01T00:00:00"}, "/effective_at"),
        ({"effective_at": 1e9}, "/effective_at"),
        ({"effective_at": "2026-W01-4T00:00:00Z"}, "/effective_at"),
        ({"effective_at": "20260101T000000Z"}, "/effective_at"),
        ({"effective_at": "2026-02-30T00:00:00Z"}, "/effective_at"),
        ({"external_ref": "a\u0000b"}, "/external_ref"),
        ({"external_ref": ""}, "/external_ref"),
        ({"external_ref": "x" * 101}, "/external_ref"),
        ({"tenders": [{"method": "barter"}]}, "/tenders/0/method"),
    ],
)
async def test_a_sale_of_another_form(company: Company, change: Any, pointer: str) -> None:
    body = {**await body_for(company), **change}
    answer = await company.client.post("/api/v1/sales", json=body, headers=HEADERS)
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]
    await assert_untouched(company)


@pytest.mark.parametrize(
    "quantity",
    [
        "0",
        "-1",
        "1.5",
        "1e3",
        "NaN",
        "Infinity",
        "9" * 400,
        "0.0000001",
        "",
        " 1",
        1,
        1.5,
        None,
        "٣",
    ],
)
async def test_a_quantity_that_is_none(company: Company, quantity: Any) -> None:
    body = await body_for(company)
    body["lines"][0]["quantity"] = quantity
    answer = await company.client.post("/api/v1/sales", json=body, headers=HEADERS)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["pointer"] == "/lines/0/quantity"
    if isinstance(quantity, str) and len(quantity) > 10:
        assert quantity not in answer.text
    await assert_untouched(company)


@pytest.mark.parametrize("member", ["unit_price", "discount_amount", "discount_percent"])
@pytest.mark.parametrize("value", ["-0", "-1", "99999999999999999", "1.0000001"])
async def test_a_price_that_is_none(company: Company, member: str, value: str) -> None:
    body = await body_for(company)
    body["lines"][0][member] = value
    answer = await company.client.post("/api/v1/sales", json=body, headers=HEADERS)
    assert answer.status_code == 422, answer.text
    await assert_untouched(company)


async def test_a_total_that_overflows(company: Company) -> None:
    body = await body_for(company)
    product_id = body["lines"][0]["product_id"]
    big = {"product_id": product_id, "quantity": "9", "unit_price": "999999999"}
    body["lines"] = [{**big, "quantity": "900000000"}]
    answer = await company.client.post("/api/v1/sales", json=body, headers=HEADERS)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["code"] == "common.out_of_range"
    await assert_untouched(company)


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"", 422),
        (b"{", 400),
        (b"[1, 2", 400),
        (b'{"a": NaN}', 400),
        (b'{"a": 1e400}', 400),
        (b'{"a": Infinity}', 400),
        (b"\xff\xfe", 400),
        (b'{"a": "\\ud800"}', 400),
        (b"[" * 5000 + b"]" * 5000, 400),
        (b'{"lines": ' + b"9" * 400 + b"}", 400),
        (b'{"memo": "' + b"x" * (10 * 1024 * 1024) + b'"}', 413),
        (b"[]", 422),
        (b"null", 422),
    ],
)
async def test_a_body_that_is_none(company: Company, raw: bytes, status: int) -> None:
    """IN-01, IN-02: refused at the edge, quickly, whatever the route."""
    answer = await company.client.post("/api/v1/sales", content=raw, headers=HEADERS)
    assert answer.status_code == status, answer.text[:300]
    assert answer.headers["content-type"] == "application/problem+json"
    assert (await company.get("/sales"))["data"] == []


async def test_other_media_types_are_refused(company: Company) -> None:
    headers = {**HEADERS, "Content-Type": "text/xml"}
    answer = await company.client.post("/api/v1/sales", content=b"<a/>", headers=headers)
    assert answer.status_code == 415


@pytest.mark.parametrize("key", ["", "a b", "x" * 129, "naïve"])
async def test_a_key_of_another_form(company: Company, key: str) -> None:
    body = await body_for(company)
    headers = httpx.Headers([(b"idempotency-key", key.encode("latin-1"))])
    answer = await company.client.post("/api/v1/sales", json=body, headers=headers)
    assert answer.status_code in (400, 422)
    await assert_untouched(company)


@pytest.mark.parametrize("token", ["", "Bearer", "Bearer x", "Basic abc", "Bearer a.b.c"])
async def test_nobody_gets_nothing(company: Company, token: str) -> None:
    """JW-03: every tenant route needs a token."""
    answer = await company.client.get("/api/v1/products", headers={"Authorization": token})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.json()["code"] == "auth.unauthenticated"


async def test_an_unbalanced_entry_and_a_control_account(company: Company) -> None:
    bank = await company.first("/accounts", role="bank")
    rent = await company.first("/accounts", role="rounding")
    stock = await company.first("/accounts", role="stock")
    when = "2026-01-05T10:00:00Z"

    def entry(credit: str, account_id: str) -> dict[str, Any]:
        return {
            "effective_at": when,
            "memo": "test",
            "lines": [
                {"account_id": bank, "debit": "10.00"},
                {"account_id": account_id, "credit": credit},
            ],
        }

    refused = await company.post("/journal-entries", entry("9.99", rent), status=422)
    assert refused["code"] == "accounting.entry_unbalanced"
    refused = await company.post("/journal-entries", entry("10.00", stock), status=422)
    assert refused["code"] == "accounting.control_account"
    assert (await company.get("/journal-entries"))["data"] == []
    await company.post("/journal-entries", entry("10.00", rent))
    assert await company.balances() == {"bank": "10.00", "rounding": "-10.00"}
