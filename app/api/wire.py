"""Wire types: how ids, numbers and instants are written in JSON, and the base of every schema.

Numbers are decimal strings and become scaled integers here; ids are prefixed ULIDs and become
bytes. The schemas refuse unknown members; the text of a refusal never repeats the value.
"""

import contextlib
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final

from pydantic import (
    MISSING,
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from app.domain.shared import fields, ids
from app.domain.shared.documents import DocumentKind, DocumentRef
from app.domain.shared.errors import InvalidValue, ValueOutOfRange
from app.domain.shared.fields import Scaled, Sign, read_type
from app.domain.shared.ids import Id
from app.domain.shared.numbers import BIGINT_MAX, SCALE_DIGITS, format_scaled, parse_scaled

# The default of a member that may be absent, in a patch: `name: Text200 = ABSENT`. The schema shows
# the member as optional and without a default, dumps leave it out, and null is allowed only where
# the type says so. `model_fields_set` holds what was sent.
ABSENT: Final[Any] = MISSING

_TOO_FINE = re.compile(r"-?(0|[1-9][0-9]{0,17})\.[0-9]{7,}", re.ASCII)
_LARGEST = format_scaled(BIGINT_MAX // 1000, SCALE_DIGITS)
_BOUNDS = {Sign.POSITIVE: f"> 0, ≤ {_LARGEST}", Sign.NOT_NEGATIVE: f"≥ 0, ≤ {_LARGEST}"}


class Schema(BaseModel):
    """Base of request bodies: closed, and strict about types."""

    model_config = ConfigDict(extra="forbid", strict=True, arbitrary_types_allowed=True)


def _scaled(sign: Sign) -> Callable[[Any], int]:
    bound = _BOUNDS.get(sign, f"≥ -{_LARGEST}, ≤ {_LARGEST}")
    too_many_decimals = PydanticCustomError(
        "validation.too_many_decimals", "more than {maximum} decimals", {"maximum": SCALE_DIGITS}
    )
    outside = PydanticCustomError("validation.decimal_range", "outside {bound}", {"bound": bound})

    def read(value: Any) -> int:
        if not isinstance(value, str):
            raise PydanticCustomError("decimal_string", "a decimal string is expected")
        try:
            scaled = parse_scaled(value, SCALE_DIGITS)
        except InvalidValue:
            if _TOO_FINE.fullmatch(value) is not None:
                raise too_many_decimals from None
            raise PydanticCustomError("decimal_form", "not a decimal of this form") from None
        except ValueOutOfRange:
            raise outside from None
        if (sign is Sign.POSITIVE and scaled == 0) or (
            sign is not Sign.ANY and value.startswith("-")
        ):
            raise outside
        return scaled

    return read


# Up to ten digits and six decimals that matter; the bound itself is no matter of a pattern.
_DECIMAL = r"(0|[1-9][0-9]{0,9})(\.[0-9]{1,6}0{0,12})?$"
_FORMS = {
    Sign.ANY: f"^-?{_DECIMAL}",
    Sign.NOT_NEGATIVE: f"^{_DECIMAL}",
    Sign.POSITIVE: (
        r"^([1-9][0-9]{0,9}(\.[0-9]{1,6}0{0,12})?"
        r"|0\.([1-9][0-9]{0,5}|0[1-9][0-9]{0,4}|00[1-9][0-9]{0,3}"
        r"|000[1-9][0-9]{0,2}|0000[1-9][0-9]?|00000[1-9])0{0,12})$"
    ),
}


def decimal(scaled: Scaled) -> Any:
    """The type of a decimal string that becomes a scaled integer.

    An amount is read with six decimals; the decision refuses more than its currency has.
    """
    schema = {
        "type": "string",
        "pattern": _FORMS[scaled.sign],
        "maxLength": 40,
        "description": scaled.meaning,
        "examples": [scaled.example],
    }
    return Annotated[int, BeforeValidator(_scaled(scaled.sign)), WithJsonSchema(schema)]


def _decimal_of(annotation: Any) -> Any:
    scaled = read_type(annotation).mark(Scaled)
    return decimal(scaled)  # type: ignore[arg-type]


Quantity: Any = _decimal_of(fields.Quantity)
SignedQuantity: Any = _decimal_of(fields.SignedQuantity)
UnitPrice: Any = _decimal_of(fields.UnitPrice)
Percent: Any = _decimal_of(fields.Percent)
Amount: Any = _decimal_of(fields.Amount)
AmountAboveZero: Any = _decimal_of(fields.AmountAboveZero)


# Python reads more of ISO 8601: weeks, days without dashes, hours without minutes.
_INSTANT = re.compile(
    r"(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
    r"T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,9})?"
    r"(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"
)


def _instant(value: Any) -> datetime:
    if isinstance(value, str) and _INSTANT.fullmatch(value) is not None:
        with contextlib.suppress(ValueError):  # the 30th of February
            return datetime.fromisoformat(value).astimezone(UTC)
    raise PydanticCustomError("instant_form", "an RFC 3339 instant with an offset is expected")


Instant = Annotated[
    datetime,
    BeforeValidator(_instant),
    WithJsonSchema(
        {
            "type": "string",
            "format": "date-time",
            "pattern": f"^{_INSTANT.pattern}$",
            "maxLength": 35,
            "description": "RFC 3339 with an offset; answers are in UTC and end in Z.",
            "examples": ["2026-03-31T16:30:00Z"],
        }
    ),
]


_DAY = re.compile(r"(19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}", re.ASCII)


def _day(value: Any) -> date:
    if isinstance(value, str) and _DAY.fullmatch(value) is not None:
        with contextlib.suppress(ValueError):  # the 30th of February
            return date.fromisoformat(value)
    raise PydanticCustomError("validation.date", "a date such as 2026-03-31 is expected")


Day = Annotated[
    date,
    BeforeValidator(_day),
    WithJsonSchema({"type": "string", "format": "date", "examples": ["2026-03-31"]}),
]


def wrong_id(prefixes: str) -> PydanticCustomError:
    """What refuses a value that is no id with one of these prefixes."""
    return PydanticCustomError("validation.identifier", "an id {prefix}_…", {"prefix": prefixes})


def id_pattern(*prefixes: str) -> str:
    """What every id with one of these prefixes looks like, as JSON Schema says it."""
    kinds = prefixes[0] if len(prefixes) == 1 else f"({'|'.join(sorted(set(prefixes)))})"
    return f"^{kinds}_[0-7][0-9A-HJKMNP-TV-Z]{{25}}$"


def reference(prefix: str) -> Any:
    """The type of an id with this prefix."""
    return any_reference([prefix])


def any_reference(prefixes: Iterable[str]) -> Any:
    """The type of an id with one of these prefixes."""
    return _prefixed(bytes, prefixes, lambda _, id_: id_)


def any_document(prefixes: Mapping[str, str]) -> Any:
    """The type of the id of a document; ``prefixes`` are those of each kind.

    Of several kinds with one prefix it is the first.
    """
    kinds = {prefix: DocumentKind(kind) for kind, prefix in reversed(list(prefixes.items()))}
    # Not its own type: FastAPI takes a parameter that is a tuple for several ones.
    return _prefixed(Any, kinds, lambda prefix, id_: DocumentRef(kinds[prefix], id_))


def _prefixed(type_: Any, prefixes: Iterable[str], made: Callable[[str, Id], Any]) -> Any:
    allowed = sorted(set(prefixes))
    wrong = wrong_id(", ".join(allowed))

    def read(value: Any) -> Any:
        if isinstance(value, str):
            prefix, _, rest = value.partition("_")
            with contextlib.suppress(InvalidValue):
                if prefix in allowed:
                    return made(prefix, ids.ulid_bytes(rest))
        raise wrong

    return Annotated[
        type_,
        BeforeValidator(read),
        WithJsonSchema(
            {
                "type": "string",
                "pattern": id_pattern(*allowed),
                "examples": [f"{allowed[0]}_01JZ8B6Q0G3V5W7X9YABCDEFGH"],
            }
        ),
    ]


_NOT_STORABLE = re.compile("[\0\ud800-\udfff]")


def storable(value: str) -> str:
    """The text itself; NUL and lone surrogates are refused, for no database takes them."""
    if _NOT_STORABLE.search(value) is not None:
        raise PydanticCustomError("text_form", "characters that cannot be stored")
    return value


def text(length_max: int, *, length_min: int = 1) -> Any:
    """The type of a text of bounded length."""
    return Annotated[
        str,
        StringConstraints(min_length=length_min, max_length=length_max),
        AfterValidator(storable),
    ]


ExternalRef = Annotated[
    str, StringConstraints(min_length=1, max_length=100, pattern=r"^[\x21-\x7e]+( [\x21-\x7e]+)*$")
]
UnitId = reference("unt")
CategoryId = reference("cat")
ProductId = reference("prd")
ContactId = reference("con")
LocationId = reference("loc")
AccountId = reference("acc")
TaxId = reference("tax")
SaleId = reference("sal")
CompanyId = reference("cmp")
UserId = reference("usr")
SessionId = reference("ses")
UserId = reference("usr")
ReturnId = reference("ret")
Text2 = text(2)
Text20 = text(20)
Text32 = text(32)
Text40 = text(40)
Text48 = text(48)
Text64 = text(64)
Text100 = text(100)
Text128 = text(128)
Text200 = text(200)
Text200OrEmpty = text(200, length_min=0)
Text254 = text(254)
Text2000OrEmpty = text(2000, length_min=0)
