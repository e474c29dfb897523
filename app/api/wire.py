"""Wire types: how ids, numbers and instants are written in JSON, and the base of every schema.

Numbers are decimal strings and become scaled integers here; ids are prefixed ULIDs and become
bytes. The schemas refuse unknown members; the text of a refusal never repeats the value.
"""

import contextlib
import re
from collections.abc import Callable
from datetime import UTC, datetime
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

from app.domain.shared import ids
from app.domain.shared.errors import InvalidValue, ValueOutOfRange
from app.domain.shared.ids import Id
from app.domain.shared.numbers import BIGINT_MAX, SCALE_DIGITS, format_scaled, parse_scaled

# The default of a member that may be absent, in a patch: `name: Text200 = ABSENT`. The schema shows
# the member as optional and without a default, dumps leave it out, and null is allowed only where
# the type says so. `model_fields_set` holds what was sent.
ABSENT: Final[Any] = MISSING

_TOO_FINE = re.compile(r"-?(0|[1-9][0-9]{0,17})\.[0-9]{7,}", re.ASCII)
_LARGEST = format_scaled(BIGINT_MAX // 1000, SCALE_DIGITS)
_BOUNDS = {"positive": f"> 0, ≤ {_LARGEST}", "not_negative": f"≥ 0, ≤ {_LARGEST}"}


class Schema(BaseModel):
    """Base of request bodies: closed, and strict about types."""

    model_config = ConfigDict(extra="forbid", strict=True, arbitrary_types_allowed=True)


def _scaled(*, sign: str) -> Callable[[Any], int]:
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
        if (sign == "positive" and scaled == 0) or (sign != "any" and value.startswith("-")):
            raise outside
        return scaled

    return read


# Up to ten digits and six decimals that matter; the bound itself is no matter of a pattern.
_DECIMAL = r"(0|[1-9][0-9]{0,9})(\.[0-9]{1,6}0{0,12})?$"
_ABOVE_ZERO = (
    r"^([1-9][0-9]{0,9}(\.[0-9]{1,6}0{0,12})?|0\.([1-9][0-9]{0,5}|0[1-9][0-9]{0,4}|00[1-9][0-9]{0,3}"
    r"|000[1-9][0-9]{0,2}|0000[1-9][0-9]?|00000[1-9])0{0,12})$"
)


def _decimal_schema(description: str, example: str, form: str = f"^{_DECIMAL}") -> WithJsonSchema:
    return WithJsonSchema(
        {
            "type": "string",
            "pattern": form,
            "maxLength": 40,
            "description": description,
            "examples": [example],
        }
    )


Quantity = Annotated[
    int,
    BeforeValidator(_scaled(sign="positive")),
    _decimal_schema("Quantity above zero.", "6", _ABOVE_ZERO),
]
SignedQuantity = Annotated[
    int,
    BeforeValidator(_scaled(sign="any")),
    _decimal_schema("Quantity; negative takes away.", "-3", f"^-?{_DECIMAL}"),
]
UnitPrice = Annotated[
    int,
    BeforeValidator(_scaled(sign="not_negative")),
    _decimal_schema("Price or cost of one unit, at most six decimals.", "2.55"),
]
Percent = Annotated[
    int, BeforeValidator(_scaled(sign="not_negative")), _decimal_schema("Percentage.", "10")
]
# An amount is read with six decimals; the decision refuses more than its currency has.
Amount = Annotated[
    int,
    BeforeValidator(_scaled(sign="not_negative")),
    _decimal_schema("Amount in the currency of the document.", "15.30"),
]
AmountAboveZero = Annotated[
    int,
    BeforeValidator(_scaled(sign="positive")),
    _decimal_schema("Amount above zero, in the currency of the document.", "15.30", _ABOVE_ZERO),
]


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


def wrong_id(prefixes: str) -> PydanticCustomError:
    """What refuses a value that is no id with one of these prefixes."""
    return PydanticCustomError("validation.identifier", "an id {prefix}_…", {"prefix": prefixes})


def id_pattern(*prefixes: str) -> str:
    """What every id with one of these prefixes looks like, as JSON Schema says it."""
    kinds = prefixes[0] if len(prefixes) == 1 else f"({'|'.join(sorted(set(prefixes)))})"
    return f"^{kinds}_[0-7][0-9A-HJKMNP-TV-Z]{{25}}$"


def reference(prefix: str) -> Any:
    """The type of an id with this prefix."""
    wrong = wrong_id(prefix)

    def read(value: Any) -> Id:
        if isinstance(value, str):
            try:
                return ids.read(prefix, value)
            except InvalidValue:
                raise wrong from None
        raise wrong

    return Annotated[
        bytes,
        BeforeValidator(read),
        WithJsonSchema(
            {
                "type": "string",
                "pattern": id_pattern(prefix),
                "examples": [f"{prefix}_01JZ8B6Q0G3V5W7X9YABCDEFGH"],
            }
        ),
    ]


_NOT_STORABLE = re.compile("[\0\ud800-\udfff]")


def _storable(value: str) -> str:
    # NUL and lone surrogates: no database takes them.
    if _NOT_STORABLE.search(value) is not None:
        raise PydanticCustomError("text_form", "characters that cannot be stored")
    return value


def text(length_max: int, *, length_min: int = 1) -> Any:
    """The type of a text of bounded length."""
    return Annotated[
        str,
        StringConstraints(min_length=length_min, max_length=length_max),
        AfterValidator(_storable),
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
CompanyId = reference("tnt")
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
