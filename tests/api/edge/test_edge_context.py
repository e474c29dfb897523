"""Ids, log lines and counters of requests, also of many at once (S0-20, S1-04, S4-10, AC-03)."""

import asyncio
import io
import re
from typing import Any

import orjson
import pytest
import structlog
from fastapi import APIRouter, Request

from app.api.middleware import EdgeConfig
from app.api.middleware.context import bind_principal
from app.api.route import PUBLIC, new_router, permission
from app.infrastructure.observability.logging import FIXED_KEYS
from tests.api.edge.support import SECRET_VALUE, Edge, call, make_edge, sample_router

ULID = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
UNLIMITED = EdgeConfig(limits=None)


def lines(log: io.BytesIO) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in log.getvalue().splitlines()]


def talking_router() -> APIRouter:
    router = new_router(prefix="/api/v1/talk")
    logger = structlog.get_logger("sample")

    @router.get("/{name}", openapi_extra=permission(PUBLIC))
    async def talk(name: str, request: Request) -> dict[str, str]:
        bind_principal(request.scope, user_id=f"usr_{name}", company_id=f"cmp_{name}")
        logger.info("before", name=name)
        for _ in range(3):
            await asyncio.sleep(0)
        logger.info("after", name=name)
        return {"name": name}

    @router.get("/{name}/crash", openapi_extra=permission(PUBLIC))
    async def crash(name: str) -> None:
        raise RuntimeError(f"{name} {SECRET_VALUE}@example.com")

    @router.get("/{name}/half", openapi_extra=permission(PUBLIC))
    async def half(name: str) -> Any:
        from starlette.responses import StreamingResponse

        async def parts() -> Any:
            yield b"first"
            raise RuntimeError("the rest is lost")

        return StreamingResponse(parts())

    return router


# --- ids -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def edge() -> Edge:
    return make_edge(sample_router(), talking_router(), config=UNLIMITED)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("12345678", True),
        ("a.B-c_0" * 9 + "x", True),
        ("1234567", False),
        ("a" * 65, False),
        ("has blank in it", False),
        ("line\tbreak-id", False),
        ("umläut-umläut", False),
        ('{"a":1}"""', False),
        ("", False),
    ],
)
async def test_a_request_id_is_kept_only_when_well_formed(
    edge: Edge, sent: str, kept: bool
) -> None:
    """S0-21, AC-03."""
    headers = [(b"host", b"test"), (b"x-request-id", sent.encode("utf-8"))]
    _, answered, _ = await call(edge.app, path="/healthz", headers=headers)
    answer = answered[b"x-request-id"].decode()
    assert (answer == sent) is kept
    assert kept or ULID.fullmatch(answer)


@pytest.mark.parametrize(
    ("sent", "trace"),
    [
        (f"00-{TRACE}-00f067aa0ba902b7-01", TRACE),
        (f"00-{TRACE}-00f067aa0ba902b7-00", TRACE),
        (f"cc-{TRACE}-00f067aa0ba902b7-01-what-the-future-adds", TRACE),
        (f"00-{TRACE}-00f067aa0ba902b7-01-more", None),
        (f"ff-{TRACE}-00f067aa0ba902b7-01", None),
        (f"00-{'0' * 32}-00f067aa0ba902b7-01", None),
        (f"00-{TRACE}-{'0' * 16}-01", None),
        (f"00-{TRACE.upper()}-00f067aa0ba902b7-01", None),
        (f"00-{TRACE}-00f067aa0ba902b7", None),
        (f"00-{TRACE}-00f067aa0ba902b7-01\n", None),
        ("", None),
        ("rubbish", None),
    ],
)
async def test_traceparent_is_honoured_when_valid(edge: Edge, sent: str, trace: str | None) -> None:
    """X-01: the W3C header counts, both ids are answered."""
    headers = [(b"host", b"test"), (b"traceparent", sent.encode())]
    _, answered, _ = await call(edge.app, path="/healthz", headers=headers)
    answer = answered[b"x-trace-id"].decode()
    assert re.fullmatch("[0-9a-f]{32}", answer)
    assert (answer == TRACE) is (trace is not None)


async def test_two_traceparents_are_none(edge: Edge) -> None:
    parent = (b"traceparent", f"00-{TRACE}-00f067aa0ba902b7-01".encode())
    _, answered, _ = await call(edge.app, path="/healthz", headers=[parent, parent])
    assert answered[b"x-trace-id"].decode() != TRACE


async def test_the_name_of_the_id_header_is_a_setting() -> None:
    """S0-46."""
    edge = make_edge(config=EdgeConfig(request_id_header="X-Correlation-ID"))
    answer = await edge.client.get("/healthz", headers={"X-Correlation-ID": "abcdefgh"})
    assert answer.headers["x-correlation-id"] == "abcdefgh"
    assert "x-request-id" not in answer.headers


