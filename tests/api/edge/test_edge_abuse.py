"""Bodies and requests made to hurt (IN-01, IN-02, IN-04, PR-01, R-20, G-04)."""

import asyncio
import time

import pytest

from app.api.body import DEPTH_MAX
from app.api.middleware import EdgeConfig
from tests.api.edge.support import Edge, call, json_body, make_edge, problem, sample_router

JSON = {"Content-Type": "application/json"}
GOOD = b'{"lines": [{"sku": "A1", "quantity": 1}]}'


@pytest.fixture(scope="module")
def edge() -> Edge:
    return make_edge(sample_router(), config=EdgeConfig(limits=None))


def in_quantity(text: bytes) -> bytes:
    return b'{"lines": [{"sku": "A1", "quantity": ' + text + b"}]}"


def in_note(text: bytes) -> bytes:
    return b'{"lines": [{"sku": "A1", "quantity": 1}], "note": "' + text + b'"}'


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "common.malformed_json"),
        (b"{'a': 1}", 400, "common.malformed_json"),
        (GOOD + GOOD, 400, "common.malformed_json"),
        (b"\xef\xbb\xbf" + GOOD, 400, "common.malformed_json"),
        (GOOD.decode().encode("utf-16"), 400, "common.malformed_json"),
        (in_quantity(b"NaN"), 400, "common.malformed_json"),
        (in_quantity(b"Infinity"), 400, "common.malformed_json"),
        (in_quantity(b"-Infinity"), 400, "common.malformed_json"),
        (in_quantity(b"1e400"), 400, "common.malformed_json"),
        (in_quantity(b"1" * 400), 400, "common.malformed_json"),
        (in_quantity(b"01"), 400, "common.malformed_json"),
        (in_quantity(b"1" * 30), 422, "common.validation_failed"),
        (in_quantity(b"18446744073709551616"), 422, "common.validation_failed"),
        (in_quantity(b"1e18"), 422, "common.validation_failed"),
        (in_note(b"\xff\xfe"), 400, "common.malformed_json"),
        (in_note(b"\xed\xa0\x80"), 400, "common.malformed_json"),
        (in_note(b"\\ud800"), 400, "common.malformed_json"),
        (in_note(b"\\udc00\\ud800"), 400, "common.malformed_json"),
        (in_note(b"\x00"), 400, "common.malformed_json"),
        (in_note(b"a\\u0000b"), 422, "common.validation_failed"),
        (in_note(b"\\\\\\u0000"), 422, "common.validation_failed"),
        (b'{"lines": [], "lines": []}', 400, "common.duplicate_member"),
        (b'{"lines": [{"sku": "A", "sku": "B"}]}', 400, "common.duplicate_member"),
        (b'{"a": "x\\\\", "a": 1}', 400, "common.duplicate_member"),
        (b'{"a": "\\u003a", "a": 1}', 400, "common.duplicate_member"),
        (b'{"a\\u0062": 1, "ab": 1}', 400, "common.duplicate_member"),
        (b"[" * 100_000, 400, "common.malformed_json"),
        (b"[" * 100_000 + b"]" * 100_000, 400, "common.malformed_json"),
        (b"[" * 65 + b"]" * 65, 400, "common.nested_too_deep"),
        (b'{"a":' * 65 + b"1" + b"}" * 65, 400, "common.nested_too_deep"),
        (b'{"a":["]}[{",' + b"[" * 64 + b"]" * 64 + b"]}", 400, "common.nested_too_deep"),
        (b"[" * 64 + b"]" * 64, 422, "common.validation_failed"),
        (b"null", 422, "common.validation_failed"),
        (b"1", 422, "common.validation_failed"),
    ],
)
async def test_hostile_bodies_are_refused_quickly(
    edge: Edge, body: bytes, status: int, code: str
) -> None:
    """IN-01: a problem below 500 within 100 ms of CPU, and nothing of the body in the answer."""
    started = time.process_time()
    answer = await edge.client.post("/api/v1/orders", content=body, headers=JSON)
    assert time.process_time() - started < 0.1
    problem(answer, status, code)


