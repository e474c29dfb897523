"""The OpenAPI document of the whole service: what a client generated from it knows (UX-04)."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.routing import APIRoute

from app.api.contract import undescribed
from app.api.contract_examples import EXAMPLES
from app.main import create_app
from tests.conftest import settings_for
from tests.support.company import Company
from tests.support.operators import make_operator
from tests.support.route import LEFT_OUT, encoded, request, send, tag
from tests.support.routes import ROUTES

APP = create_app(settings_for("sqlite:///unused.db"))
DOCUMENT: dict[str, Any] = APP.openapi()
MUTATING = ("post", "put", "patch", "delete")


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, path and operation of everything that the document holds."""
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


def headers_of(operation: dict[str, Any]) -> dict[str, bool]:
    """The header parameters, and whether they are required."""
    return {
        each["name"]: each["required"] for each in operation["parameters"] if each["in"] == "header"
    }


def test_every_operation_says_how_its_caller_is_known() -> None:
    """One bearer scheme, on everything that is not public."""
    [(name, scheme)] = DOCUMENT["components"]["securitySchemes"].items()
    assert (scheme["type"], scheme["scheme"], scheme["bearerFormat"]) == ("http", "bearer", "JWT")
    seen = set()
    for method, path, operation in operations():
        public = operation["x-permission"] == "public"
        assert operation["security"] == ([] if public else [{name: []}]), (method, path)
        seen.add(public)
    assert seen == {True, False}


async def test_an_id_that_is_the_word_of_another_path_is_405(company: Company) -> None:
    """The document says so where it can be, and nowhere else."""
    shadowed = {(method, path) for method, path, each in operations() if "405" in each["responses"]}
    assert ("get", "/api/v1/adjustments/{id}") in shadowed
    assert ("get", "/api/v1/bills/{id}") not in shadowed
    for method, path in shadowed:
        word = path.replace("{id}", "batch")
        answer = await company.client.request(method.upper(), word)
        assert (answer.status_code, answer.headers["allow"]) == (405, "OPTIONS, POST")


@pytest.mark.parametrize("operation", ROUTES)
async def test_headers_that_a_route_demands_are_declared(company: Company, operation: str) -> None:
    """428 without If-Match and 400 without Idempotency-Key are what the document promises."""
    route = ROUTES[operation]
    valid = await route.prepare(company)
    template = "/api/v1" + route.template
    declared = headers_of(DOCUMENT["paths"][template][route.method.lower()])
    assert declared["Accept-Language"] is False
    raw = encoded(valid.body) if isinstance(valid.body, dict) else None
    keyed = route.key_header(tag())
    bare = {**valid.headers, **keyed, "If-Match": LEFT_OUT}
    unversioned = await send(company, route.method, valid.path, bare, raw)
    assert (unversioned.status == 428) is declared.get("If-Match", False)
    if declared.get("Idempotency-Key", False):
        valid = await route.prepare(company)
        refused = await request(company, route, valid)
        assert (refused.status, refused.json()["code"]) == (400, "common.idempotency_key_missing")
    elif "If-Match" in declared:  # the request above did nothing: without a key it succeeds
        assert (await request(company, route, valid)).status == route.status
    assert ("Idempotency-Key" in declared) is (route.key in {"required", "accepted"})
    assert declared.get("Idempotency-Key", False) is (route.key == "required")


def test_every_mutating_operation_was_tried() -> None:
    documented = {
        f"{method.upper()} {path.removeprefix('/api/v1')}"
        for method, path, _ in operations()
        if method in MUTATING
    }
    assert documented == set(ROUTES)


def test_everything_is_described() -> None:
    """Members, parameters, tags, and the service as a whole."""
    assert list(undescribed(DOCUMENT)) == []
    assert {tag for _, _, each in operations() for tag in each["tags"]} == {
        tag["name"] for tag in DOCUMENT["tags"]
    }
    assert all(tag["description"] for tag in DOCUMENT["tags"])
    text = DOCUMENT["info"]["description"]
    for topic in ("Bearer", "decimal strings", "Idempotency-Key", "dry_run", "If-Match", "fix"):
        assert topic in text
    assert DOCUMENT["servers"][0]["url"] == "/"
    assert DOCUMENT["paths"]["/api/v1/accounts"]["post"]["summary"] == "Create an account"
    assert DOCUMENT["paths"]["/api/v1/units"]["post"]["summary"] == "Create a unit"


