"""What a field's type says of it: scale, form, bounds, reference, and who may see it.

A type of this module is a plain ``int``, ``str`` or ``bytes`` at run time and for the type checker;
what stands beside it in ``Annotated`` is read by the layers above. From it follow the form on the
wire and its schema, the column, the filter of a list, and how exports and the audit trail write it.
``members_of`` reads the fields of a dataclass; nothing else looks at annotations.
"""

import ast
import inspect
import sys
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Final,
    ParamSpec,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)

from app.domain.shared.frozen import frozen
from app.domain.shared.numbers import SCALE_DIGITS, format_amount, format_scaled
from app.domain.shared.texts import checked_code, checked_name

M = TypeVar("M")
P = ParamSpec("P")
R = TypeVar("R")


def remembered(call: Callable[P, R]) -> Callable[P, R]:
    """``functools.cache`` for functions of classes, which keeps the types of the function."""
    return cast(Callable[P, R], cache(cast(Callable[..., R], call)))


class Unset(Enum):
    """The value of a request member that was left out, where null has a meaning of its own."""

    UNSET = "unset"


UNSET: Final = Unset.UNSET


class Sign(Enum):
    """Which numbers a request may state."""

    ANY = "any"
    NOT_NEGATIVE = "not_negative"
    POSITIVE = "positive"


@frozen
class Scaled:
    """A decimal number, kept as an integer scaled by ``10**digits``.

    ``money`` has the decimals of the currency of its object instead, and is read with six decimals
    from a request (the decision refuses more than the currency has). ``at_least`` decimals are
    always shown.
    """

    meaning: str
    example: str
    sign: Sign = Sign.NOT_NEGATIVE
    money: bool = False
    at_least: int = 0
    digits: int = SCALE_DIGITS

    def text(self, value: int, exponent: int) -> str:
        """The value as a decimal string; ``exponent`` is that of the currency of an amount."""
        if self.money:
            return format_amount(value, exponent)
        return format_scaled(value, self.digits, at_least=self.at_least)


@frozen
class Reference:
    """The id of an object, shown with ``prefix``; ``table`` holds the objects of the tenant."""

    prefix: str
    table: str


@frozen
class DocumentReference:
    """The id of a document of any kind; the member ``kind`` names the kind."""

    kind: str


@frozen
class Words:
    """A text of bounded length.

    ``form`` is a regular expression that every accepted text has, shown to clients; the domain has
    the last word. With ``strict_form`` a request is refused by it before the domain is asked.
    """

    length_max: int
    length_min: int = 1
    form: str = ""
    strict_form: bool = False


@frozen
class Checked:
    """``check`` gives a value the form that is kept; it raises for one without a right form.

    It takes the value and the pointer of the member.
    """

    check: Callable[[Any, str], Any]


@frozen
class Bounds:
    """The least and the greatest value of a whole number."""

    least: int
    most: int


@frozen
class Count:
    """How many items a list may have."""

    most: int
    least: int = 1


@frozen
class Folded:
    """The member holds another one, ``of``, without regard to case. It is never shown.

    Lists sort and filter ``of`` by it, and search it.
    """

    of: str


@frozen
class Default:
    """What a member is when a request to create the object leaves it out."""

    value: Any


@frozen
class Meaning:
    """What a member of this type means, where the member does not say it itself."""

    text: str


@frozen
class Example:
    """The value that examples show for the member, as it is written on the wire."""

    value: Any


class Mark(Enum):
    """What is true of a member or is not."""

    HIDDEN = "hidden"  # never shown
    FIXED = "fixed"  # set when the object is created, never changed
    GIVEN = "given"  # set by the service; no request states it
    FILLED = "filled"  # the service fills in what a request leaves out
    OWN_CHECK = "own_check"  # of a repeated request: the document itself compares it
    KIND = "kind"  # names a kind of document


