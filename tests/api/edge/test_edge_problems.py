"""Refusals on the wire (S0-52, S1-03, S4-01, AC-01, AC-02, G-05)."""

import pytest
from fastapi import APIRouter, HTTPException

from app.api.errors import STATUS, status_of
from app.api.middleware import EdgeConfig
from app.api.route import PUBLIC, new_router, permission
from app.api.validation import VALIDATION_CODES
from app.domain.shared.errors import DomainError, Fault, Kind, NotFound, ServiceUnavailable
from tests.api.edge.support import (
    SECRET_VALUE,
    Edge,
    call,
    catalogue,
    json_body,
    make_edge,
    problem,
    sample_router,
)

EXPECTED = {
    Kind.MALFORMED: 400,
    Kind.UNAUTHENTICATED: 401,
    Kind.FORBIDDEN: 403,
    Kind.NOT_FOUND: 404,
    Kind.METHOD_NOT_ALLOWED: 405,
    Kind.CONFLICT: 409,
    Kind.STALE: 412,
    Kind.TOO_LARGE: 413,
    Kind.UNSUPPORTED_MEDIA: 415,
    Kind.RANGE: 416,
    Kind.RULE_BROKEN: 422,
    Kind.VERSION_REQUIRED: 428,
    Kind.LIMIT_REACHED: 429,
    Kind.INTERNAL: 500,
    Kind.UNAVAILABLE: 503,
}


class Probe(DomainError):
    """Has the kind under test; its code, outside of the catalogue, belongs to the instance only, so
    that walks over all error classes do not find it."""

    def __init__(self, kind: Kind) -> None:
        self.code = "probe.code"  # type: ignore[misc]
        self.kind = kind  # type: ignore[misc]
        super().__init__()


def failing_router() -> APIRouter:
    router = new_router(prefix="/api/v1/failing")

    @router.get("/kinds/{name}", openapi_extra=permission(PUBLIC))
    async def by_kind(name: str) -> None:
        raise Probe(Kind(name))

    @router.get("/faults", openapi_extra=permission(PUBLIC))
    async def faults() -> None:
        raise NotFound(
            faults=[
                Fault("/lines/1/quantity", "validation.string_too_long", {"maximum": 8}),
                Fault("?limit", "validation.missing"),
                Fault("@Idempotency-Key", "validation.missing"),
            ]
        )

    @router.get("/crash", openapi_extra=permission(PUBLIC))
    async def crash() -> None:
        raise RuntimeError(SECRET_VALUE)

    @router.get("/busy", openapi_extra=permission(PUBLIC))
    async def busy() -> None:
        raise ServiceUnavailable(retry_after_seconds=7)

    @router.get("/framework/{status}", openapi_extra=permission(PUBLIC))
    async def framework(status: int) -> None:
        raise HTTPException(status, SECRET_VALUE)

    return router


@pytest.fixture(scope="module")
def edge() -> Edge:
    return make_edge(sample_router(), failing_router(), config=EdgeConfig(limits=None))


def test_every_kind_has_its_status() -> None:
    """S4-01, S1-23: the whole table, so that a new kind cannot go without a status."""
    assert set(Kind) == set(EXPECTED)
    assert STATUS == EXPECTED


@pytest.mark.parametrize("kind", list(Kind), ids=lambda kind: kind.value)
async def test_a_raised_error_answers_with_the_status_of_its_kind(edge: Edge, kind: Kind) -> None:
    """S1-03: mapping test per error kind, through the whole stack."""
    answer = await edge.client.get(f"/api/v1/failing/kinds/{kind.value}")
    body = problem(answer, EXPECTED[kind], "probe.code")
    assert body["title"] == "probe.code"
    assert ("retry-after" in answer.headers) is (EXPECTED[kind] in {429, 503})
    assert ("www-authenticate" in answer.headers) is (EXPECTED[kind] == 401)


async def test_a_problem_has_exactly_the_members_of_the_contract(edge: Edge) -> None:
    answer = await edge.client.get(
        "/api/v1/nothing/here?token=abc", headers={"X-Request-ID": "my-request-1"}
    )
    assert problem(answer, 404, "common.path_not_found") == {
        "type": "/errors/common.path_not_found",
        "title": "No such path",
        "status": 404,
        "code": "common.path_not_found",
        "detail": "Nothing is served under this path.",
        "fix": "Check the spelling; a trailing slash makes another path. See /docs for all paths.",
        "instance": "/api/v1/nothing/here",
        "request_id": "my-request-1",
        "trace_id": answer.headers["x-trace-id"],
    }


async def test_the_type_is_a_link_below_the_docs_base() -> None:
    edge = make_edge(docs_base="https://docs.example.com/")
    answer = await edge.client.get("/nothing")
    assert answer.json()["type"] == "https://docs.example.com/errors/common.path_not_found"


async def test_faults_name_member_parameter_or_header(edge: Edge) -> None:
    answer = await edge.client.get("/api/v1/failing/faults")
    body = problem(answer, 404, "common.not_found")
    assert body["errors"] == [
        {
            "pointer": "/lines/1/quantity",
            "code": "validation.string_too_long",
            "message": "The text must have at most 8 characters.",
            "fix": "Send a shorter text.",
        },
        {
            "parameter": "limit",
            "code": "validation.missing",
            "message": "This is required.",
            "fix": "Send it.",
        },
        {
            "header": "Idempotency-Key",
            "code": "validation.missing",
            "message": "This is required.",
            "fix": "Send it.",
        },
    ]


