"""The forms of request members that the domain checks: what JSON Schema can say of them.

The domain has the last word, with codes of its own; here they are only shown. Patterns use what all
engines read alike: no lookahead, no classes of Unicode. Items of a batch show none, because each of
them is refused by itself, within an answer that is a success.
"""

from collections.abc import Iterator
from typing import Any, Final

from app.api.contract_texts import IDEMPOTENCY_KEY

_SCHEMAS: Final = "#/components/schemas/"
_ITEM: Final = "Item"
_FORMED: Final = ("enum", "const", "pattern", "format")
# No database holds a NUL.
_TEXT: Final = r"^[^\x00]*$"
_CODE: Final = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$"
# Something is left without the blanks around it. That no control stands inside is not said.
_NAME: Final = r"^[^\x00]*[^\x00-\x20\x7f-\xa0][^\x00]*$"
_KEY: Final = IDEMPOTENCY_KEY["schema"]["pattern"]
_MAIL: Final = r"^[^@\s\x00]{1,64}@[^@\s\x00]{1,190}\.[^@\s\x00.]{2,63}$"

# By member, or by schema and member where one differs.
_ADDRESS: Final = r"^\s*[^@\s\x00]{1,64}@[^@\s\x00.]+(\.[^@\s\x00.]+)*\.[^@\s\x00.]{2,63}\s*$"

FORMS: Final = {
    "code": _CODE,
    "LocationIn.code": r"^[A-Za-z0-9][A-Za-z0-9_-]{0,15}$",
    "RoleIn.code": r"^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$",
    "name": _NAME,
    "sku": _NAME,
    "display_name": _NAME,
    "barcode": r"^[0-9A-Za-z][0-9A-Za-z -]{0,47}$",
    "phone": r"^\+?[0-9 ()./-]{3,32}$",
    "ContactIn.email": _MAIL,
    "ContactPatch.email": _MAIL,
    # Blanks around it are taken off here.
    "RegisterIn.email": _ADDRESS,
    "InvitationIn.email": _ADDRESS,
}


def show_forms(document: dict[str, Any]) -> None:
    """Add the forms to the texts of all request bodies and query parameters."""
    schemas = document["components"]["schemas"]
    for name in _requested(document):
        for member, own in schemas[name].get("properties", {}).items():
            form = _TEXT if name.endswith(_ITEM) else FORMS.get(member, _TEXT)
            _restrict(
                own, _KEY if member == "idempotency_key" else FORMS.get(f"{name}.{member}", form)
            )
            if own.get("default") == 0 and own.get("type") == "string":
                own["default"] = "0"  # a decimal, which is a text on the wire
    for operation in _operations(document):
        for parameter in operation.get("parameters", ()):
            if parameter["in"] == "query":
                _restrict(parameter["schema"], _TEXT)


def _restrict(schema: dict[str, Any], pattern: str) -> None:
    """Narrow the free text in ``schema``; a choice or a form that stands there stays."""
    if not schema.keys().isdisjoint(_FORMED):
        return
    for branch in schema.get("anyOf", [schema]):
        if branch.get("type") == "array":
            _restrict(branch["items"], _TEXT)
        elif branch.get("type") == "string" and branch.keys().isdisjoint(_FORMED):
            branch["pattern"] = pattern


def _requested(document: dict[str, Any]) -> set[str]:
    """The names of all schemas that a request body is made of."""
    schemas = document["components"]["schemas"]
    bodies = [each["requestBody"] for each in _operations(document) if "requestBody" in each]
    found: set[str] = set()
    left = [name for body in bodies for name in _references(body)]
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left.extend(_references(schemas[name]))
    return found


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str) and value["$ref"].startswith(_SCHEMAS):
            yield value["$ref"].removeprefix(_SCHEMAS)
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _references(each)


def _operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for operations in document["paths"].values():
        yield from (each for each in operations.values() if "responses" in each)
