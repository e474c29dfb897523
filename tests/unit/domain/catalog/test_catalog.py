"""Units, categories, products and contacts."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.catalog.category import DEPTH_MAX, Category, CategoryCycle, CategoryTooDeep
from app.domain.catalog.contact import Contact, ContactInactive, ContactRoleMissing
from app.domain.catalog.product import (
    Costing,
    NotStocked,
    Product,
    ProductInactive,
    ProductKind,
    QuantityStep,
)
from app.domain.catalog.unit import Unit
from app.domain.shared.addresses import Address
from app.domain.shared.errors import InvalidValue, ValueOutOfRange
from app.domain.shared.fields import read_type
from app.domain.shared.ids import Id
from app.domain.shared.masters import changed, check_of, made


def an_id(number: int) -> Id:
    return Id(number.to_bytes(16, "big"))


def product(**members: object) -> Product:
    fields = {
        "description": "",
        "barcode": None,
        "kind": ProductKind.GOODS,
        "unit_id": an_id(9),
        "quantity_decimals": 0,
        "category_id": None,
        "price": 1,
        "tax_id": None,
        "purchase_tax_id": None,
        "costing": Costing.AVERAGE,
        "revenue_account_id": None,
        "return_account_id": None,
        **members,
    }
    return made(Product, an_id(1), {"sku": " Sku-A ", "name": "Name", **fields})


def contact(**members: object) -> Contact:
    fields = {
        "is_customer": True,
        "is_supplier": False,
        "email": None,
        "phone": None,
        "tax_number": None,
        "external_ref": None,
        "address": {},
        **members,
    }
    return made(Contact, an_id(1), {"name": "Ostend Café", **fields})


def test_a_unit_has_at_most_six_decimals() -> None:
    members = {"code": "kg", "name": "Kilogram", "decimals": 3}
    unit = made(Unit, an_id(1), members)
    assert changed(unit, {"name": "Kilo"}).name == "Kilo"
    with pytest.raises(ValueOutOfRange):
        made(Unit, an_id(1), {**members, "decimals": 7})


def test_a_sku_is_kept_as_shown_and_compared_folded() -> None:
    """R-14."""
    tea = product()
    assert (tea.sku, tea.sku_folded, tea.name_folded) == ("Sku-A", "sku-a", "name")
    other = changed(tea, {"sku": "B", "name": "Other", "price": None})
    assert (other.sku_folded, other.name_folded, other.price) == ("b", "other", None)
    assert changed(tea, {"price": 5}).sku == "Sku-A"


def test_a_product_refuses_what_does_not_fit() -> None:
    with pytest.raises(ValueOutOfRange):
        product(price=-1)
    with pytest.raises(InvalidValue):
        product(barcode="x\n")
    with pytest.raises(InvalidValue):
        product(description="x" * 2001)
    assert product(price=None, barcode="500 123").barcode == "500 123"


def test_a_document_names_active_products_in_whole_steps() -> None:
    tea = product()
    tea.check_tradable(2_000_000, "/lines/0")
    with pytest.raises(QuantityStep) as refused:
        tea.check_tradable(500_000, "/lines/0")
    assert refused.value.faults[0].pointer == "/lines/0/quantity"
    with pytest.raises(ProductInactive):
        replace(tea, active=False).check_tradable(1_000_000, "/lines/0")
    tea.check_stocked("/lines/0")
    with pytest.raises(NotStocked):
        product(kind=ProductKind.SERVICE).check_stocked("/lines/0")


def test_a_contact_needs_a_role_and_well_formed_members() -> None:
    cafe = contact(email="a@b.example", phone="+44 20 1")
    assert changed(cafe, {"name": "Other"}).name_folded == "other"
    assert changed(cafe, {"email": None}).name == "Ostend Café"
    for wrong in (
        {"is_customer": False},
        {"email": "nobody"},
        {"phone": "call me"},
    ):
        with pytest.raises(InvalidValue):
            contact(**wrong)


def test_an_address_has_the_parts_that_are_known() -> None:
    hull = Address(city="Hull", country="GB")
    assert check_of(ADDRESS)(hull, "/address") == hull
    assert hull.parts() == {"city": "Hull", "country": "GB"}
    with pytest.raises(InvalidValue) as refused:
        check_of(ADDRESS)(Address(country="gb"), "/address")
    assert refused.value.faults[0].pointer == "/address/country"


def test_a_document_names_an_active_contact_in_its_role() -> None:
    cafe = contact()
    cafe.check_customer("/customer_id")
    with pytest.raises(ContactRoleMissing):
        cafe.check_supplier("/supplier_id")
    with pytest.raises(ContactInactive):
        replace(cafe, active=False).check_customer("/customer_id")


ADDRESS = read_type(Address)


def category(number: int, parent: int = 0) -> Category:
    members = {
        "code": f"C{number}",
        "name": "Name",
        "parent_id": an_id(parent) if parent else None,
    }
    return made(Category, an_id(number), members)


def under(tree: dict[Id, Category], number: int, parent: int) -> Category:
    """The category below another, where it may stand there."""
    moved = replace(tree[an_id(number)], parent_id=an_id(parent) if parent else None)
    moved.check_place({**tree, moved.id: moved})
    return moved


def chain(length: int) -> dict[Id, Category]:
    return {an_id(each): category(each, each - 1) for each in range(1, length + 1)}


def test_a_category_moves_but_not_below_itself() -> None:
    """S1-32: cycles of any length are refused."""
    tree = chain(3)
    with pytest.raises(CategoryCycle):
        under(tree, 1, 3)
    with pytest.raises(CategoryCycle):
        under(tree, 1, 1)
    assert under(tree, 3, 1).parent_id == an_id(1)
    assert under(tree, 3, 0).parent_id is None
    assert changed(tree[an_id(1)], {"name": "Top"}).name == "Top"


def test_the_tree_has_a_depth() -> None:
    tree = chain(DEPTH_MAX)
    tree[an_id(99)] = category(99)
    with pytest.raises(CategoryTooDeep):
        under(tree, 99, DEPTH_MAX)
    assert under(tree, 99, DEPTH_MAX - 1).parent_id


@given(st.lists(st.tuples(st.integers(1, 8), st.integers(0, 8)), max_size=40))
def test_no_series_of_moves_makes_a_cycle(moves: list[tuple[int, int]]) -> None:
    tree = {an_id(n): category(n) for n in range(1, 9)}
    for number, parent in moves:
        try:
            moved = under(tree, number, parent)
        except CategoryCycle:
            continue
        tree[moved.id] = moved
    for each in tree.values():
        seen, step = set(), each.parent_id
        while step is not None:
            assert step not in seen
            seen.add(step)
            step = tree[step].parent_id