@pytest.mark.parametrize(
    "body",
    [
        in_note(b"colon: and \\u003a and \\\\"),
        in_note(b'\\"a\\":1,\\"a\\":2'),
        in_note(b"[[[[{{{{"),
        in_note(b"\\\\u0000"),
        in_note("😀 é".encode()),
        in_note(b"\\ud83d\\ude00"),
        in_note(b"two\\nlines\\tand a tab"),
        b' {"lines": [{"quantity": 1, "sku": "A1"}], "extra": {"a:b": {"a:b": ":"}}} ',
    ],
)
async def test_good_bodies_that_look_hostile_pass(edge: Edge, body: bytes) -> None:
    answer = await edge.client.post("/api/v1/orders", content=body, headers=JSON)
    assert (answer.status_code, answer.json()) == (201, {"lines": 1})


async def test_the_place_of_a_hidden_character_is_named(edge: Edge) -> None:
    zero_width = "\u200b".encode()
    body = (
        b'{"lines": [{"sku": "a\\u202E", "quantity": 1}], "b\\u0000": {"c/d": "%s"}}' % zero_width
    )
    answer = await edge.client.post("/api/v1/orders", content=body, headers=JSON)
    document = problem(answer, 422, "common.validation_failed")
    assert [(fault["pointer"], fault["code"]) for fault in document["errors"]] == [
        ("/lines/0/sku", "validation.hidden_character"),
        ("", "validation.hidden_character"),
        ("/b\0/c~1d", "validation.hidden_character"),
    ]
    named = [fault["message"].split()[3] for fault in document["errors"]]
    assert named == ["U+202E,", "U+0000,", "U+200B,"]


@pytest.mark.parametrize("path", ["/api/v1/orders?limit=%00", "/api/v1/orders?status=a%00b"])
async def test_nul_in_the_query_is_400(edge: Edge, path: str) -> None:
    problem(await edge.client.get(path), 400, "common.malformed_query")


async def test_nul_in_the_path_is_404(edge: Edge) -> None:
    status, _, body = await call(edge.app, path="/api/v1/orders/a\0b")
    assert (status, json_body(body)["code"]) == (404, "common.path_not_found")


async def test_broken_percent_codes_do_no_harm(edge: Edge) -> None:
    answer = await edge.client.get("/api/v1/orders?limit=%ff%zz%")
    problem(answer, 422, "common.validation_failed")


# --- media types ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "content_type", "status"),
    [
        ("POST", "/api/v1/orders", "application/json", 201),
        ("POST", "/api/v1/orders", "Application/JSON; charset=UTF-8", 201),
        ("POST", "/api/v1/orders", 'application/json; charset="utf-8"', 201),
        ("POST", "/api/v1/orders", "application/json; charset=latin-1", 415),
        ("POST", "/api/v1/orders", "application/merge-patch+json", 415),
        ("POST", "/api/v1/orders", "application/vnd.api+json", 415),
        ("POST", "/api/v1/orders", "text/plain", 415),
        ("POST", "/api/v1/orders", "application/x-www-form-urlencoded", 415),
        ("POST", "/api/v1/orders", "multipart/form-data; boundary=x", 415),
        ("POST", "/api/v1/orders", "", 415),
        ("POST", "/api/v1/orders", None, 415),
        ("PATCH", "/api/v1/orders/ord_1", "application/merge-patch+json", 200),
        ("PATCH", "/api/v1/orders/ord_1", "application/json", 200),
        ("PATCH", "/api/v1/orders/ord_1", "application/json-patch+json", 415),
        ("POST", "/api/v1/orders/ord_1/confirm", "text/plain", 415),
    ],
)
async def test_only_declared_types_are_read(
    edge: Edge, method: str, path: str, content_type: str | None, status: int
) -> None:
    """IN-04: 415 for anything but JSON, and merge patches for PATCH."""
    body = b'{"note": null}' if method == "PATCH" else GOOD
    headers = {} if content_type is None else {"Content-Type": content_type}
    answer = await edge.client.request(method, path, content=body, headers=headers)
    if status == 415:
        problem(answer, 415, "common.unsupported_media")
    else:
        assert answer.status_code == status, answer.text


async def test_compressed_request_bodies_are_415(edge: Edge) -> None:
    """IN-02: no gzip bombs."""
    headers = {**JSON, "Content-Encoding": "gzip"}
    answer = await edge.client.post("/api/v1/orders", content=GOOD, headers=headers)
    problem(answer, 415, "common.unsupported_media")


