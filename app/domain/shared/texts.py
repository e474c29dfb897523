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


# Nothing of these can be seen, so two texts that differ by them look alike, and an override turns
# the order in which the rest is read. Tabs and line ends are no such characters.
_HIDDEN = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e"
    r"\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb"
    r"\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e007f]"
)
_JOINERS = "\u200c\u200d"  # zero width non-joiner and joiner
_TAGS = re.compile("\U0001f3f4[\U000e0020-\U000e007e]+\U000e007f")  # the flag of Scotland


def hidden_character(text: str) -> str | None:
    """The first character that cannot be seen or changes how the rest is read: ``U+202E``.

    Joiners are let through where a script or an emoji needs them, between two letters, marks or
    symbols beyond ASCII.
    """
    if "\U0001f3f4" in text:
        text = _TAGS.sub("", text)
    for found in _HIDDEN.finditer(text):
        at = found.start()
        if text[at] in _JOINERS and _joins(text[at - 1 : at]) and _joins(text[at + 1 : at + 2]):
            continue
        return f"U+{ord(text[at]):04X}"
    return None


def _joins(letter: str) -> bool:
    return not letter.isascii() and unicodedata.category(letter)[0] in "LMS"


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