@frozen
class Guarded:
    """The member is shown to holders of ``permission`` only.

    With ``when``, only in objects whose member of that name has one of those values: what is paid
    to a supplier, unlike what a customer pays, tells what goods cost.
    """

    permission: str
    when: tuple[str, frozenset[str]] | None = None

    def hides(self, view: Mapping[str, Any]) -> bool:
        """Whether the member is guarded in this object."""
        return self.when is None or view.get(self.when[0]) in self.when[1]


COSTS: Final = "costs:read"
WHAT_GOODS_COST: Final = Guarded(COSTS)

_AMOUNT: Final = Scaled("An amount in the currency of the object.", "15.30", money=True)
_UNIT_PRICE: Final = Scaled("Price or cost of one unit, at most six decimals.", "2.55", at_least=2)

Amount = Annotated[int, _AMOUNT]
AmountAboveZero = Annotated[
    int, Scaled("An amount above zero.", "15.30", sign=Sign.POSITIVE, money=True)
]
UnitPrice = Annotated[int, _UNIT_PRICE]
Quantity = Annotated[
    int,
    Scaled("Quantity above zero.", "6", sign=Sign.POSITIVE),
    Meaning("The quantity, in the unit of the product."),
]
SignedQuantity = Annotated[int, Scaled("Quantity; negative takes away.", "-3", sign=Sign.ANY)]
Percent = Annotated[int, Scaled("Percentage.", "10")]
Rate = Annotated[int, Scaled("A percentage, or of a fixed tax the sum for each unit.", "20")]
Net = Annotated[Amount, Meaning("The amount without tax.")]
Tax = Annotated[Amount, Meaning("The tax.")]
Total = Annotated[Amount, Meaning("The amount with tax.")]
Cost = Annotated[Amount, WHAT_GOODS_COST]
UnitCost = Annotated[UnitPrice, WHAT_GOODS_COST]