# --- the access log ------------------------------------------------------------------------------


async def test_one_line_for_each_request_with_fixed_keys(log: io.BytesIO) -> None:
    """S4-10, S0-20: the fields, by name, of a request that knows its caller."""
    edge = make_edge(talking_router(), config=UNLIMITED)
    answer = await edge.client.get(
        "/api/v1/talk/anna", headers={"Authorization": "Bearer abc.def.ghi"}
    )
    line = next(line for line in lines(log) if line["logger"] == "app.access")
    assert tuple(line)[: len(FIXED_KEYS)] == FIXED_KEYS
    assert set(FIXED_KEYS) >= {
        "timestamp", "level", "logger", "message", "module", "function", "line",
        "request_id", "user_id", "resource", "duration_ms",
    }  # fmt: skip
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00", line.pop("timestamp"))
    assert 0 < line.pop("duration_ms") < 10_000
    assert line.pop("line") > 0
    assert line == {
        "level": "info",
        "logger": "app.access",
        "message": "request",
        "module": "app.api.middleware.access_log",
        "function": "AccessLog._log",
        "request_id": answer.headers["x-request-id"],
        "trace_id": answer.headers["x-trace-id"],
        "user_id": "usr_anna",
        "company_id": "cmp_anna",
        "resource": "/api/v1/talk/{name}",
        "method": "GET",
        "status": 200,
        "code": None,
    }


async def test_no_path_query_or_body_is_logged(log: io.BytesIO) -> None:
    """S0-22: nothing that a client sends is in a line, whatever the answer."""
    edge = make_edge(sample_router(), config=UNLIMITED)
    await edge.client.get(f"/api/v1/{SECRET_VALUE}?token={SECRET_VALUE}")
    await edge.client.get(f"/api/v1/orders/{SECRET_VALUE}?password={SECRET_VALUE}")
    await edge.client.post("/api/v1/orders", json={"password": SECRET_VALUE})
    await edge.client.request(SECRET_VALUE.upper(), "/api/v1/orders")
    assert [line["status"] for line in lines(log)] == [404, 400, 422, 405]
    assert [line["code"] for line in lines(log)] == [
        "common.path_not_found",
        "common.unknown_parameter",
        "common.validation_failed",
        "common.method_not_allowed",
    ]
    assert SECRET_VALUE.encode() not in log.getvalue().lower()


async def test_an_unexpected_exception_is_logged_once_with_its_stack(log: io.BytesIO) -> None:
    """S1-03, S4-36: once, under the ids of the answer, and redacted."""
    edge = make_edge(talking_router(), config=UNLIMITED)
    answer = await edge.client.get("/api/v1/talk/anna/crash")
    assert answer.status_code == 500
    [error, access] = lines(log)
    assert (error["level"], error["logger"]) == ("error", "app.errors")
    assert error["exception"].count("Traceback") == 1
    assert "RuntimeError" in error["exception"]
    assert "in crash" in error["exception"]
    assert SECRET_VALUE + "@example.com" not in error["exception"]
    assert error["trace_id"] == answer.json()["trace_id"]
    assert error["request_id"] == answer.json()["request_id"]
    assert error["resource"] == "/api/v1/talk/{name}/crash"
    assert (access["status"], access["code"]) == (500, "common.internal")


async def test_an_answer_that_breaks_half_way_is_cut_and_logged(log: io.BytesIO) -> None:
    edge = make_edge(talking_router(), config=UNLIMITED)
    status, _, body = await call(edge.app, path="/api/v1/talk/anna/half")
    assert (status, body) == (200, b"first")
    assert [line["logger"] for line in lines(log)] == ["app.errors", "app.access"]


async def test_slow_requests_are_warnings(log: io.BytesIO) -> None:
    """S2-21: above the threshold, with the route."""
    edge = make_edge(sample_router(), config=EdgeConfig(limits=None, slow_request_seconds=0.0))
    await edge.client.get("/api/v1/orders")
    [line] = lines(log)
    assert (line["level"], line["message"]) == ("warning", "slow request")
    assert line["resource"] == "/api/v1/orders"


async def test_quiet_routes_log_only_what_fails(log: io.BytesIO) -> None:
    edge = make_edge(config=EdgeConfig(limits=None, quiet_routes=frozenset({"/healthz"})))
    await edge.client.get("/healthz")
    assert lines(log) == []
    edge.health.alive = False
    await edge.client.get("/healthz")
    assert [line["status"] for line in lines(log)] == [503]


