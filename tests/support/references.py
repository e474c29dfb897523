"""The places of ids in requests: every id parameter and id member of the OpenAPI document.

No route is named here. An id member is one whose pattern is that of a prefixed id. It may be inside
lists and objects that the catalogue's valid body omits; these are then created.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from tests.support.mutations import Contract, Path, id_prefixes, replaced

ID: Final = re.compile(r"(?<![A-Za-z])([a-z]{3})_[0-7][0-9A-HJKMNP-TV-Z]{25}(?![0-9A-Z])")
METHODS: Final = ("get", "post", "put", "patch", "delete")
ITEM: Final = "*"  # any item of a list, in the place of a member
_DEPTH_MAX: Final = 12

Steps = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation below ``/api/v1``; ``template`` has its parameters in braces."""

    method: str
    template: str
    parameters: tuple[dict[str, Any], ...]
    permission: str

    @property
    def name(self) -> str:
        """As the catalogue of routes names it."""
        return f"{self.method} {self.template}"

    @property
    def placeholders(self) -> list[str]:
        """The parameters of the path, with their braces."""
        return re.findall(r"\{\w+\}", self.template)

    def query(self, *, required: bool = False) -> dict[str, Any]:
        """The schemas of the parameters of the query, all or those that must be there."""
        return {
            each["name"]: each["schema"]
            for each in self.parameters
            if each["in"] == "query" and (each["required"] or not required)
        }


def operations(document: dict[str, Any], api: str) -> Iterator[Operation]:
    """Every operation of the document that belongs to the API."""
    for path, methods in document["paths"].items():
        if path.startswith(api + "/"):
            for method in METHODS:
                if method in methods:
                    stated = methods[method]
                    yield Operation(
                        method.upper(),
                        path.removeprefix(api),
                        tuple(stated.get("parameters", ())),
                        stated["x-permission"],
                    )


def prefixes_of(contract: Contract, schema: Any) -> list[str]:
    """The prefixes of the ids that a schema takes, stated beside its branches or in one."""
    found = id_prefixes(schema)
    return found or [each for branch in contract.branches(schema) for each in id_prefixes(branch)]


def references(contract: Contract, schema: Any, at: Steps = ()) -> dict[Steps, list[str]]:
    """The place of every member of id form of a body, with its prefixes."""
    assert len(at) < _DEPTH_MAX, at
    prefixes = prefixes_of(contract, schema)
    if prefixes:
        return {at: prefixes}
    found: dict[Steps, list[str]] = {}
    for branch in contract.branches(schema):
        for name, member in branch.get("properties", {}).items():
            found |= references(contract, member, (*at, name))
        if "items" in branch:
            found |= references(contract, branch["items"], (*at, ITEM))
    return found


def is_made_by_the_client(steps: Steps) -> bool:
    """Whether the id is that of the object to be created."""
    return steps[-1] == "id"


def placed(contract: Contract, schema: Any, body: Any, steps: Steps, id_: str) -> tuple[Any, str]:
    """The body with an id at a place of its schema, and the pointer to it.

    Of the items of a list the first is taken that has the member, else the first; what is absent on
    the way is made with no more than it must have.
    """
    path: Path = ()
    here = body
    for depth, step in enumerate(steps):
        branch = _branch(contract, schema, steps[depth:])
        if step == ITEM:
            schema = branch["items"]
            at = _item(here, steps[depth + 1 :])
            if not isinstance(here, list) or at >= len(here):
                body = replaced(body, path, [{}] if depth + 1 < len(steps) else [None])
                at = 0
            path = (*path, at)
        else:
            schema = branch["properties"][step]
            if not isinstance(here, dict):
                body = replaced(body, path, least(contract, branch))
            path = (*path, step)
        here = _at(body, path)
    return replaced(body, path, id_), "".join(f"/{each}" for each in path)


def least(contract: Contract, schema: Any) -> Any:
    """The smallest value of a schema, ids left to be filled in."""
    branch = contract.branches(schema)[0]
    if "properties" in branch:
        wanted = branch.get("required", ())
        return {name: least(contract, branch["properties"][name]) for name in wanted}
    if "items" in branch:
        return [least(contract, branch["items"])] * branch.get("minItems", 0)
    if "enum" in branch:
        return branch["enum"][0]
    if "examples" in branch:
        return branch["examples"][0]
    return {"integer": 1, "boolean": True, "string": "x"}.get(branch.get("type"))


def _branch(contract: Contract, schema: Any, steps: Steps) -> Any:
    """The branch of a schema in which these steps can be taken."""
    for branch in contract.branches(schema):
        if steps[0] == ITEM and "items" in branch:
            return branch
        if steps[0] in branch.get("properties", {}):
            return branch
    raise AssertionError(steps)


def _item(here: Any, rest: Steps) -> int:
    if isinstance(here, list) and rest:
        for at, item in enumerate(here):
            if isinstance(item, dict) and item.get(rest[0]) is not None:
                return at
    return 0


def _at(body: Any, path: Path) -> Any:
    for step in path:
        if isinstance(body, dict):
            body = body.get(step)
        elif isinstance(body, list) and isinstance(step, int) and step < len(body):
            body = body[step]
        else:
            return None
    return body


def texts_of(value: Any) -> Iterator[str]:
    """Every text of a JSON document, names of members left out."""
    if isinstance(value, dict):
        for each in value.values():
            yield from texts_of(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts_of(each)
    elif isinstance(value, str):
        yield value


def query_of(values: dict[str, str]) -> str:
    """Parameters as a query with its question mark, empty without any."""
    return (
        "?" + "&".join(f"{name}={quote(value)}" for name, value in values.items()) if values else ""
    )
