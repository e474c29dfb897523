"""Which characters a text may hold."""

import sys
import unicodedata

import pytest

from app.domain.shared.texts import hidden_character

ZWNJ, ZWJ = "\u200c", "\u200d"
# Signs of Arabic, Syriac, Kaithi and Egyptian that enclose or join what follows, and are seen.
SEEN = "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"


def test_every_character_of_control_or_format_is_hidden() -> None:
    """But tab, line feed and carriage return, and the signs that are seen."""
    letters = map(chr, range(sys.maxunicode + 1))
    unseen = {each for each in letters if unicodedata.category(each) in ("Cc", "Cf", "Zl", "Zp")}
    unseen -= {"\t", "\n", "\r", *SEEN, *map(chr, range(0x13430, 0x13440))}
    assert len(unseen) > 200
    assert {
        each for each in unseen if hidden_character(f"a{each}b") != f"U+{ord(each):04X}"
    } == set()


@pytest.mark.parametrize(
    "text",
    [
        "Tea, loose; 100 g",
        "Zeile\r\n\tZeile",
        "e\u0301clair",
        f"می{ZWNJ}خواهم",  # Persian
        f"ක්{ZWJ}ෂ",  # Sinhala
        f"👩{ZWJ}👩{ZWJ}👧 and 🏳\ufe0f{ZWJ}🌈",
        "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
        "دفتر ٢٠٠ ورقة",
        "",
    ],
)
def test_what_scripts_and_symbols_need_is_taken(text: str) -> None:
    assert hidden_character(text) is None


@pytest.mark.parametrize(
    ("text", "character"),
    [
        ("SKU\u200b1", "U+200B"),
        (f"SKU{ZWJ}1", "U+200D"),
        (f"{ZWNJ}می", "U+200C"),
        (f"می{ZWNJ}", "U+200C"),
        (f"می{ZWNJ}{ZWNJ}خواهم", "U+200C"),
        ("invoice\u202efdp.exe", "U+202E"),
        ("\ufeffTea", "U+FEFF"),
        ("Tea\u3164", "U+3164"),
        ("🏴 \U000e0067", "U+E0067"),
        ("\0", "U+0000"),
    ],
)
def test_the_first_hidden_character_is_named(text: str, character: str) -> None:
    assert hidden_character(text) == character
