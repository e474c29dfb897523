"""The rules of ``docs/naming.md`` that a machine can hold, over the OpenAPI document.

Each rule finds the names that break it, as one line of text: the rule, and where the name stands.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from app.api.guards import REQUIRES_KEY
from app.api.route import API_PREFIX, PERMISSION_KEY, PUBLIC

Document = dict[str, Any]
Operation = tuple[str, str, dict[str, Any]]

_SCHEMAS: Final = "#/components/schemas/"
_SNAKE: Final = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_KEBAB: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_PASCAL: Final = re.compile(r"([A-Z][a-z0-9]*)+")
_ID_FORM: Final = re.compile(r".*_\[0-7\]\[0-9A-HJKMNP-TV-Z\]\{25\}\$")

# Words of which one is used for the thing, by the word that is not. Each stands for itself in a
# name of several words: `tenant` forbids `tenants:write` and `tenant_id`.
ONE_WORD: Final = {
    "tenant": "company",
    "tenants": "companies",
    "scopes": "permissions",
    "standing": "status",
    "state": "status",
    "act": "audit entry",
    "acts": "audit entries",
    "over": "expired",
    "closing": "company deletion",
}
# `over` begins the name of an excess: `over_allocation`.
_ONLY_LAST: Final = frozenset({"over"})
# Bodies and answers that a standard names: RFC 9457, OAuth, JSON Web Keys.
_STANDARD: Final = frozenset({"ProblemDetails", "ProblemFault", "JwkView", "JwksView"})
_STANDARD_MEMBERS: Final = frozenset({"token_type", "request_id", "trace_id", "requests_errors"})

# Ranges without a name of what they are of; `good_until` says as little.
_BARE: Final = frozenset({"since", "until"})
_WELL_KNOWN: Final = "/.well-known/jwks.json"
_UNITS: Final = ("_seconds", "_ms", "_bytes", "_days", "decimals", "status", "_per_page")
_ADJECTIVE: Final = re.compile(r"(\w+_)?(\w+ed|\w+able|\w+ible|\w+ive|atomic|built_in|compound|ok)")
_SWITCH: Final = re.compile(r"has_\w+|include_\w+|dry_run")
_UNCOUNTABLE: Final = frozenset({"data", "equity", "income"})

# What a permission may be of besides a collection: `costs` are members, the others several paths.
AREAS: Final = frozenset({"company_deletion", "costs", "platform", "profile", "stock", "system"})
_OF_EVERY_LIST: Final = frozenset(
    {"as_known_at", "as_of", "cursor", "include_total", "limit", "page", "per_page", "q", "sort"}
)
_BODY_ENDS: Final = ("In", "Patch", "Batch")
_ANSWER_ENDS: Final = ("View", "Page", "Items")


def findings(document: Document) -> Iterator[str]:
    """Every name that breaks a rule, once for each place where it stands."""
    for rule in _RULES:
        for place in rule(document):
            yield f"{rule.__name__.lstrip('_')}: {place}"


def _operations(document: Document) -> Iterator[Operation]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def _members(document: Document) -> Iterator[tuple[str, str, Any]]:
    """Schema, name and own schema of every member that no standard names."""
    for name, schema in document["components"]["schemas"].items():
        if name not in _STANDARD:
            for member, own in schema.get("properties", {}).items():
                yield name, member, own


def _queries(document: Document) -> Iterator[tuple[str, str, Any]]:
    """Operation, name and schema of every query parameter."""
    for path, method, operation in _operations(document):
        for each in operation["parameters"]:
            if each["in"] == "query":
                yield f"{method.upper()} {path}?", each["name"], each["schema"]


def _named(document: Document) -> Iterator[tuple[str, str, list[dict[str, Any]]]]:
    """Place, name and forms of everything that has a value: members and query parameters."""
    for schema, member, own in _members(document):
        yield f"{schema}.{member}", member, list(_forms(own))
    for operation, name, own in _queries(document):
        yield f"{operation}{name}", name, list(_forms(own))


def _forms(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The alternatives of a member."""
    choices = [*schema.get("anyOf", ()), *schema.get("oneOf", ())]
    for choice in choices:
        yield from _forms(choice)
    if not choices:
        yield schema


def _cases(document: Document) -> Iterator[str]:
    """Paths are kebab-case, members and parameters snake_case, schemas PascalCase."""
    for path in document["paths"]:
        for segment in path.removeprefix(_WELL_KNOWN).split("/"):
            name = segment.strip("{}")
            form = _SNAKE if segment != name else _KEBAB
            if name and form.fullmatch(name) is None:
                yield f"{path}: {segment}"
    for place, name, _ in _named(document):
        if _SNAKE.fullmatch(name) is None:
            yield place
    for name in document["components"]["schemas"]:
        if _PASCAL.fullmatch(name) is None:
            yield name


