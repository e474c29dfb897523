"""Views: what clients see of an aggregate, derived from its fields.

A view shows the fields of a dataclass by their types (``app.domain.shared.fields``), without those
that are hidden. A computed member is a plain function: its name is the member, its parameters name
the fields it is computed from, its return type says how it is written, its docstring what it means.
A parameter that is no field is given when the view is shown (what came back of a sale), or selected
by the list.

From a view follow the function that shows an aggregate, the one that shows the row of a list, and
the type that the contract documents.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from inspect import getdoc, signature
from typing import Annotated, Any, Final, Generic, Literal, TypeVar, get_type_hints

from typing_extensions import TypedDict

from app.application.shared.generated import function
from app.application.shared.wording import instant
from app.domain.shared.fields import (
    DocumentReference,
    FieldType,
    Folded,
    Guarded,
    Mark,
    Reference,
    Scaled,
    is_nested,
    meanings_of,
    members_of,
    read_type,
)
from app.domain.shared.ids import ulid_text
from app.domain.shared.money import currency_exponent
from app.domain.shared.numbers import format_amount, format_scaled

# The prefix of each kind of document; filled from the declarations of all contexts.
DOCUMENT_PREFIXES: Final[dict[str, str]] = {}

A = TypeVar("A")
Computed = Callable[..., Any]


class View(Generic[A]):
    """What clients see of ``of``; see the module.

    Args:
        of: the dataclass that is shown.
        name: the name of its schema in the contract; by default that of the class with "View".
        without: fields that are not shown, beside the hidden ones.
        computed: functions that compute further members.
        inside: the views of nested objects, by member, where the plain one does not do.
    """

    def __init__(
        self,
        of: type[A],
        name: str = "",
        *,
        without: Sequence[str] = (),
        computed: Sequence[Computed] = (),
        inside: Mapping[str, "View[Any]"] | None = None,
    ) -> None:
        self.of = of
        self.name = name or f"{of.__name__}View"
        self._fields = [each.name for each in members_of(of)]
        self._computed = {each.__name__: each for each in computed}
        self._inside = dict(inside or {})
        self.members: dict[str, FieldType] = {}
        for each in members_of(of):
            if each.name not in (*without, *self._computed) and _is_shown(each.type):
                self._add(each.name, each.type)
        for function_ in computed:
            hints = get_type_hints(function_, include_extras=True)
            self._add(function_.__name__, read_type(hints["return"]))
        # No member is called like one of these.
        self._globals: dict[str, Any] = {
            "write_amount": format_amount,
            "exponent_of": currency_exponent,
            "write_instant": instant,
            "write_scaled": format_scaled,
            "write_ulid": ulid_text,
            **{f"compute_{each}": call for each, call in self._computed.items()},
            **{f"show_{each}": view.show for each, view in self._inside.items()},
            "write_document": show_document,
        }
        self.columns = tuple(self._asked())
        self.parameters = tuple(each for each in self.columns if each not in self._fields)
        self.show: Callable[..., dict[str, Any]] = self._object_function()
        self.row: Callable[..., dict[str, Any]] = self._row_function()
        self.schema = self._schema()

    @property
    def about(self) -> str:
        """What it shows, in one sentence."""
        return (getdoc(self.of) or "").split("\n\n")[0]

    def meaning(self, member: str) -> str:
        """What a member means; empty where nothing says it."""
        if member in self._computed:
            return getdoc(self._computed[member]) or ""
        return meanings_of(self.of).get(member, "")

    def nested(self) -> Iterator["View[Any]"]:
        """The views of all objects inside of this one."""
        for view in self._inside.values():
            yield view
            yield from view.nested()

    def _add(self, name: str, type_: FieldType) -> None:
        self.members[name] = type_
        inner = type_.item or type_
        if is_nested(inner) and name not in self._inside:
            self._inside[name] = View(inner.bare)

    def _is_money(self) -> bool:
        shown = self.members.values()
        money = any((scaled := each.mark(Scaled)) is not None and scaled.money for each in shown)
        return money or any("exponent" in view.parameters for view in self._inside.values())

    def _used(self) -> list[str]:
        """The names that the members are made of, in the order of the members."""
        used: list[str] = []
        for name in self.members:
            if name in self._computed:
                used += signature(self._computed[name]).parameters
            else:
                used.append(name)
        for view in self._inside.values():
            used += (each for each in view.parameters if each != "exponent")
        kinds = (each.mark(DocumentReference) for each in self.members.values())
        used += (each.kind for each in kinds if each is not None)
        return list(dict.fromkeys(used))

    def _asked(self) -> list[str]:
        """What the functions use besides literals: fields and parameters."""
        used = self._used()
        if self._is_money():
            used.append("currency" if "currency" in (*used, *self._fields) else "exponent")
        return list(dict.fromkeys(used))

    def _object_function(self) -> Callable[..., dict[str, Any]]:
        """``show(o, …)``: the view of an aggregate; parameters that are no fields have names."""
        fields = set(self._fields)
        return function(
            f"show_{self.name}",
            ("o", *self.parameters),
            self._body(lambda name: f"o.{name}" if name in fields else name),
            self._globals,
        )

    def _row_function(self) -> Callable[..., dict[str, Any]]:
        """``row(…)``: the view of a row that has the values of ``columns``."""
        body = self._body(lambda name: name)
        return function(f"row_{self.name}", self.columns, body, self._globals)

    def _body(self, place: Callable[[str], str]) -> list[str]:
        lines = []
        if self._is_money() and "exponent" not in self._asked():
            lines.append(f"exponent = exponent_of({place('currency')})")
        members = ", ".join(
            f"{name!r}: {self._value(name, type_, place)}" for name, type_ in self.members.items()
        )
        return [*lines, f"return {{{members}}}"]

    def _value(self, name: str, type_: FieldType, place: Callable[[str], str]) -> str:
        if name in self._computed:
            given = signature(self._computed[name]).parameters
            call = f"compute_{name}({', '.join(map(place, given))})"
            written = self._written(name, "computed", type_, place)
            if written == "computed":
                return call
            call = f"(computed := {call})" if type_.optional else call
            if type_.optional:
                return f"(None if {call} is None else {written})"
            return self._written(name, call, type_, place)
        value = place(name)
        written = self._written(name, value, type_, place)
        if type_.optional and written != value:
            return f"(None if {value} is None else {written})"
        return written

    def _written(self, name: str, value: str, type_: FieldType, place: Callable[[str], str]) -> str:
        """The expression that writes a value that is there."""
        if name in self._inside:
            asked = self._inside[name].parameters
            more = "".join(f", {'exponent' if p == 'exponent' else place(p)}" for p in asked)
            if type_.item is None:
                return f"show_{name}({value}{more})"
            return f"[show_{name}(each{more}) for each in {value}]"
        scaled = type_.mark(Scaled)
        if scaled is not None and scaled.money:
            return f"write_amount({value}, exponent)"
        if scaled is not None:
            return f"write_scaled({value}, {scaled.digits}, at_least={scaled.at_least})"
        reference = type_.mark(Reference)
        if reference is not None:
            return f"{reference.prefix + '_'!r} + write_ulid({value})"
        document = type_.mark(DocumentReference)
        if document is not None:
            return f"write_document({place(document.kind)}, {value})"
        if type_.bare is datetime:
            return f"write_instant({value})"
        if type_.bare is date:
            return f"{value}.isoformat()"
        return value

    def _schema(self) -> Any:
        hints = {name: self._hint(name, type_) for name, type_ in self.members.items()}
        typed_dict: Any = TypedDict  # the checker knows it with literal members only
        return typed_dict(self.name, hints)

    def _hint(self, name: str, type_: FieldType) -> Any:
        hint: Any = _wire_hint(type_)
        if name in self._inside:
            inner: Any = self._inside[name].schema
            hint = inner if type_.item is None else list[inner]
        if type_.optional:
            hint = hint | None
        guarded = type_.mark(Guarded)
        return hint if guarded is None else Annotated[hint, guarded]


def _wire_hint(type_: FieldType) -> Any:
    """The type that a value has in JSON."""
    bare = type_.bare
    if type_.mark(Scaled) is not None or bare in (bytes, datetime, date):
        return str
    if isinstance(bare, type) and issubclass(bare, StrEnum):
        return Literal[tuple(str(each) for each in bare)]
    if type_.item is not None:
        return list[_wire_hint(type_.item)]  # type: ignore[misc]
    return bare


def _is_shown(type_: FieldType) -> bool:
    return not type_.has(Mark.HIDDEN) and type_.mark(Folded) is None


def show_document(kind: str, id_: bytes) -> str:
    """The id of a document of a kind, as clients see it."""
    return f"{DOCUMENT_PREFIXES[kind]}_{ulid_text(id_)}"
