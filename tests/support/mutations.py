"""Invalid requests derived from a valid one, by walking its body along the OpenAPI schema.

Every member is changed in every way that its schema excludes; ``refused`` must be answered 4xx.
``odd`` are requests that may be valid or not (null where it is allowed, omitted members, the ends
of number ranges): they may succeed or be refused, but must never fail.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from tests.support.route import NOTHING, encoded

MARK: Final = "never echo mé"  # matches only patterns for any text, and must not be echoed
MANY_DIGITS: Final = "9" * 400
_ABSENT: Final[Any] = object()
_DECIMAL: Final = "[1-9][0-9]{0,9}"
_WRONG_TYPES: Final[dict[str, Any]] = {
    "null": None,
    "boolean": True,
    "integer": 7,
    "number": 1.5,
    "string": MARK,
    "array": [],
    "object": {},
}
_DECIMALS: Final = (
    *("NaN", "Infinity", "1e400", MANY_DIGITS, "9223372036854.775807", "1.0000001"),
    *("1_000", "٣", "", " 1"),
)
_RAW_NUMBERS: Final = {"NaN": b"NaN", "1e400": b"1e400", "400 digits": MANY_DIGITS.encode()}
_INSTANTS: Final = {
    "no time zone": "2026-03-10T09:30:00",
    "year 0": "0000-03-10T09:30:00Z",
    "year 99999": "99999-03-10T09:30:00Z",
    "year 9999": "9999-12-31T23:59:59-14:00",
    "no such day": "2026-02-30T09:30:00Z",
    "a date": "2026-03-10",
    "a closed month": "1999-12-31T12:00:00Z",
}
_DATES: Final = {
    "year 0": "0000-03-10",
    "year 99999": "99999-03-10",
    "no such day": "2026-02-30",
    "an instant": "2026-03-10T09:30:00Z",
}
_ENDS: Final = ("0", "0.000001", "999999999", "9223372036.85")


@dataclass(frozen=True, slots=True)
class Mutation:
    """A body that differs from a valid one as ``name`` describes, at ``pointer`` or overall."""

    name: str
    body: bytes
    pointer: str | None = None


@dataclass(frozen=True, slots=True)
class Raw:
    """Raw bytes to be inserted into the JSON."""

    text: bytes


@dataclass(frozen=True, slots=True)
class Ids:
    """Ids by prefix: of another tenant's objects, and of objects that never existed."""

    foreign: dict[str, str]
    missing: dict[str, str]


Path = tuple[str | int, ...]