def _plural_paths(document: Document) -> Iterator[str]:
    """What has items or is a list is called by a plural."""
    for path in document["paths"]:
        head, _, last = path.rpartition("/")
        if last.startswith("{") and not head.endswith("s"):
            yield path


def is_kebab(name: str) -> bool:
    """Whether a name is written as commands and segments of paths are."""
    return _KEBAB.fullmatch(name) is not None


def wrong_words(name: str) -> Iterator[str]:
    """Each word of a name that is not the one word for its thing."""
    for part in re.split(r"[/:. ]", name):
        words = re.split(r"[-_]", part)
        for index, word in enumerate(words):
            begins = word in _ONLY_LAST and index < len(words) - 1
            if word in ONE_WORD and not begins:
                yield word


def _one_word(document: Document) -> Iterator[str]:
    """One word for one thing, on everything that has a name."""
    places = [(place, name) for place, name, _ in _named(document)]
    places += [(f"path {path}", path) for path in document["paths"]]
    places += [(f"code {code}", code) for code in document["components"]["examples"]]
    places += [(f"permission {each}", each) for each in _permissions(document)]
    for name in document["components"]["schemas"]:
        places.append((f"schema {name}", re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()))
    for place, name in places:
        yield from (f"{place}: {wrong}" for wrong in wrong_words(name))


def _permissions(document: Document) -> set[str]:
    guarded = [operation for _, _, operation in _operations(document)]
    found = {each[PERMISSION_KEY] for each in guarded}
    guarded += [own for _, _, own in _members(document)]
    found.update(*(each.get(REQUIRES_KEY, ()) for each in guarded))
    return found - {PUBLIC}


def _ids(document: Document) -> Iterator[str]:
    """A reference ends in _id, and what ends in _id is a text."""
    for place, name, forms in _named(document):
        if name in _STANDARD_MEMBERS:
            continue
        is_id = any(_ID_FORM.fullmatch(form.get("pattern", "")) for form in forms)
        says_id = name == "id" or name.endswith("_id")
        if (is_id or name.endswith("_by")) and not says_id:
            yield place
        if says_id and not any(form.get("type") == "string" for form in forms):
            yield place


def _times(document: Document) -> Iterator[str]:
    """Instants end in _at, days in _on, ranges of both in _from and _to, after a name."""
    ends = {"date-time": ("_at", "_from", "_to"), "date": ("_on", "_from", "_to", "as_of")}
    for place, name, forms in _named(document):
        wanted = [end for form in forms for end in ends.get(form.get("format", ""), ())]
        bare = name.split("_")[-1] in _BARE or name in {"from", "to"}
        if bare or (wanted and not name.endswith(tuple(wanted))):
            yield place


def _booleans(document: Document) -> Iterator[str]:
    """A boolean is an adjective, or begins with has_ or include_."""
    for place, name, forms in _named(document):
        boolean = any(form.get("type") == "boolean" for form in forms)
        if boolean and not (_ADJECTIVE.fullmatch(name) or _SWITCH.fullmatch(name)):
            yield place


def _numbers(document: Document) -> Iterator[str]:
    """A list is called by a plural, a count by a plural never; it ends in _count."""
    for place, name, forms in _named(document):
        for form in forms:
            kind = form.get("type")
            plural = name.endswith("s") and not name.endswith(_UNITS)
            if kind == "integer" and plural and name not in _STANDARD_MEMBERS:
                yield place
            if kind == "array" and not plural and name not in _UNCOUNTABLE:
                yield place


def _kinds(document: Document) -> Iterator[str]:
    """What sort of thing it is: kind, and type only where a standard says so."""
    for place, name, _ in _named(document):
        if name.split("_")[-1] == "type" and name not in _STANDARD_MEMBERS:
            yield place


def _lines(document: Document) -> Iterator[str]:
    """A reference to a line of a document names the document: receipt_line, sale_line."""
    for schema, member, _ in _members(document):
        if member == "line" and schema.endswith("In"):
            yield f"{schema}.{member}"