Code = Annotated[
    str,
    Words(32, form=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$"),
    Checked(checked_code),
    Meaning("The code; unique within the company."),
    Example("MAIN"),
]
# Something is left without the blanks around it; that no control stands inside is not said.
NAME_FORM: Final = r"^[^\x00]*[^\x00-\x20\x7f-\xa0][^\x00]*$"
Name = Annotated[
    str,
    Words(200, form=NAME_FORM),
    Checked(checked_name),
    Meaning("The name."),
    Example("Main store"),
]
ExternalRef = Annotated[
    str,
    Words(100, form=r"^[\x21-\x7e]+( [\x21-\x7e]+)*$", strict_form=True),
    Meaning("A reference of your own; unique for ever among objects of this kind."),
    Example("order-1007"),
]
Memo = Annotated[str, Words(500, 0), Meaning("A note."), Example("Counted after the move")]
TimeOfDay = Annotated[
    str,
    Words(5, 5, form=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", strict_form=True),
    Meaning("A time of day, hours and minutes."),
]
EndTime = Annotated[
    str,
    Words(5, 5, form=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$", strict_form=True),
    Meaning("The end of a span of time within a day; `24:00` is the end of the day."),
]
Currency = Annotated[str, Meaning("ISO 4217 code."), Example("GBP")]
Active = Annotated[bool, Mark.GIVEN, Meaning("Whether new documents may name it.")]
Version = Annotated[int, Mark.GIVEN, Meaning("Counts the changes; the ETag states it.")]
Number = Annotated[str, Mark.GIVEN, Meaning("The number that the service gave; without gaps.")]
LineNumber = Annotated[int, Mark.GIVEN, Meaning("The place of the line, from 1.")]
EffectiveAt = Annotated[datetime, Mark.FILLED, Meaning("When it happened; now when left out.")]
EffectiveOn = Annotated[date, Mark.GIVEN, Meaning("Its business day where the company is.")]
RecordedAt = Annotated[datetime, Mark.GIVEN, Meaning("When the service recorded it.")]


@frozen
class FieldType:
    """An annotation, read: the bare type, the marks beside it, and what it may be besides.

    ``item`` is the type of the items where the value is a tuple of any length.
    """

    bare: Any
    marks: tuple[Any, ...] = ()
    optional: bool = False
    absent: bool = False
    item: "FieldType | None" = None

    def mark(self, kind: type[M]) -> M | None:
        """The mark of this kind; the outermost one where several stand there."""
        return next((each for each in self.marks if isinstance(each, kind)), None)

    def has(self, mark: Mark) -> bool:
        """Whether this mark stands there."""
        return mark in self.marks


@frozen
class Member:
    """A field of a dataclass; ``required`` says that it has no default."""

    name: str
    type: FieldType
    required: bool
    default: Any = None


def read_type(annotation: Any) -> FieldType:
    """What an annotation says.

    Raises:
        TypeError: it names several types.
    """
    origin = get_origin(annotation)
    if origin is Annotated:
        inner, *marks = get_args(annotation)
        read = read_type(inner)
        return FieldType(
            read.bare, (*reversed(marks), *read.marks), read.optional, read.absent, read.item
        )
    if origin in (Union, UnionType):
        parts = [each for each in get_args(annotation) if each not in (NoneType, Unset)]
        if len(parts) != 1:
            raise TypeError(f"a member has one type, which may be absent or None: {annotation}")
        read = read_type(parts[0])
        given = get_args(annotation)
        return FieldType(read.bare, read.marks, NoneType in given, Unset in given, read.item)
    if origin is tuple and get_args(annotation)[1:] == (...,):
        return FieldType(tuple, item=read_type(get_args(annotation)[0]))
    supertype = getattr(annotation, "__supertype__", None)  # a NewType
    return FieldType(annotation if supertype is None else supertype)


@remembered
def members_of(type_: type[Any]) -> tuple[Member, ...]:
    """The fields of a dataclass in their order."""
    hints = get_type_hints(type_, include_extras=True)
    found = []
    for each in fields(type_):
        required = each.default is MISSING
        default = None if required else each.default
        found.append(Member(each.name, read_type(hints[each.name]), required, default))
    return tuple(found)


def member(type_: type[Any], name: str) -> Member:
    """The field of a dataclass with this name; raises LookupError where there is none."""
    for each in members_of(type_):
        if each.name == name:
            return each
    raise LookupError(f"{type_.__name__} has no member {name}")


def is_nested(type_: FieldType) -> bool:
    """Whether the value is an object of several members."""
    return isinstance(type_.bare, type) and is_dataclass(type_.bare)


def folded_of(type_: type[Any], name: str) -> str:
    """The member by which ``name`` is sorted and filtered: its folded twin, else itself."""
    for each in members_of(type_):
        folded = each.type.mark(Folded)
        if folded is not None and folded.of == name:
            return each.name
    return name


@remembered
def meanings_of(type_: type[Any]) -> Mapping[str, str]:
    """What each field means: the text below it in its class, else that of its type.

    The texts are read from the source, so only what needs them (the contract) pays for that.
    """
    found: dict[str, str] = {}
    for owner in reversed(type_.__mro__):
        if "__dataclass_fields__" in vars(owner):
            found |= texts_below(owner.__module__).get(owner.__name__, {})
    for each in members_of(type_):
        meaning = each.type.mark(Meaning)
        if each.name not in found and meaning is not None:
            found[each.name] = meaning.text
    return found


@cache
def texts_below(module: str) -> dict[str, dict[str, str]]:
    """The texts below the fields of each class of a module."""
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    return {
        node.name: _below_fields(node) for node in ast.walk(tree) if isinstance(node, ast.ClassDef)
    }


def _below_fields(node: ast.ClassDef) -> dict[str, str]:
    texts = {}
    for field, below in zip(node.body, node.body[1:], strict=False):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(below, ast.Expr)
            and isinstance(below.value, ast.Constant)
            and isinstance(below.value.value, str)
        ):
            texts[field.target.id] = inspect.cleandoc(below.value.value)
    return texts
