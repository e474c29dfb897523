from datetime import UTC, datetime

import pytest

from app.domain.identity.sign_in.credentials import Credentials
from app.domain.identity.sign_in.user import EMAIL_LENGTH_MAX, User, checked_email
from app.domain.shared.errors import InvalidValue
from app.domain.shared.ids import Id

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
ID = Id(bytes(range(16)))


def test_a_user_is_found_without_regard_to_case_and_shown_as_written() -> None:
    user = User.new(ID, " Olga@North.Example ", "Olga Petrova", NOW)
    assert user == User(
        ID, "Olga@North.Example", "olga@north.example", "Olga Petrova", True, NOW, 1
    )


def test_without_a_name_the_part_before_the_at_is_shown() -> None:
    assert User.new(ID, "olga@north.example", None, NOW).display_name == "olga"


def test_letters_written_in_two_ways_are_one_address() -> None:
    composed, combining = "andr\u00e9@north.example", "andre\u0301@north.example"
    assert checked_email(combining) == composed


@pytest.mark.parametrize(
    "email",
    [
        "",
        "olga",
        "olga@north",
        "@north.example",
        "olga@@north.example",
        "olga@north..example",
        "olga@.example",
        "olga@north.e",
        "ol ga@north.example",
        "olga@north.example\0",
        "ol\u200bga@north.example",
        "ol\x01ga@north.example",
        "a" * 65 + "@north.example",
        "olga@" + "n" * EMAIL_LENGTH_MAX + ".example",
    ],
)
def test_what_is_no_address_is_refused(email: str) -> None:
    with pytest.raises(InvalidValue) as refusal:
        User.new(ID, email, "Olga", NOW)
    assert [fault.pointer for fault in refusal.value.faults] == ["/email"]


def test_a_name_of_blanks_is_refused() -> None:
    with pytest.raises(InvalidValue) as refusal:
        User.new(ID, "olga@north.example", "  ", NOW)
    assert [fault.pointer for fault in refusal.value.faults] == ["/display_name"]


def test_a_stronger_hash_is_not_another_password() -> None:
    credentials = Credentials.new(ID, "old", NOW)
    assert credentials.rehashed("new") == Credentials(ID, "new", NOW, 1)