async def test_503_says_when_to_come_back(edge: Edge) -> None:
    """AC-12: header and member agree."""
    answer = await edge.client.get("/api/v1/failing/busy")
    body = problem(answer, 503, "common.unavailable")
    assert answer.headers["retry-after"] == "7"
    assert body["retry_after_seconds"] == 7


@pytest.mark.parametrize(
    ("sent", "challenge"),
    [
        ({}, 'Bearer realm="tradepost"'),
        ({"Authorization": "Bearer x"}, 'Bearer realm="tradepost", error="invalid_token"'),
    ],
)
async def test_401_challenges(edge: Edge, sent: dict[str, str], challenge: str) -> None:
    answer = await edge.client.get("/api/v1/failing/kinds/unauthenticated", headers=sent)
    assert answer.headers["www-authenticate"] == challenge


async def test_500_tells_nothing_but_its_ids(edge: Edge) -> None:
    """S4-36, S2-24: no text of the exception, no stack, no values."""
    answer = await edge.client.get("/api/v1/failing/crash")
    body = problem(answer, 500, "common.internal")
    assert set(body) == {
        "type", "title", "status", "code", "detail", "fix", "instance", "request_id", "trace_id",
    }  # fmt: skip
    assert SECRET_VALUE not in answer.text
    assert "RuntimeError" not in answer.text


@pytest.mark.parametrize(
    ("status", "expected", "code"),
    [
        (400, 400, "common.malformed_request"),
        (404, 404, "common.path_not_found"),
        (405, 405, "common.method_not_allowed"),
        (413, 413, "common.body_too_large"),
        (415, 415, "common.unsupported_media"),
        (418, 400, "common.malformed_request"),
        (422, 422, "common.validation_failed"),
        (503, 503, "common.unavailable"),
        (502, 500, "common.internal"),
    ],
)
async def test_errors_of_the_framework_become_problems(
    edge: Edge, status: int, expected: int, code: str
) -> None:
    answer = await edge.client.get(f"/api/v1/failing/framework/{status}")
    problem(answer, expected, code)
    assert SECRET_VALUE not in answer.text


# --- languages -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "en"),
        ("", "en"),
        ("ar", "ar"),
        ("AR-eg", "ar"),
        ("ar-EG-x-private", "ar"),
        ("fr", "en"),
        ("fr, ar;q=0.3", "ar"),
        ("en;q=0.4, ar;q=0.5", "ar"),
        ("en, ar", "en"),
        ("ar, en", "ar"),
        ("*", "en"),
        ("en;q=0, *", "ar"),
        ("en;q=0", "en"),
        ("ar;q=0, en;q=0", "en"),
        ("*;q=0.1, ar;q=0.2", "ar"),
        ("ar;q=1.5, en;q=0.1", "en"),
        ("ar;q=nan, en;q=0.1", "en"),
        ("ar;q=abc", "en"),
        ("ar ; q = 0.9 , en;q=0.1", "ar"),
        (";;;,,,q=1", "en"),
        ("a" * 100_000, "en"),
    ],
)
async def test_the_language_is_negotiated(edge: Edge, header: str | None, language: str) -> None:
    """S2-06: weights, ranges, wildcards and rubbish."""
    headers = {} if header is None else {"Accept-Language": header}
    answer = await edge.client.get("/nothing", headers=headers)
    assert answer.headers["content-language"] == language
    assert "Accept-Language" in answer.headers["vary"]
    titles = {"en": "No such path", "ar": "لا يوجد مسار كهذا"}
    assert answer.json()["title"] == titles[language]
    assert answer.json()["code"] == "common.path_not_found"


async def test_messages_of_faults_are_translated_too(edge: Edge) -> None:
    answer = await edge.client.post("/api/v1/orders", json={}, headers={"Accept-Language": "ar"})
    body = problem(answer, 422, "common.validation_failed")
    assert body["errors"] == [
        {
            "pointer": "/lines",
            "code": "validation.missing",
            "message": "هذا الحقل مطلوب.",
            "fix": "أرسله.",
        }
    ]


def test_the_catalogue_is_complete_for_the_edge() -> None:
    """S2-06: every code of the edge in every language, with the same placeholders."""
    import app.api.errors as edge_errors

    codes = {
        value.code
        for value in vars(edge_errors).values()
        if isinstance(value, type) and issubclass(value, DomainError) and "code" in value.__dict__
    }
    assert len(codes) >= 20
    assert catalogue().locales == ("en", "ar")
    assert catalogue().gaps(codes | VALIDATION_CODES) == []


async def test_a_method_that_no_client_sends_is_405_with_allow(edge: Edge) -> None:
    status, headers, body = await call(edge.app, method="TRACE", path="/api/v1/orders")
    assert status == 405
    assert headers[b"allow"] == b"GET, HEAD, OPTIONS, POST"
    assert json_body(body)["code"] == "common.method_not_allowed"


def test_status_of_takes_classes_and_instances() -> None:
    assert status_of(NotFound) == status_of(NotFound()) == 404