def test_every_body_has_an_example_that_its_schema_takes() -> None:
    bodies = {
        (route.path, method): route.body_field.field_info.annotation
        for route in APP.router.routes
        if isinstance(route, APIRoute) and route.body_field is not None
        for method in route.methods or ()
    }
    used = set()
    for (path, method), model in bodies.items():
        operation = DOCUMENT["paths"][path][method.lower()]
        content = operation["requestBody"]["content"]
        assert model is not None
        example = content["application/json"]["example"]
        model.model_validate(example)
        assert ("application/merge-patch+json" in content) is (method == "PATCH")
        used.add(model.__name__)
    assert used >= EXAMPLES.keys()


def test_answers_have_their_schema_and_headers() -> None:
    general = {"RateLimit", "RateLimit-Policy", "X-Request-ID", "X-Trace-Id"}
    for method, path, operation in operations():
        for status, answer in operation["responses"].items():
            place = (method, path, status)
            assert answer["description"] != "Successful Response", place
            if not status.startswith("2"):
                continue
            assert general <= answer["headers"].keys(), place
            if status != "204":
                assert all(each["schema"] for each in answer["content"].values()), place
    schemas = DOCUMENT["components"]["schemas"]
    assert not {"HTTPValidationError", "ValidationError"} & schemas.keys()
    created = DOCUMENT["paths"]["/api/v1/units"]["post"]["responses"]
    assert created["200"]["content"] == created["201"]["content"]
    assert created["201"]["headers"].keys() - general == {"ETag", "Location", "Idempotent-Replayed"}
    listed = DOCUMENT["paths"]["/api/v1/units"]["get"]["responses"]["200"]
    assert listed["headers"].keys() - general == {"Link"}
    batch = DOCUMENT["paths"]["/api/v1/sales/batch"]["post"]["responses"]
    assert batch["200"]["content"] == batch["207"]["content"]
    for reference in set(re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(DOCUMENT))):
        found = DOCUMENT
        for step in reference.split("/"):
            found = found[step]


async def test_the_headers_of_real_answers_are_declared(company: Company) -> None:
    """ETag, Location, Link and Idempotent-Replayed stand in the document where they are sent."""
    known = set(DOCUMENT["components"]["headers"])
    sent = {name.lower(): name for name in known}
    for route in ROUTES.values():
        valid = await route.prepare(company)
        key = tag()
        answers = [await request(company, route, valid, key)]
        if route.key in {"required", "accepted"}:
            answers.append(await request(company, route, valid, key))
        responses = DOCUMENT["paths"]["/api/v1" + route.template][route.method.lower()]["responses"]
        for answer in answers:
            given = {sent[name] for name in answer.headers.keys() & sent.keys()}
            assert given <= responses[str(answer.status)]["headers"].keys(), route.operation
            if route.status == 201 and route.key != "none":
                assert "Location" in given, route.operation
    page = await company.client.get("/api/v1/accounts", params={"limit": 1})
    assert "link" in page.headers


SORTED = {
    path: {each["name"]: each for each in operation["parameters"]}["sort"]
    for method, path, operation in operations()
    if any(each["name"] == "sort" for each in operation["parameters"])
}


async def test_a_list_takes_exactly_the_orders_that_it_declares(company: Company) -> None:
    account = {"account_id": await company.first("/accounts", role="cash")}
    operator = await make_operator(company.client._transport.app)  # type: ignore[attr-defined]
    for path in SORTED:
        platform = path.startswith("/api/v1/platform/")
        headers = operator if platform else {}
        needed = account if path.endswith("/general-ledger") else {}
        if platform and not path.endswith("/audit-entries"):
            needed = {"reason": "To see the orders"}
        choices = SORTED[path]["schema"]["enum"]
        assert SORTED[path]["schema"]["default"] == choices[0]
        for choice in choices:
            asked = {"sort": choice, **needed}
            answer = await company.client.get(path, params=asked, headers=headers)
            assert answer.status_code == 200, (path, choice, answer.text)
        asked = {"sort": "foo", **needed}
        refused = await company.client.get(path, params=asked, headers=headers)
        assert refused.status_code == 422
        [fault] = refused.json()["errors"]
        assert (fault["parameter"], fault["code"]) == ("sort", "validation.choice")
        assert fault["message"] == f"The value must be one of these: {', '.join(choices)}."