async def test_a_client_that_leaves_is_499_and_no_error(log: io.BytesIO) -> None:
    edge = make_edge(sample_router(), config=UNLIMITED)
    scope = {
        "type": "http", "method": "POST", "path": "/api/v1/orders", "query_string": b"",
        "headers": [(b"content-type", b"application/json"), (b"content-length", b"9")],
        "client": None, "root_path": "", "scheme": "http", "server": ("test", 80),
    }  # fmt: skip
    sent: list[Any] = []

    async def receive() -> dict[str, str]:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    await edge.app(scope, receive, send)
    assert sent == []
    assert [(line["logger"], line["status"]) for line in lines(log)] == [("app.access", 499)]
    assert edge.metrics.stats()["requests_errors"] == 0


# --- many at once --------------------------------------------------------------------------------


async def test_concurrent_requests_never_mix_their_context(log: io.BytesIO) -> None:
    """S1-04: 200 interleaved requests; every line has the ids and the caller of its own request."""
    edge = make_edge(talking_router(), config=UNLIMITED)
    names = [f"person{number:03}" for number in range(200)]
    answers = await asyncio.gather(
        *(
            edge.client.get(f"/api/v1/talk/{name}", headers={"X-Request-ID": f"id-of-{name}"})
            for name in names
        )
    )
    traces = {
        name: answer.headers["x-trace-id"] for name, answer in zip(names, answers, strict=True)
    }
    assert len(set(traces.values())) == 200
    written = lines(log)
    assert len(written) == 600
    for line in written:
        name = line["request_id"].removeprefix("id-of-")
        assert line.get("name", name) == name
        assert line["user_id"] == f"usr_{name}"
        assert line["company_id"] == f"cmp_{name}"
        assert line["trace_id"] == traces[name]
    first = [line["name"] for line in written if line["message"] == "before"]
    order = [line["message"] for line in written]
    assert sorted(first) == names
    assert order != ["before", "after", "request"] * 200, "the requests did not interleave"


async def test_nothing_of_a_request_is_left_for_the_next_one(log: io.BytesIO) -> None:
    edge = make_edge(talking_router(), sample_router(), config=UNLIMITED)
    await edge.client.get("/api/v1/talk/anna")
    await edge.client.get("/api/v1/orders")
    assert lines(log)[-1]["user_id"] is None
    assert structlog.contextvars.get_contextvars() == {}


async def test_n_concurrent_requests_are_counted_exactly_n_times() -> None:
    """S0-16, S0-36: total, errors and histogram agree with the scripted load."""
    edge = make_edge(talking_router(), sample_router(), config=UNLIMITED)
    load = ["/api/v1/talk/a"] * 150 + ["/api/v1/talk/a/crash"] * 30 + ["/nothing"] * 20
    await asyncio.gather(*(edge.client.get(path) for path in load))
    stats = (await edge.client.get("/api/v1/stats")).json()
    assert (stats["requests_total"], stats["requests_errors"]) == (200, 30)
    assert stats["avg_latency_ms"] > 0
    text = (await edge.client.get("/metrics")).text
    for expected in (
        'http_requests_total{method="GET",route="/api/v1/talk/{name}",status="200"} 150.0',
        'http_requests_total{method="GET",route="/api/v1/talk/{name}/crash",status="500"} 30.0',
        'http_requests_total{method="GET",route="unmatched",status="404"} 20.0',
        'http_request_duration_seconds_count{method="GET",route="/api/v1/talk/{name}",'
        'status_class="2xx"} 150.0',
        "http_requests_in_flight 1.0",
    ):
        assert expected in text.splitlines()


async def test_labels_are_templates_and_few() -> None:
    """S0-18: neither paths nor made-up methods become labels."""
    edge = make_edge(sample_router(), config=UNLIMITED)
    for number in range(50):
        await edge.client.get(f"/api/v1/orders/ord_{number}")
        await edge.client.request(f"METHOD{number}", "/api/v1/orders")
    text = (await edge.client.get("/metrics")).text
    series = [line for line in text.splitlines() if line.startswith("http_requests_total{")]
    assert sorted(series) == [
        'http_requests_total{method="GET",route="/api/v1/orders/{order_id}",status="200"} 50.0',
        'http_requests_total{method="OTHER",route="unmatched",status="405"} 50.0',
    ]


async def test_two_applications_in_one_process_share_nothing() -> None:
    """S1-02."""
    one, other = make_edge(sample_router()), make_edge(sample_router())
    for _ in range(3):
        await one.client.get("/api/v1/orders")
    assert (await one.client.get("/api/v1/stats")).json()["requests_total"] == 3
    assert (await other.client.get("/api/v1/stats")).json()["requests_total"] == 0
    left = [
        (await edge.client.get("/api/v1/orders")).headers["ratelimit"].split(";")[1]
        for edge in (one, other)
    ]
    assert left[0] != left[1]
