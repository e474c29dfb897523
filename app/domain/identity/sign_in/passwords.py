"""Which passwords are accepted (OWASP ASVS 5.0, 6.2; NIST SP 800-63B, 3.1.1).

Length decides, not composition: any characters, at least fifteen, or eight where a second factor
stands beside the password. Refused are passwords that are tried first and those that name their
owner or this service.
"""

import re
import unicodedata

from app.domain.identity.sign_in.common_passwords import COMMON, COMMON_WORDS
from app.domain.identity.sign_in.errors import (
    PasswordCommon,
    PasswordPersonal,
    PasswordTooLong,
    PasswordTooShort,
)
from app.domain.shared.texts import folded

LENGTH_MIN = 15  # without a second factor
LENGTH_MIN_BESIDE_FACTOR = 8
LENGTH_MAX = 256
# A shorter name stands in too many good passwords by chance.
_SERVICE = "tradepost"
_PERSONAL_LENGTH_MIN = 4
_TELLING_LENGTH_MIN = 7
_KEYBOARD = (
    "abcdefghijklmnopqrstuvwxyz",
    "0123456789" * 3,
    "1234567890" * 3,
    "qwertyuiopasdfghjklzxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
)
_NOT_WORD = re.compile(r"[\W_]+")
_EDGE_DIGITS = re.compile(r"^[0-9]+|[0-9]+$")


def normal_password(password: str) -> str:
    """The form in which a password is hashed: normal form C, so that keyboards do not differ."""
    return unicodedata.normalize("NFC", password)


def check_password(
    password: str,
    *,
    email: str,
    company: str,
    pointer: str = "/password",
    second_factor: bool = False,
) -> None:
    """Let a new password pass; ``second_factor``: every sign-in of the user asks for one, too.

    Raises:
        PasswordTooShort: fewer than ``LENGTH_MIN`` characters, beside a second factor fewer than
            ``LENGTH_MIN_BESIDE_FACTOR``.
        PasswordTooLong: more than ``LENGTH_MAX`` characters.
        PasswordCommon: on the list of common passwords, put together from its words, or a run of
            the alphabet, of digits, of the keyboard, or of a repeated piece.
        PasswordPersonal: it contains the address (the part before the @), the company's name or
            that of this service.
    """
    normal = normal_password(password)
    minimum = LENGTH_MIN_BESIDE_FACTOR if second_factor else LENGTH_MIN
    if len(normal) < minimum:
        raise PasswordTooShort.at(pointer, minimum=minimum)
    if len(normal) > LENGTH_MAX:
        raise PasswordTooLong.at(pointer, maximum=LENGTH_MAX)
    plain = _plain(normal)
    if _is_repeated(folded(normal)) or _is_common(plain):
        raise PasswordCommon.at(pointer)
    for name in (email.partition("@")[0], company, _SERVICE):
        personal = _plain(name)
        if len(personal) >= _PERSONAL_LENGTH_MIN and personal in plain:
            raise PasswordPersonal.at(pointer)


def _plain(text: str) -> str:
    """Letters and digits without regard to case."""
    return _NOT_WORD.sub("", folded(text))


def _is_common(plain: str) -> bool:
    if len(plain) < _TELLING_LENGTH_MIN:
        return False  # mostly signs: its few letters say nothing
    core = _EDGE_DIGITS.sub("", plain)
    if plain in COMMON or core in COMMON:
        return True
    return _is_run(plain) or _is_repeated(plain) or _is_of_words(core)


def _is_run(plain: str) -> bool:
    return any(plain in row or plain[::-1] in row for row in _KEYBOARD)


def _is_repeated(plain: str) -> bool:
    """Whether it is one piece over and over, of which the last may be cut short."""
    return any(
        plain == (plain[:length] * (len(plain) // length + 1))[: len(plain)]
        for length in range(1, len(plain) // 2 + 1)
    )


def _is_of_words(core: str) -> bool:
    """Whether it consists of common words and common passwords and nothing else."""
    reached = {0}
    for end in range(1, len(core) + 1):
        ends = (core[start:end] for start in reached)
        if any(piece in COMMON_WORDS or piece in COMMON for piece in ends):
            reached.add(end)
    return core != "" and len(core) in reached
