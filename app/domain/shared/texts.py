"""The forms of codes and names."""

import re
import unicodedata
from collections.abc import Callable

from app.domain.shared.errors import Fault, InvalidValue

NAME_LENGTH_MAX = 200
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}", re.ASCII)


def checked_code(code: str, pointer: str = "/code") -> str:
    """``code`` itself.

    Raises:
        InvalidValue: not 1 to 32 letters, digits, dots, dashes or underscores.
    """
    if _CODE.fullmatch(code) is None:
        rule: dict[str, str | int] = {"maximum": 32, "characters": ". _ -"}
        raise InvalidValue(faults=[Fault(pointer, "validation.code", rule)])
    return code


def checked_name(name: str, pointer: str = "/name", length_max: int = NAME_LENGTH_MAX) -> str:
    """``name`` in normal form C without blanks around it.

    Raises:
        InvalidValue: empty, too long, or with control characters.
    """
    normal = unicodedata.normalize("NFC", name).strip()
    if not normal or len(normal) > length_max or _has_control(normal):
        raise InvalidValue(faults=[Fault(pointer, "validation.name", {"maximum": length_max})])
    return normal


def matching(form: re.Pattern[str], code: str) -> Callable[[str, str], str]:
    """A check that a whole text has this form; the fault of another one has ``code``."""

    def check(text: str, pointer: str) -> str:
        if form.fullmatch(text) is None:
            raise InvalidValue(faults=[Fault(pointer, code, {"pattern": form.pattern})])
        return text

    return check


def folded(text: str) -> str:
    """The form in which texts are compared without regard to case (rulings R-14)."""
    return unicodedata.normalize("NFKC", text).casefold()


def _has_control(text: str) -> bool:
    if text.isprintable():  # true for nearly every text; checking each letter is slow
        return False
    return any(unicodedata.category(letter) in ("Cc", "Cs", "Cn") for letter in text)
