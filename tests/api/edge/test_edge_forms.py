"""The forms that the OpenAPI document shows: they are those of the domain."""

import re
from typing import Any

import pytest

from app.domain.shared.errors import InvalidValue
from app.domain.shared.texts import checked_code, checked_name
from app.main import create_app
from tests.conftest import settings_for

SCHEMAS: dict[str, Any] = create_app(settings_for("sqlite:///never")).openapi()["components"][
    "schemas"
]


def shown(schema: str, member: str) -> dict[str, Any]:
    """The schema of a member, without its null."""
    own: dict[str, Any] = SCHEMAS[schema]["properties"][member]
    branches: list[dict[str, Any]] = own.get("anyOf", [own])
    return next(each for each in branches if each.get("type") == "string")


def takes(schema: str, member: str, value: str) -> bool:
    return re.search(shown(schema, member)["pattern"], value) is not None


@pytest.mark.parametrize("code", ["a", "A.b_c-9", "", "-a", ".a", "a b", "Ñ", "a" * 33, "a\n"])
def test_a_code_has_the_form_of_the_domain(code: str) -> None:
    try:
        checked_code(code)
    except InvalidValue:
        known = False
    else:
        known = True
    # Python lets the end of a pattern stand before a last line break, JSON Schema does not.
    assert takes("UnitIn", "code", code.replace("\n", "\0")) == known


@pytest.mark.parametrize("name", ["x", " x ", "\tx\n", "日本", "x y", "\N{NO-BREAK SPACE}x"])
def test_a_name_that_the_domain_takes_is_shown_as_good(name: str) -> None:
    checked_name(name)
    assert takes("UnitIn", "name", name)


@pytest.mark.parametrize("name", ["", " ", "\t\n", "\0", "x\0", "\x85\xa0"])
def test_a_name_that_is_shown_as_bad_is_refused(name: str) -> None:
    assert not takes("UnitIn", "name", name)
    with pytest.raises(InvalidValue):
        checked_name(name)


def test_the_items_of_a_batch_show_no_form_that_refuses_one_of_them_alone() -> None:
    assert takes("ContactItem", "email", "nobody")
    assert not takes("ContactIn", "email", "nobody")
    assert not takes("ContactItem", "email", "no\0body")


@pytest.mark.parametrize(
    ("value", "above_zero"),
    [
        ("1", True),
        ("0.000001", True),
        ("10.100000000", True),
        ("0", False),
        ("0.000000", False),
        ("0.0000001", False),
        ("01", False),
        ("-1", False),
        ("1.1234567", False),
    ],
)
def test_a_quantity_is_above_zero_with_six_decimals(value: str, *, above_zero: bool) -> None:
    assert takes("SaleLineIn", "quantity", value) is above_zero


def test_every_default_is_of_the_type_of_its_member() -> None:
    for name, schema in SCHEMAS.items():
        for member, own in schema.get("properties", {}).items():
            if own.get("type") == "string" and "default" in own:
                assert isinstance(own["default"], str), f"{name}.{member}"
