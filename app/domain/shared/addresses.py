"""Postal addresses."""

import re
from typing import Annotated

from app.domain.shared.fields import Checked, Example, Meaning, Words
from app.domain.shared.frozen import request_form
from app.domain.shared.texts import matching

_COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)

Country = Annotated[
    str,
    Words(2, form=f"^{_COUNTRY.pattern}$"),
    Checked(matching(_COUNTRY, "validation.country")),
    Meaning("ISO 3166 code of two capital letters."),
    Example("GB"),
]


@request_form
class Address:
    """A postal address; only the parts that are known."""

    line1: Annotated[str, Words(200), Example("1 Quay Street")] | None = None
    """The first line."""
    line2: Annotated[str, Words(200)] | None = None
    """The second line."""
    city: Annotated[str, Words(100), Example("Hull")] | None = None
    """City."""
    region: Annotated[str, Words(100)] | None = None
    """State, province or county."""
    postcode: Annotated[str, Words(20), Example("HU1 1AA")] | None = None
    """Postcode."""
    country: Country | None = None

    def parts(self) -> dict[str, str]:
        """The parts that are known, by their names."""
        return {name: value for name in _PARTS if (value := getattr(self, name)) is not None}


_PARTS = tuple(Address.__dataclass_fields__)