# --- size and framing ----------------------------------------------------------------------------


async def test_a_body_above_the_limit_is_413_and_closes(edge: Edge) -> None:
    """IN-02: the stated length is enough; the body is not read."""
    answer = await edge.client.post(
        "/api/v1/orders", content=b" " * (2 * 1_024**2 + 1), headers=JSON
    )
    problem(answer, 413, "common.body_too_large")
    assert answer.headers["connection"] == "close"


async def test_a_body_of_exactly_the_limit_is_read(edge: Edge) -> None:
    body = GOOD + b" " * (2 * 1_024**2 - len(GOOD))
    answer = await edge.client.post("/api/v1/orders", content=body, headers=JSON)
    assert answer.status_code == 201


async def test_a_chunked_body_is_counted_while_it_arrives() -> None:
    """IN-02: 413 also for chunked, and reading stops at the limit."""
    edge = make_edge(sample_router(), config=EdgeConfig(limits=None, body_bytes_max=1_000))
    headers = [
        (b"host", b"test"),
        (b"content-type", b"application/json"),
        (b"transfer-encoding", b"chunked"),
    ]
    chunks = [b" " * 400] * 50
    status, answered, body = await call(
        edge.app, method="POST", path="/api/v1/orders", headers=headers, chunks=chunks
    )
    assert (status, json_body(body)["code"]) == (413, "common.body_too_large")
    assert answered[b"connection"] == b"close"
    status, _, _ = await call(
        edge.app, method="POST", path="/api/v1/orders", headers=headers, chunks=[GOOD[:9], GOOD[9:]]
    )
    assert status == 201


async def test_a_length_that_lies_is_counted() -> None:
    edge = make_edge(sample_router(), config=EdgeConfig(limits=None, body_bytes_max=1_000))
    headers = [
        (b"host", b"test"),
        (b"content-type", b"application/json"),
        (b"content-length", b"10"),
    ]
    status, _, body = await call(
        edge.app, method="POST", path="/api/v1/orders", headers=headers, chunks=[b" " * 2_000]
    )
    assert (status, json_body(body)["code"]) == (413, "common.body_too_large")


async def test_an_upload_path_may_have_a_larger_limit() -> None:
    config = EdgeConfig(limits=None, body_bytes_max=50, larger_bodies={"/api/v1/orders": 5_000})
    edge = make_edge(sample_router(), config=config)
    answer = await edge.client.post("/api/v1/orders", content=GOOD + b" " * 100, headers=JSON)
    assert answer.status_code == 201


async def test_a_body_that_does_not_arrive_is_given_up() -> None:
    """PR-03: the time for a body is bounded in the application."""
    edge = make_edge(sample_router(), config=EdgeConfig(limits=None, body_seconds_max=0.05))
    sent = []

    async def receive() -> dict[str, object]:
        await asyncio.sleep(60)
        raise AssertionError("nobody waits this long")

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    scope = {
        "type": "http", "method": "POST", "path": "/api/v1/orders", "query_string": b"",
        "headers": [(b"content-type", b"application/json"), (b"content-length", b"10")],
        "client": None, "root_path": "", "scheme": "http", "server": ("test", 80),
    }  # fmt: skip
    await edge.app(scope, receive, send)  # type: ignore[arg-type]
    assert sent[0]["status"] == 400
    assert (b"connection", b"close") in sent[0]["headers"]  # type: ignore[operator]
    assert json_body(sent[1]["body"])["code"] == "common.body_too_slow"  # type: ignore[arg-type]


async def test_both_length_and_transfer_encoding_is_400_and_closes(edge: Edge) -> None:
    """PR-01: RFC 9112 §6.1."""
    headers = [
        (b"host", b"test"),
        (b"content-type", b"application/json"),
        (b"content-length", b"5"),
        (b"transfer-encoding", b"chunked"),
    ]
    status, answered, body = await call(
        edge.app, method="POST", path="/api/v1/orders", headers=headers, chunks=[GOOD]
    )
    assert (status, json_body(body)["code"]) == (400, "common.ambiguous_length")
    assert answered[b"connection"] == b"close"


def test_the_depth_bound_is_the_documented_one() -> None:
    assert DEPTH_MAX == 64
