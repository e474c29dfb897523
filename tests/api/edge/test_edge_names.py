"""Names in the API and in the command follow docs/naming.md."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
import typer

from app.cli import cli
from tests.support.document import document
from tests.support.naming import findings, is_kebab, wrong_words


def commands(command: Any, name: str = "") -> Iterator[str]:
    """Every command below this one, and every option of it, with the commands above."""
    for each in command.params:
        yield f"{name} {max(each.opts, key=len)}".strip()
    for below, under in getattr(command, "commands", {}).items():
        yield f"{name} {below}".strip()
        yield from commands(under, f"{name} {below}".strip())


def found() -> set[str]:
    """Everything that breaks a rule."""
    in_command = {
        f"one_word: command {name}: {wrong}"
        for name in commands(typer.main.get_command(cli))
        for wrong in wrong_words(name.split(" ")[-1])
    }
    return set(findings(document())) | in_command


def test_no_name_breaks_a_rule() -> None:
    """A name follows docs/naming.md, which explains the rule."""
    assert sorted(found()) == []


def test_commands_and_options_are_kebab_case() -> None:
    names = [name.split(" ")[-1].lstrip("-") for name in commands(typer.main.get_command(cli))]
    # What an argument is called is shown, never typed.
    assert [name for name in names if not is_kebab(name.lower().replace("_", "-"))] == []


def view(**members: Any) -> dict[str, Any]:
    return {"components": {"schemas": {"BoxView": {"properties": members}}}}


def listed(name: str = "", **more: Any) -> dict[str, Any]:
    """A list of boxes, with a query parameter of this name."""
    sort = {"name": name, "in": "query", "required": False, "schema": {"type": "string", **more}}
    parameters = [sort] if name else []
    shown = {"$ref": "#/components/schemas/BoxPage"}
    operation = {
        "operationId": "boxes_list",
        "x-permission": "boxes:read",
        "parameters": parameters,
        "responses": {"200": {"content": {"application/json": {"schema": shown}}}},
    }
    return {"paths": {"/api/v1/boxes": {"get": operation}}}


def at(path: str, method: str, **changes: Any) -> dict[str, Any]:
    operation = {
        "operationId": "boxes_get",
        "x-permission": "boxes:read",
        "parameters": [],
        "responses": {"200": {}},
    }
    return {"paths": {path: {method: operation | changes}}}


TEXT = {"type": "string"}
BODY = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Box"}}}}
# The rule and what breaks it.
BROKEN: list[tuple[str, dict[str, Any]]] = [
    ("cases", at("/api/v1/big_boxes/{id}", "get")),
    ("cases", at("/api/v1/boxes/{boxId}", "get")),
    ("cases", view(boxName=TEXT)),
    ("plural_paths", at("/api/v1/box/{id}", "get")),
    ("one_word", view(tenant_id=TEXT)),
    ("one_word", at("/api/v1/tenants/{id}", "get")),
    ("one_word", {"components": {"schemas": {"BoxStanding": {}}}}),
    ("ids", view(made_by=TEXT)),
    ("ids", view(maker={"pattern": "^usr_[0-7][0-9A-HJKMNP-TV-Z]{25}$", **TEXT})),
    ("ids", view(box_id={"type": "integer"})),
    ("times", view(made={"format": "date-time", **TEXT})),
    ("times", view(made_at={"format": "date", **TEXT})),
    ("times", view(**{"from": TEXT})),
    ("times", view(good_until=TEXT)),
    ("booleans", view(test={"type": "boolean"})),
    ("numbers", view(boxes={"anyOf": [{"type": "integer"}, {"type": "null"}]})),
    ("numbers", view(box={"type": "array"})),
    ("kinds", view(box_type=TEXT)),
    ("bodies_and_answers", at("/api/v1/boxes/{id}", "get", responses={"200": BODY})),
    ("bodies_and_answers", at("/api/v1/boxes", "post", requestBody=BODY)),
    ("operation_ids", at("/api/v1/boxes/{id}", "patch")),
    ("operation_ids", at("/api/v1/boxes/{id}", "get", operationId="boxes_show")),
    ("filters", listed("color")),
    ("filters", listed("sort", enum=["id", "-color"])),
    ("permission_nouns", at("/api/v1/boxes/{id}", "get", **{"x-permission": "crates:read"})),
    ("permission_nouns", at("/api/v1/boxes/{id}", "get", **{"x-permission": "boxes:change"})),
    ("made_where_listed", at("/api/v1/boxes/{id}/copy", "post", responses={"201": {}})),
    ("deletes", at("/api/v1/boxes/removal", "delete", operationId="boxes_removal_delete")),
]


def whole(part: dict[str, Any]) -> dict[str, Any]:
    """A document with this part, which breaks no rule without it."""
    data = {"type": "array", "items": {"$ref": "#/components/schemas/BoxView"}}
    page = {"data": data, "next_cursor": TEXT}
    schemas = {"BoxPage": {"properties": page}, "BoxView": {"properties": {"id": TEXT}}}
    made = {**listed(), "components": {"schemas": schemas, "examples": {}}}
    merged: dict[str, Any] = deepcopy(made)
    merged["paths"] |= part.get("paths", {})
    merged["components"]["schemas"] |= part.get("components", {}).get("schemas", {})
    return merged


@pytest.mark.parametrize(("rule", "part"), BROKEN)
def test_each_rule_finds_what_breaks_it(rule: str, part: dict[str, Any]) -> None:
    assert list(findings(whole({}))) == []
    assert {each.split(":")[0] for each in findings(whole(part))} == {rule}


def test_a_reference_to_a_line_names_the_document() -> None:
    schemas = {"BoxLineIn": {"properties": {"line": {"type": "integer"}}}}
    part = {"components": {"schemas": schemas}}
    assert list(findings(whole(part))) == ["lines: BoxLineIn.line"]