class Contract:
    """The schemas of an OpenAPI document."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self._schemas = document["components"]["schemas"]

    def body_schema(self, method: str, path: str) -> Any:
        """The schema of the body of an operation, or None."""
        body = self.document["paths"][path][method.lower()].get("requestBody")
        return None if body is None else body["content"]["application/json"]["schema"]

    def branches(self, schema: Any) -> list[Any]:
        """The alternative schemas, of which one must match."""
        if "$ref" in schema:
            return self.branches(self._schemas[schema["$ref"].rsplit("/", 1)[1]])
        choices = schema.get("anyOf") or schema.get("oneOf")
        if choices is None or "properties" in schema:  # what is stated besides narrows the members
            return [schema]
        return [branch for choice in choices for branch in self.branches(choice)]

    def of_type(self, schema: Any, type_: str) -> Any:
        """The branch of this type, or None."""
        return next((each for each in self.branches(schema) if each.get("type") == type_), None)

    def places(self, schema: Any, value: Any, path: Path = ()) -> Iterator[tuple[Path, Any, Any]]:
        """Path, schema and value of every member, including omitted ones.

        The first item of a list represents all items with the same members.
        """
        yield path, schema, value
        if isinstance(value, dict):
            members = self.of_type(schema, "object")["properties"]
            for name, member in members.items():
                yield from self.places(member, value.get(name, _ABSENT), (*path, name))
        elif isinstance(value, list):
            items = self.of_type(schema, "array")["items"]
            seen = []
            for place, item in enumerate(value):
                form = sorted(item) if isinstance(item, dict) else None
                if form not in seen:
                    seen.append(form)
                    yield from self.places(items, item, (*path, place))

    def refused(self, schema: Any, body: Any, ids: Ids) -> Iterator[Mutation]:
        """Every wrong body.

        An item of a batch has the schema of the same object sent alone. So below its own members
        only the references are changed, which are loaded for all items at once.
        """
        for path, member, value in self.places(schema, body):
            inner = path[0] == "items" and len(path) > 3 if path else False
            for name, wrong in self._wrong(path, member, value, ids):
                if not inner or name in {"missing id", "foreign id"}:
                    yield _mutation(body, path, name, wrong)

    def odd(self, schema: Any, body: Any) -> Iterator[tuple[str, Any]]:
        """Name and value of every body that is unusual.

        Bodies without their instant come last, because they take effect later than all others.
        """
        places = [each for each in self.places(schema, body) if each[0]]
        places.sort(key=lambda place: place[0][-1] == "effective_at")
        largest = body
        for path, member, value in places:
            at = _pointer(path)
            text = self.of_type(member, "string")
            if text is not None and _DECIMAL in text.get("pattern", ""):
                ends = (*_ENDS, "-1") if text["pattern"].startswith("^-?") else _ENDS
                yield from ((f"{at}: {end}", replaced(body, path, end)) for end in ends)
                if value is not _ABSENT:
                    largest = replaced(largest, path, "999999999")
            if self.of_type(member, "null") is not None and value is not None:
                yield f"{at}: null", replaced(body, path, None)
            if value is not _ABSENT and isinstance(path[-1], str):
                yield f"{at}: left out", replaced(body, path, _ABSENT)
        if largest is not body:
            yield "every number large", largest

    def _wrong(self, path: Path, schema: Any, value: Any, ids: Ids) -> Iterator[tuple[str, Any]]:
        branches = {each.get("type"): each for each in self.branches(schema)}
        yield from _of_another_type(branches)
        if "object" in branches:
            yield from _wrong_object(branches["object"], value)
        if "array" in branches:
            yield from _wrong_array(branches["array"], value)
        if "integer" in branches:
            yield from _wrong_integer(branches["integer"])
        if "string" in branches:
            yield from _wrong_text(path, branches["string"], value, ids)


def _of_another_type(branches: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for type_, wrong in _WRONG_TYPES.items():
        # A fraction is a further case only if a whole number is valid.
        if type_ not in branches and (type_ != "number" or "integer" in branches):
            yield f"{type_} instead", wrong


def _wrong_object(schema: Any, value: Any) -> Iterator[tuple[str, Any]]:
    if not isinstance(value, dict):
        return
    yield "unknown member", {**value, "colour": MARK}
    yield "a member twice", Raw(encoded(value)[:-1] + _again(value))
    for name in schema.get("required", ()):
        yield f"without {name}", {each: value[each] for each in value if each != name}


def _again(value: dict[str, Any]) -> bytes:
    name, item = next(iter(value.items()))
    return b"," + encoded({name: item})[1:]


def _wrong_array(schema: Any, value: Any) -> Iterator[tuple[str, Any]]:
    if schema.get("minItems"):
        yield "no item", []
    if isinstance(value, list) and value:
        yield "too many items", [value[0]] * (schema["maxItems"] + 1)


def _wrong_integer(schema: Any) -> Iterator[tuple[str, Any]]:
    yield "below", int(schema["minimum"]) - 1
    yield "above", int(schema["maximum"]) + 1
    yield "2^63", 2**63
    for name, raw in _RAW_NUMBERS.items():
        yield f"raw {name}", Raw(raw)


def _wrong_text(path: Path, schema: Any, value: Any, ids: Ids) -> Iterator[tuple[str, Any]]:
    pattern = schema.get("pattern", "")
    prefixes = id_prefixes(schema)
    free = "enum" not in schema and "format" not in schema
    if not free or re.search(pattern, MARK) is None:
        yield "another text", MARK
    yield "NUL", Raw(b'"a\\u0000b"')
    yield "lone surrogate", Raw(b'"a\\ud800b"')
    if prefixes:
        yield from _wrong_id(path, prefixes, value, ids)
    elif _DECIMAL in pattern:
        yield from ((each[:12], each) for each in _DECIMALS)
        yield from ((f"raw {name}", Raw(raw)) for name, raw in _RAW_NUMBERS.items())
        if not pattern.startswith("^-?"):
            yield "negative", "-1"
    elif schema.get("format") == "date-time":
        yield from _INSTANTS.items()
    elif schema.get("format") == "date":
        yield from _DATES.items()
    elif "enum" not in schema:
        yield "over-long", "x" * (schema["maxLength"] + 1)
        if schema.get("minLength"):
            yield "empty", ""


def id_prefixes(schema: Any) -> list[str]:
    """The prefixes of the ids that a schema takes; none when it is not one of an id."""
    head, mark, _ = schema.get("pattern", "").partition("_[0-7]")
    return head.strip("^()").split("|") if mark else []


def _wrong_id(path: Path, prefixes: list[str], value: Any, ids: Ids) -> Iterator[tuple[str, Any]]:
    prefix = prefixes[0] if not isinstance(value, str) else value.partition("_")[0]
    yield "wrong prefix", ids.missing[prefix].replace(prefix, "xyz")
    yield "lower case", ids.missing[prefix].lower()
    yield "above 128 bits", f"{prefix}_8ZZZZZZZZZZZZZZZZZZZZZZZZZ"
    if path[-1] != "id":  # a client-made id names nothing yet
        yield "missing id", ids.missing[prefix]
        yield "foreign id", ids.foreign[prefix]


def whole_bodies(body: Any) -> Iterator[Mutation]:
    """Bodies that are invalid for every route."""
    if body is not NOTHING:
        yield Mutation("empty", b"")
    yield Mutation("not JSON", b"{")
    yield Mutation("not UTF-8", b"\xff\xfe")
    yield Mutation("a list", b"[]")
    yield Mutation("a text", encoded(MARK))
    yield Mutation("200 deep", b'{"a":' * 200 + b"1" + b"}" * 200)
    yield Mutation("200 lists deep", b"[" * 200 + b"]" * 200)
    yield Mutation("raw NaN", b'{"a": NaN}')
    yield Mutation("raw Infinity", b'{"a": -Infinity}')
    yield Mutation("raw 1e400", b'{"a": 1e400}')
    yield Mutation("over 2 MiB", b" " * (2 * 1024 * 1024 + 1))
    yield Mutation("unknown members only", encoded({"colour": MARK}))


def replaced(value: Any, path: Path, wanted: Any) -> Any:
    """``value`` with another member at ``path``; ``ABSENT`` removes it."""
    if not path:
        return wanted
    step, rest = path[0], path[1:]
    if isinstance(value, list):
        return [
            replaced(each, rest, wanted) if place == step else each
            for place, each in enumerate(value)
        ]
    if not rest and wanted is _ABSENT:
        return {name: each for name, each in value.items() if name != step}
    return {**value, step: replaced(value.get(step), rest, wanted)}


def _mutation(body: Any, path: Path, name: str, wrong: Any) -> Mutation:
    raw = wrong.text if isinstance(wrong, Raw) else None
    text = encoded(replaced(body, path, "@raw@" if raw is not None else wrong))
    if raw is not None:
        text = text.replace(b'"@raw@"', raw)
    return Mutation(f"{_pointer(path)}: {name}", text, _pointer(path))


def _pointer(path: Path) -> str:
    return "".join(f"/{step}" for step in path)
