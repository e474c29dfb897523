"""Members of bodies that several routes of identity share, and refusals that go together."""

from typing import Annotated, Final, Literal

from pydantic import Field

from app.api.wire import Schema
from app.domain.identity.sign_in.errors import (
    PasswordCommon,
    PasswordPersonal,
    PasswordTooLong,
    PasswordTooShort,
)
from app.domain.identity.sign_in.passwords import LENGTH_MAX, LENGTH_MIN
from app.domain.identity.sign_in.user import EMAIL_LENGTH_MAX
from app.domain.shared.errors import ConcurrentChange, NotFound, StaleVersion, VersionRequired

# How a new password is refused.
NEW_PASSWORD: Final = (PasswordTooShort, PasswordTooLong, PasswordCommon, PasswordPersonal)
# How a change of something that has a version is refused.
CHANGED: Final = (NotFound, StaleVersion, VersionRequired, ConcurrentChange)

EmailText = Annotated[
    str,
    Field(
        min_length=1,
        max_length=EMAIL_LENGTH_MAX,
        description="An e-mail address.",
        examples=["olga@north-trading.example"],
    ),
]
# In normal form C a password may be shorter than it was sent, so the policy has the last word.
PasswordText = Annotated[
    str,
    Field(
        min_length=1,
        max_length=2 * LENGTH_MAX,
        description=f"{LENGTH_MIN} to {LENGTH_MAX} characters of any kind.",
        examples=["plum basket over quiet water"],
    ),
]
CodeText = Annotated[
    str,
    Field(
        pattern="^[0-9]{6}$",
        max_length=6,
        description="The code that the app shows now; each is good once.",
        examples=["492039"],
    ),
]
RecoveryText = Annotated[
    str,
    Field(min_length=1, max_length=64, description="A recovery code; it is used up by this."),
]
NameText = Annotated[str, Field(min_length=1, max_length=200)]
ZoneText = Annotated[
    str, Field(min_length=1, max_length=64, description="IANA name.", examples=["Europe/London"])
]
CurrencyText = Annotated[str, Field(pattern="^[A-Z]{3}$", max_length=3, examples=["GBP"])]
CountryText = Annotated[str, Field(pattern="^[A-Z]{2}$", max_length=2, examples=["GB"])]


class CompanyIn(Schema):
    """The company to be made."""

    name: NameText
    """The name of the company."""
    currency: CurrencyText
    """The currency of the books, an ISO 4217 code; it never changes."""
    time_zone: ZoneText
    country: CountryText | None = None
    """ISO 3166 code of two capital letters."""
    tax_rounding: Literal["line", "document"] = "line"
    """Whether tax is rounded on each `line` or once on the `document`."""
