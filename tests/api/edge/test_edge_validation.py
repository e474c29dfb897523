"""What bodies and parameters break, by pointer and code, never by value (AC-02, MA-01, R-20)."""

from typing import Any, get_args

import pytest
from pydantic_core.core_schema import ErrorType

from app.api.middleware import EdgeConfig
from app.api.validation import _CODES, VALIDATION_CODES, code_of, json_pointer
from tests.api.edge.support import SECRET_VALUE, Edge, make_edge, problem, sample_router


@pytest.fixture(scope="module")
def edge() -> Edge:
    return make_edge(sample_router(), config=EdgeConfig(limits=None))


LINE = {"sku": "A1", "quantity": 1}


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ({}, [("/lines", "validation.missing")]),
        ({"lines": []}, [("/lines", "validation.too_few_items")]),
        ({"lines": [LINE] * 3}, [("/lines", "validation.too_many_items")]),
        ({"lines": [{}]}, [
            ("/lines/0/sku", "validation.missing"),
            ("/lines/0/quantity", "validation.missing"),
        ]),
        ({"lines": [LINE], "x/y~z": 1}, [("/x~1y~0z", "validation.unknown_member")]),
        ({"lines": [{**LINE, "quantity": "1"}]}, [("/lines/0/quantity", "validation.type")]),
        ({"lines": [{**LINE, "quantity": 1.5}]}, [("/lines/0/quantity", "validation.type")]),
        ({"lines": [{**LINE, "quantity": 1e30}]}, [("/lines/0/quantity", "validation.type")]),
        ({"lines": [{**LINE, "quantity": True}]}, [("/lines/0/quantity", "validation.type")]),
        ({"lines": [{**LINE, "quantity": 0}]}, [("/lines/0/quantity", "validation.out_of_range")]),
        ({"lines": [{**LINE, "quantity": 1001}]}, [
            ("/lines/0/quantity", "validation.out_of_range"),
        ]),
        ({"lines": [{**LINE, "sku": ""}]}, [("/lines/0/sku", "validation.string_too_short")]),
        ({"lines": [{**LINE, "sku": "A" * 9}]}, [("/lines/0/sku", "validation.string_too_long")]),
        ({"lines": [{**LINE, "sku": "a"}]}, [("/lines/0/sku", "validation.pattern")]),
        ({"lines": [{**LINE, "sku": 7}]}, [("/lines/0/sku", "validation.type")]),
        ({"lines": [{**LINE, "sku": None}]}, [("/lines/0/sku", "validation.type")]),
        ({"lines": "x"}, [("/lines", "validation.type")]),
        ({"lines": [LINE], "kind": "other"}, [("/kind", "validation.choice")]),
        ({"lines": [LINE], "note": 5}, [("/note", "validation.type")]),
        ([], [("", "validation.type")]),
        ("text", [("", "validation.type")]),
    ],
)  # fmt: skip
async def test_what_a_body_breaks_is_named_by_pointer_and_code(
    edge: Edge, body: Any, faults: list[tuple[str, str]]
) -> None:
    """AC-02, MA-01: closed schemas, stable codes, JSON pointers."""
    answer = await edge.client.post("/api/v1/orders", json=body)
    document = problem(answer, 422, "common.validation_failed")
    assert [(fault["pointer"], fault["code"]) for fault in document["errors"]] == faults
    assert all(fault["message"] for fault in document["errors"])


async def test_an_empty_body_is_missing(edge: Edge) -> None:
    document = problem(await edge.client.post("/api/v1/orders"), 422, "common.validation_failed")
    assert document["errors"][0]["pointer"] == ""
    assert document["errors"][0]["code"] == "validation.missing"


async def test_a_submitted_value_is_never_echoed(edge: Edge) -> None:
    """AC-02: also not when a neighbour is missing, where FastAPI echoes the whole object."""
    bodies: list[Any] = [
        {"lines": [{"sku": SECRET_VALUE}]},
        {"note": SECRET_VALUE * 2},
        {"lines": [{"sku": "A", "quantity": SECRET_VALUE}]},
        {"kind": SECRET_VALUE, "lines": [{"sku": "A", "quantity": 1}]},
        SECRET_VALUE,
        [SECRET_VALUE],
    ]
    for body in bodies:
        answer = await edge.client.post("/api/v1/orders", json=body)
        assert answer.status_code == 422
        assert SECRET_VALUE not in answer.text
    for answer in (
        await edge.client.get(f"/api/v1/orders?limit={SECRET_VALUE}"),
        await edge.client.post(
            "/api/v1/orders",
            content=f'{{"a": {SECRET_VALUE}}}',
            headers={"Content-Type": "application/json"},
        ),
    ):
        assert answer.status_code in {400, 422}
        assert SECRET_VALUE not in answer.text


