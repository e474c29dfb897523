"""The OpenAPI document is valid: by a validator, and in the examples, which that leaves out."""

from collections.abc import Iterator
from typing import Any

from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.support.document import document, objects, operations

_EXAMPLES = "#/components/examples/"


def test_the_document_is_valid_with_every_default() -> None:
    """The validator holds each default against the schema that it belongs to."""
    errors = OpenAPIV31SpecValidator(document()).iter_errors()
    assert [error.message for error in errors] == []


def examples() -> Iterator[tuple[str, Any, Any]]:
    """Place, schema and value of every example, each pair of a shared schema and value once."""
    shared = document()["components"]["examples"]
    seen = set()
    for place, each in objects(document()):
        if "schema" not in each:
            listed = each.get("examples", [])
            yield from ((place, each, value) for value in listed if isinstance(listed, list))
            continue
        schema = each["schema"]
        if "example" in each:
            yield place, schema, each["example"]
        for example in each.get("examples", {}).values():
            name = example.get("$ref", place).removeprefix(_EXAMPLES)
            key = (schema.get("$ref", place), name)
            if key not in seen:
                seen.add(key)
                yield place, schema, shared.get(name, example)["value"]


def test_every_example_fits_its_schema() -> None:
    """Of a member, of a parameter, of a body and of every problem."""
    components = document()["components"]
    wrong, seen = [], 0
    for place, schema, value in examples():
        seen += 1
        validator = OAS31Validator({**schema, "components": components})
        wrong += [f"{place}: {error.message}" for error in validator.iter_errors(value)]
    assert wrong == []
    assert seen > 400


def test_a_patch_has_no_defaults() -> None:
    """A client that fills in defaults would change what nobody named."""
    schemas = document()["components"]["schemas"]
    patches = 0
    for method, path, operation in operations():
        if method == "patch":
            patches += 1
            content = operation["requestBody"]["content"]["application/json"]
            schema = schemas[content["schema"]["$ref"].rsplit("/", 1)[1]]
            for member, own in schema["properties"].items():
                assert "default" not in own, (path, member)
    assert patches > 10
