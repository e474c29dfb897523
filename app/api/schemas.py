"""Wire schemas of declared objects: what a request may say, derived from the types of its members.

``model_of`` makes the pydantic model of a dataclass that a request fills in, and ``value_of`` makes
the dataclass from a filled-in model; ``own_form`` states what the types cannot say. What the
members mean, and the values that examples show, are read from the declarations when the contract is
written.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from enum import Enum
from typing import Annotated, Any, Final, NamedTuple

from pydantic import AfterValidator, Field, Strict, StringConstraints, WithJsonSchema, create_model

from app.api.wire import (
    ABSENT,
    Day,
    Instant,
    Schema,
    any_document,
    any_reference,
    decimal,
    reference,
    storable,
)
from app.application.contexts import DOCUMENT_PREFIXES
from app.application.shared.generated import function
from app.application.shared.views import View
from app.domain.shared.documents import DocumentRef
from app.domain.shared.fields import (
    UNSET,
    Bounds,
    Count,
    Default,
    DocumentReference,
    Example,
    FieldType,
    Member,
    Reference,
    Scaled,
    Words,
    is_nested,
    meanings_of,
    members_of,
    remembered,
)

REQUEST_TEXTS: Final[Mapping[str, str]] = {
    "id": "The id. A client may make it: repeating the request answers what exists.",
    "idempotency_key": "The key of this item: a repeat gets the first answer again.",
}
ULID: Final = "01J8Z3K4M5N6P7Q8R9S0T1V2W3"
_EXAMPLES: Final[Mapping[Any, Any]] = {
    bool: True,
    DocumentRef: f"sal_{ULID}",
    date: "2026-03-31",
    datetime: "2026-03-31T16:30:00Z",
    int: 1,
}

Meaning = Callable[[str], str]


class _Declared:
    """What the contract says of a schema and its members."""

    __slots__ = ("about", "meaning", "members")

    def __init__(self, meaning: Meaning, members: Iterable[Member], about: str) -> None:
        self.meaning = meaning
        self.members = tuple(members)
        self.about = about


_declared: Final[dict[str, _Declared]] = {}


class _OwnForm(NamedTuple):
    """What the model of a request form has that its types do not say."""

    base: type[Schema] = Schema
    members: Mapping[str, Any] = {}


_PLAIN: Final = _OwnForm()
_own_forms: Final[dict[type[Any], _OwnForm]] = {}


def own_form(type_: type[Any], base: type[Schema] = Schema, **members: Any) -> None:
    """Let requests state ``type_`` in a form of its own; to be said before its routes are made.

    ``base`` is the base class of its model, with validators and what JSON Schema says beyond the
    members. ``members`` are the wire types of single members: their validators make the value that
    the dataclass keeps.

    Raises:
        TypeError: its model was made before.
    """
    if type_.__name__ in _declared:
        raise TypeError(f"the model of {type_.__name__} is made: call own_form before its routes")
    _own_forms[type_] = _OwnForm(base, members)


def declare_schema(
    name: str, meaning: Meaning, members: Iterable[Member] = (), about: str = ""
) -> None:
    """Let ``meaning`` say what the members of the schema ``name`` mean."""
    _declared[name] = _Declared(meaning, members, about)


def about_schema(name: str) -> str:
    """What a schema is; empty where its model says it."""
    found = _declared.get(name)
    return "" if found is None else found.about


def meaning_of(schema: str, member: str) -> str:
    """What a member of a schema means; empty where no declaration says it."""
    found = _declared.get(schema)
    return "" if found is None else found.meaning(member)


def example_of(schema: str) -> dict[str, Any] | None:
    """An example of a request body: the members that it needs, and those with a value to show."""
    found = _declared.get(schema)
    if found is None or not found.members:
        return None
    return {
        each.name: _example(each.type)
        for each in found.members
        if each.type.mark(Example) is not None or (each.required and not each.type.optional)
    }


def _example(type_: FieldType) -> Any:
    stated, scaled = type_.mark(Example), type_.mark(Scaled)
    refers = type_.mark(Reference)
    if stated is not None:
        return stated.value
    if type_.item is not None:
        return [_example(type_.item)]
    if is_nested(type_):
        return {
            each.name: _example(each.type)
            for each in members_of(type_.bare)
            if each.type.mark(Example) is not None or (each.required and not each.type.optional)
        }
    if scaled is not None:
        return scaled.example
    if refers is not None:
        return f"{refers.prefix}_{ULID}"
    if isinstance(type_.bare, type) and issubclass(type_.bare, Enum):
        return str(next(iter(type_.bare)))
    return _EXAMPLES.get(type_.bare, "text")


def schema_of(view: View[Any]) -> Any:
    """The schema of a view, whose members are explained by the view."""
    for nested in (view, *view.nested()):
        declare_schema(nested.name, nested.meaning, about=nested.about)
    return view.schema


def wire_type(type_: FieldType, *, forms: bool = True) -> Any:
    """The type of a value that a request states, null included where it may be."""
    wire = _stated(type_, forms=forms)
    return wire | None if type_.optional else wire


def _stated(type_: FieldType, *, forms: bool) -> Any:
    scaled, refers = type_.mark(Scaled), type_.mark(Reference)
    words, bounds = type_.mark(Words), type_.mark(Bounds)
    bare = type_.bare
    if type_.item is not None:
        count = type_.mark(Count) or Count(most=2_000, least=0)
        item: Any = wire_type(type_.item, forms=forms)
        return Annotated[list[item], Field(min_length=count.least, max_length=count.most)]
    if is_nested(type_):
        return model_of(bare, forms=forms or not _has_forms(bare))
    if scaled is not None:
        return decimal(scaled)
    if refers is not None:
        return reference(refers.prefix)
    if bare is DocumentRef:
        return any_document(DOCUMENT_PREFIXES)
    if type_.mark(DocumentReference) is not None:
        return any_reference(DOCUMENT_PREFIXES.values())
    if words is not None:
        return _text(words, forms=forms)
    if bounds is not None:
        return Annotated[int, Field(ge=bounds.least, le=bounds.most)]
    if bare is datetime:
        return Instant
    if bare is date:
        return Day
    if isinstance(bare, type) and issubclass(bare, Enum):
        shown = WithJsonSchema({"type": "string", "enum": [str(each) for each in bare]})
        return Annotated[bare, Strict(False), shown]
    return bare


def _has_forms(type_: type[Any]) -> bool:
    """Whether the schema of a request shows the form of one of its texts."""
    for each in members_of(type_):
        inner = each.type.item or each.type
        words = inner.mark(Words)
        if words is not None and words.form and not words.strict_form:
            return True
        if is_nested(inner) and _has_forms(inner.bare):
            return True
    return False


def _text(words: Words, *, forms: bool) -> Any:
    limits = StringConstraints(
        min_length=words.length_min,
        max_length=words.length_max,
        pattern=words.form if words.strict_form else None,
    )
    if words.form and forms and not words.strict_form:
        shown = Field(json_schema_extra={"pattern": words.form})
        return Annotated[str, limits, AfterValidator(storable), shown]
    return Annotated[str, limits, AfterValidator(storable)]


@remembered
def model_of(type_: type[Any], *, forms: bool = True) -> type[Schema]:
    """The model of a dataclass that a request fills in.

    Items of a batch show no ``forms``, because each of them is refused by itself.
    """
    name = type_.__name__ if forms else f"{type_.__name__}Item"
    return model_named(name, type_, forms=forms)


def model_named(name: str, type_: type[Any], *, forms: bool = True, **more: Any) -> type[Schema]:
    """The model of a dataclass that a request fills in, after ``more`` fields of its own."""
    return model(
        name,
        members_of(type_),
        requested(type_),
        about=type_.__doc__ or "",
        forms=forms,
        more=more,
        own=_own_forms.get(type_, _PLAIN),
    )


def requested(type_: type[Any]) -> Meaning:
    """What the members of a request mean."""

    def meaning(member: str) -> str:
        return REQUEST_TEXTS.get(member) or meanings_of(type_).get(member, "")

    return meaning


def model(
    name: str,
    members: Iterable[Member],
    meaning: Meaning,
    *,
    about: str = "",
    forms: bool = True,
    patch: bool = False,
    more: Mapping[str, Any] | None = None,
    own: _OwnForm = _PLAIN,
) -> type[Schema]:
    """The model of these members, after ``more`` fields of its own.

    In a patch every member may be absent.
    """
    members = tuple(members)
    fields = {
        each.name: (
            own.members.get(each.name) or wire_type(each.type, forms=forms),
            ABSENT if patch else _default(each),
        )
        for each in members
    }
    declare_schema(name, meaning, members)
    about = about.split("\n\n", maxsplit=1)[0]
    every: dict[str, Any] = {**(more or {}), **fields}
    return create_model(name, __base__=own.base, __doc__=about, **every)


def _default(each: Member) -> Any:
    default = each.type.mark(Default)
    if each.type.absent:
        return ABSENT
    if default is not None:
        return default.value
    if not each.required:
        return list(each.default) if isinstance(each.default, tuple) else each.default
    return None if each.type.optional else ...


@remembered
def value_of(type_: type[Any]) -> Callable[[Any], Any]:
    """What makes a dataclass from the model that a request filled in."""
    names: dict[str, Any] = {"ABSENT": ABSENT, "UNSET": UNSET, "made": type_}
    given = ", ".join(f"{each.name}={_value(each, names)}" for each in members_of(type_))
    return function(f"make_{type_.__name__}", ("body",), (f"return made({given})",), names)


def _value(each: Member, names: dict[str, Any]) -> str:
    value = f"body.{each.name}"
    type_ = each.type
    inner = type_.item or type_
    written = value
    if is_nested(inner):
        names[f"make_{each.name}"] = value_of(inner.bare)
        call = f"make_{each.name}"
        written = f"tuple(map({call}, {value}))" if type_.item else f"{call}({value})"
    elif type_.item is not None:
        written = f"tuple({value})"
    if written != value and type_.optional:
        written = f"None if {value} is None else {written}"
    return f"(UNSET if {value} is ABSENT else {written})" if type_.absent else f"({written})"