def _bodies_and_answers(document: Document) -> Iterator[str]:
    """Schemas of bodies end in In, Patch or Batch, those of answers in View, Page or Items."""
    found = set()
    for _, _, operation in _operations(document):
        bodies = [operation["requestBody"]] if "requestBody" in operation else []
        answers = [each for code, each in operation["responses"].items() if code.startswith("2")]
        for parts, ends in ((bodies, _BODY_ENDS), (answers, _ANSWER_ENDS)):
            for part in parts:
                for content in part.get("content", {}).values():
                    name = content["schema"].get("$ref", "").removeprefix(_SCHEMAS)
                    if name and not name.endswith(ends):
                        found.add(name)
    yield from sorted(found)


def _answer(document: Document, operation: dict[str, Any]) -> dict[str, Any]:
    """The members of what an operation answers with 200."""
    schemas = document["components"]["schemas"]
    content = operation["responses"].get("200", {}).get("content", {}).get("application/json", {})
    schema = schemas.get(content.get("schema", {}).get("$ref", "").removeprefix(_SCHEMAS), {})
    members: dict[str, Any] = schema.get("properties", {})
    return members


def _page_item(document: Document, operation: dict[str, Any]) -> dict[str, Any] | None:
    """The members of what an operation lists, or None if it lists nothing."""
    page = _answer(document, operation)
    if "next_cursor" not in page:
        return None
    item = page["data"]["items"]["$ref"].removeprefix(_SCHEMAS)
    members: dict[str, Any] = document["components"]["schemas"][item]["properties"]
    return members


def _operation_ids(document: Document) -> Iterator[str]:
    """The id of an operation ends in what it does: list, get, update, delete."""
    for path, method, operation in _operations(document):
        end = {"patch": "_update", "delete": "_delete"}.get(method, "")
        if _page_item(document, operation) is not None and not path.startswith(
            f"{API_PREFIX}/reports/"
        ):
            end = "_list"
        elif method == "get" and path.endswith("}"):
            end = "_get"
        if not operation["operationId"].endswith(end):
            yield f"{operation['operationId']}: {end}"


def _filters(document: Document) -> Iterator[str]:
    """A filter and a sort key are called as the member that they are of."""
    for path, method, operation in _operations(document):
        members = _page_item(document, operation)
        if method != "get" or members is None:
            continue
        for each in operation["parameters"]:
            name = each["name"]
            # What must be stated is what the list is of; a wrong range is another rule's.
            if each["in"] != "query" or each["required"] or name in {"from", "to", *_BARE}:
                continue
            if name == "sort":
                keys = {key.removeprefix("-") for key in each["schema"].get("enum", ())}
                yield from (f"{path}?sort={key}" for key in sorted(keys - members.keys()))
            elif name not in _OF_EVERY_LIST and members.keys().isdisjoint(_filtered(name)):
                yield f"{path}?{name}"


def _filtered(name: str) -> set[str]:
    """The members that a filter of this name may be of."""
    stem = re.sub(r"_(from|to)$", "", name)
    ranged = {f"{stem}_on", f"{stem}_at", stem} if stem != name else set()
    return {name, f"{name}s", *ranged}


def _permission_nouns(document: Document) -> Iterator[str]:
    """A permission is of a collection, called as in the path, or of a named area."""
    first = {path.removeprefix(API_PREFIX).split("/")[1] for path in document["paths"]}
    nouns = {each.replace("-", "_") for each in first} | AREAS
    for each in sorted(_permissions(document)):
        noun, _, action = each.partition(":")
        if noun not in nouns or action not in {"read", "write"}:
            yield each


def _made_where_listed(document: Document) -> Iterator[str]:
    """What is made is made where it is listed; a reversal is made at what it reverses."""
    for path, method, operation in _operations(document):
        made = "201" in operation["responses"]
        below = "}" in path and not path.endswith("/reverse")
        if method == "post" and made and below:
            yield f"POST {path}"


def _deletes(document: Document) -> Iterator[str]:
    """DELETE takes away an item, or what a GET shows; taking back a request is a verb."""
    for path, method, _ in _operations(document):
        above, _, last = path.rpartition("/")
        if method == "delete" and not last.startswith("{"):
            methods = document["paths"].get(above, {})
            shown = _answer(document, methods["get"]) if "get" in methods else {}
            part = any(name.startswith(last.replace("-", "_")) for name in shown)
            if "get" not in document["paths"][path] and not part:
                yield f"DELETE {path}"


_RULES: Final[tuple[Callable[[Document], Iterator[str]], ...]] = (
    _cases,
    _plural_paths,
    _one_word,
    _ids,
    _times,
    _booleans,
    _numbers,
    _kinds,
    _lines,
    _bodies_and_answers,
    _operation_ids,
    _filters,
    _permission_nouns,
    _made_where_listed,
    _deletes,
)
