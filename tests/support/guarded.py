"""The guarded members of the contract, read only from the OpenAPI document."""

from collections.abc import Iterator
from typing import Any

_SCHEMAS = "#/components/schemas/"


class Contract:
    """The schemas of a document, and the members that they guard."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.schemas: dict[str, Any] = document["components"]["schemas"]

    def answer(self, method: str, path: str) -> dict[str, Any] | None:
        """The schema of what an operation answers, None where it answers nothing in JSON."""
        answers = self.document["paths"][path][method]["responses"]
        for status in ("200", "201", "207"):
            content = answers.get(status, {}).get("content", {})
            if "application/json" in content:
                return content["application/json"]["schema"]  # type: ignore[no-any-return]
        return None

    def branches(self, schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """The objects and lists that a schema may be, its references followed."""
        if "$ref" in schema:
            yield from self.branches(self.schemas[schema["$ref"].removeprefix(_SCHEMAS)])
            return
        for part in schema.get("anyOf", ()):
            yield from self.branches(part)
        if "properties" in schema or "items" in schema:
            yield schema

    def split(
        self, schema: dict[str, Any], value: Any, held: frozenset[str]
    ) -> tuple[Any, list[Any]]:
        """What a caller with the permissions ``held`` sees of a value, and what is hidden."""
        hidden: list[Any] = []
        return self._split(list(self.branches(schema)), value, held, hidden), hidden

    def _split(self, forms: list[Any], value: Any, held: frozenset[str], hidden: list[Any]) -> Any:
        if isinstance(value, list):
            inner = [each for form in forms for each in self.branches(form.get("items", {}))]
            return [self._split(inner, each, held, hidden) for each in value]
        if not isinstance(value, dict):
            return value
        seen = {}
        for name, each in value.items():
            members = [
                form["properties"][name] for form in forms if name in form.get("properties", ())
            ]
            if any(hides(member, value, held) for member in members):
                hidden.append(each)
            else:
                inner = [form for member in members for form in self.branches(member)]
                seen[name] = self._split(inner, each, held, hidden)
        return seen

    def answered(self) -> dict[str, dict[str, Any]]:
        """Every schema used in an answer, by its name."""
        found: dict[str, dict[str, Any]] = {}
        waiting = [
            schema
            for path, methods in self.document["paths"].items()
            for method in methods
            if (schema := self.answer(method, path)) is not None
        ]
        while waiting:
            schema = waiting.pop()
            if "$ref" in schema:
                name = schema["$ref"].removeprefix(_SCHEMAS)
                if name not in found:
                    found[name] = self.schemas[name]
                    waiting.extend(self.schemas[name].get("properties", {}).values())
            waiting.extend(schema.get("anyOf", ()))
            if "items" in schema:
                waiting.append(schema["items"])
        return found


def hides(member: dict[str, Any], holder: dict[str, Any], held: frozenset[str]) -> bool:
    """Whether the contract omits a member of this object for a caller with ``held``."""
    if held.issuperset(member.get("x-requires", ())):
        return False
    return all(
        holder.get(name) in values for name, values in member.get("x-requires-when", {}).items()
    )


def texts(value: Any) -> Iterator[str]:
    """Every text in a value."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from texts(each)
    elif isinstance(value, str):
        yield value
