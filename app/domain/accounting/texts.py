"""The form of the short texts that accounting keeps: codes, names, memos, references."""

import re

from app.domain.shared.errors import InvalidValue

NAME_LENGTH_MAX = 100
MEMO_LENGTH_MAX = 500
EXTERNAL_REF_LENGTH_MAX = 100

# 1 to 20 letters and digits with separators inside: "1200", "4000.10", "VAT20", "GST-9+9".
CODE_PATTERN = r"[0-9A-Za-z][0-9A-Za-z._/+-]{0,19}"

_CODE = re.compile(CODE_PATTERN)
# Control characters and lone surrogates: no database and no JSON reader takes all of them.
_UNSTORABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def check_code(pointer: str, code: str) -> None:
    """Check the code of an account or a tax.

    Raises:
        InvalidValue: not of the form ``CODE_PATTERN``.
    """
    if _CODE.fullmatch(code) is None:
        raise InvalidValue.at(pointer)


def check_text(pointer: str, text: str, length_max: int) -> None:
    """Check a single line of text, which may be empty.

    Raises:
        InvalidValue: too long, or with characters that cannot be stored.
    """
    if text and (len(text) > length_max or _UNSTORABLE.search(text) is not None):
        raise InvalidValue.at(pointer)


def check_filled(pointer: str, text: str, length_max: int) -> None:
    """Check a single line of text that must say something.

    Raises:
        InvalidValue: blank, with outer spaces, too long, or with characters that cannot be stored.
    """
    if not text or text != text.strip():
        raise InvalidValue.at(pointer)
    check_text(pointer, text, length_max)
