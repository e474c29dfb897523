"""Telephone numbers."""

import re
from typing import Annotated

from app.domain.shared.errors import Fault, InvalidValue
from app.domain.shared.fields import Checked, Example, Meaning, Words
from app.domain.shared.texts import matching

_PHONE = re.compile(r"\+?[0-9 ()./-]{3,32}", re.ASCII)
_SEPARATORS = str.maketrans("", "", " ()./-")

Phone = Annotated[
    str,
    Words(32, form=f"^{_PHONE.pattern}$"),
    Checked(matching(_PHONE, "validation.pattern")),
    Meaning("The telephone number."),
    Example("+44 1482 000000"),
]


def _dialled(text: str, pointer: str) -> str:
    """The number as it is dialled, so that one number has one form.

    Raises:
        InvalidValue: it has fewer than three digits.
    """
    number = text.translate(_SEPARATORS)
    if len(number.lstrip("+")) < 3:
        raise InvalidValue(
            faults=[Fault(pointer, "validation.pattern", {"pattern": _PHONE.pattern})]
        )
    return number


# A number by which somebody is found: it is kept without blanks and separators.
OwnPhone = Annotated[Phone, Checked(_dialled)]
