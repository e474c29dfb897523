"""Which passwords are accepted (PW-01, PW-02)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.identity.sign_in.common_passwords import COMMON
from app.domain.identity.sign_in.errors import (
    PasswordCommon,
    PasswordPersonal,
    PasswordTooLong,
    PasswordTooShort,
)
from app.domain.identity.sign_in.passwords import (
    LENGTH_MAX,
    LENGTH_MIN,
    LENGTH_MIN_BESIDE_FACTOR,
    check_password,
    normal_password,
)
from app.domain.shared.errors import DomainError


def check(password: str, email: str = "olga@north.example", company: str = "North Ltd") -> None:
    check_password(password, email=email, company=company)


@pytest.mark.parametrize(
    "password",
    [
        "plum basket over quiet water",
        "vier-Linden-am-Kanal",
        "x7$Kq!v9Rz@2mLp",
        "كلمة مرور طويلة جدا",
        "夜の海は静かで深い青色をしている",
        "🐘🌊🎻🧭🪁🧶🦔🎲🥁🪐🌵🦜🍇🧲🔭",
        "271828182845904523536",
        "ab!?%&/()=*+~#<>",
        "z9" + "q" * 60 + "4",
        "rain" * 2 + "k!" + "w8" * 123,
    ],
)
def test_long_and_unexpected_is_enough(password: str) -> None:
    assert len(password) <= LENGTH_MAX
    check(password)


def test_length_is_counted_in_normal_form() -> None:
    combining = "e\u0301" * 4 + "xwzqkvj"  # eleven characters, fifteen code points
    assert len(combining) == LENGTH_MIN
    with pytest.raises(PasswordTooShort) as refusal:
        check(combining)
    assert refusal.value.params == {"minimum": LENGTH_MIN}
    assert [fault.pointer for fault in refusal.value.faults] == ["/password"]


def test_fourteen_characters_are_too_short_and_257_too_long() -> None:
    with pytest.raises(PasswordTooShort):
        check("x7$Kq!v9Rz@2mL")
    with pytest.raises(PasswordTooLong) as refusal:
        check("x7$Kq!v9Rz@2mLp" * 18)
    assert refusal.value.params == {"maximum": LENGTH_MAX}


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery staple",
        "CorrectHorseBatteryStaple1",
        "passwordpassword",
        "Password1234567!",
        "P a s s w o r d 1 2 3 4 5 6",
        "qwertyuiopasdfgh",
        "mnbvcxzlkjhgfdsa",
        "123456789012345",
        "987654321098765",
        "abcdefghijklmnop",
        "aaaaaaaaaaaaaaaaaaaa",
        "xk7xk7xk7xk7xk7xk",
        "iloveyou-iloveyou",
        "welcome admin 2026!",
        "summer-sunshine-dragon",
        "---------------",
        "1984-1984-1984-19",
        "!?!?!?!?!?!?!?!?",
        "slamdunk-prettygirl",
        "Basketball & MichaelJordan 23",
    ],
)
def test_what_is_tried_first_is_refused(password: str) -> None:
    with pytest.raises(PasswordCommon):
        check(password)


@pytest.mark.parametrize(
    ("password", "email", "company"),
    [
        ("my-olga.petrova-key-7", "olga.petrova@north.example", "North Ltd"),
        ("OLGAPETROVA#violin#84", "olga.petrova@north.example", "North Ltd"),
        ("violin North Ltd 84 tea", "o@north.example", "North Ltd."),
        ("violin+NORTHLTD+tea+key", "o@north.example", "North Ltd"),
        ("violin at Trade-Post tea", "o@north.example", "North Ltd"),
    ],
)
def test_a_password_does_not_name_its_owner(password: str, email: str, company: str) -> None:
    with pytest.raises(PasswordPersonal):
        check(password, email, company)


def test_a_short_name_may_stand_in_a_password_by_chance() -> None:
    check("violin over quiet water", email="ol@north.example", company="Qu")


def beside_a_factor(password: str) -> None:
    check_password(password, email="olga@north.example", company="North Ltd", second_factor=True)


@pytest.mark.parametrize(
    "password",
    [
        "q4z7xv!k",
        "Zw\u00e4lf Bu",
        "\u6d77\u306f\u9759\u304b\u3067\u6df1\u3044\u591c",
        "plum basket",
    ],
)
def test_beside_a_second_factor_eight_characters_are_enough(password: str) -> None:
    """PW-01."""
    beside_a_factor(password)
    with pytest.raises(PasswordTooShort):
        check(password)


def test_beside_a_second_factor_seven_characters_are_too_short() -> None:
    with pytest.raises(PasswordTooShort) as refusal:
        beside_a_factor("q4z7xv!")
    assert refusal.value.params == {"minimum": LENGTH_MIN_BESIDE_FACTOR} == {"minimum": 8}


@pytest.mark.parametrize(
    "password",
    ["password", "Password1!", "qwertyui", "12345678", "PrettyGirl", "slamdunk99", "01011980"],
)
def test_what_leaked_often_is_refused_beside_a_second_factor_too(password: str) -> None:
    """PW-02."""
    with pytest.raises(PasswordCommon):
        beside_a_factor(password)


def test_the_list_is_folded_and_of_some_size() -> None:
    assert len(COMMON) > 4000
    assert all(each == each.casefold() and each.isalnum() for each in COMMON)
    assert min(map(len, COMMON)) == 8


@given(st.text(max_size=LENGTH_MAX + 10))
def test_any_text_is_accepted_or_refused_in_words(password: str) -> None:
    try:
        check(password)
    except DomainError as refusal:
        assert refusal.code.startswith("auth.password_")
    else:
        assert LENGTH_MIN <= len(normal_password(password)) <= LENGTH_MAX


def test_two_spellings_of_a_letter_are_one_password() -> None:
    assert normal_password("cafe\u0301") == normal_password("caf\u00e9")