async def test_many_faults_are_cut(edge: Edge) -> None:
    body = {f"member_{index}": 1 for index in range(5_000)}
    document = problem(
        await edge.client.post("/api/v1/orders", json=body), 422, "common.validation_failed"
    )
    assert len(document["errors"]) == 51
    assert document["errors"][-1]["code"] == "validation.too_many_faults"


async def test_a_path_that_cannot_be_an_id_is_the_same_404_as_a_missing_id(edge: Edge) -> None:
    """X-10: the addressed resource does not exist; TE-05: one 404 for all."""
    answer = await edge.client.get("/api/v1/orders/not-an-id")
    body = problem(answer, 404, "common.not_found")
    assert "errors" not in body


async def test_query_parameters_are_named_by_parameter(edge: Edge) -> None:
    for text, code in (("0", "validation.out_of_range"), ("abc", "validation.type")):
        answer = await edge.client.get(f"/api/v1/orders?limit={text}")
        document = problem(answer, 422, "common.validation_failed")
        assert [(fault["parameter"], fault["code"]) for fault in document["errors"]] == [
            ("limit", code)
        ]


async def test_unknown_query_parameters_are_400(edge: Edge) -> None:
    """R-20, S2-22: on lists, items and commands alike, whatever the route declares."""
    for method, path in (
        ("GET", "/api/v1/orders?limit=5&colour=red&page=2"),
        ("GET", "/api/v1/orders/ord_1?colour=red&page=2"),
        ("POST", "/api/v1/orders/ord_1/confirm?colour=red&page=2"),
        ("HEAD", "/api/v1/orders?colour=red&page=2"),
    ):
        answer = await edge.client.request(method, path)
        assert answer.status_code == 400
        if method != "HEAD":
            document = problem(answer, 400, "common.unknown_parameter")
            assert [fault["parameter"] for fault in document["errors"]] == ["colour", "page"]


async def test_a_repeated_parameter_is_400_unless_it_is_a_list(edge: Edge) -> None:
    answer = await edge.client.get("/api/v1/orders?limit=1&limit=2")
    document = problem(answer, 400, "common.repeated_parameter")
    assert [fault["parameter"] for fault in document["errors"]] == ["limit"]
    answer = await edge.client.get("/api/v1/orders?status=a&status=b")
    assert answer.json() == {"limit": 50, "status": ["a", "b"]}


async def test_a_command_without_a_body_refuses_members(edge: Edge) -> None:
    """What would be ignored is refused."""
    path = "/api/v1/orders/ord_1/confirm"
    assert (await edge.client.post(path, json={})).status_code == 200
    assert (await edge.client.post(path)).status_code == 200
    document = problem(
        await edge.client.post(path, json={"force": True}), 422, "common.validation_failed"
    )
    assert document["errors"][0]["pointer"] == "/force"
    assert document["errors"][0]["code"] == "validation.unknown_member"
    problem(await edge.client.post(path, json=[1]), 422, "common.validation_failed")


def test_every_error_type_of_pydantic_has_a_code() -> None:
    """The table knows no type that pydantic does not, and none is left without a code."""
    known = set(get_args(ErrorType))
    assert set(_CODES) <= known
    assert {code_of(kind) for kind in known} <= VALIDATION_CODES


def test_pointers_leave_out_the_names_of_union_branches() -> None:
    body = {"lines": [{"quantity": 1}, {"a": {"b": 2}}]}
    assert (
        json_pointer(("lines", 0, "Sale", "quantity"), body, missing=False) == "/lines/0/quantity"
    )
    assert json_pointer(("lines", 1, "a", "b", "int"), body, missing=False) == "/lines/1/a/b"
    assert json_pointer(("lines", 0, "Sale", "sku"), body, missing=True) == "/lines/0/sku"
    assert json_pointer(("lines", 7), body, missing=False) == "/lines"
