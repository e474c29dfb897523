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
from app.domain.shared.errors import InvalidValue, ValueOutOfRange
from app.domain.shared.ids import Id


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
    return Product.new(an_id(1), " Sku-A ", "Name", **fields)


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
    return Contact.new(an_id(1), "Ostend Café", **fields)


def test_a_unit_has_at_most_six_decimals() -> None:
    unit = Unit.new(an_id(1), "kg", "Kilogram", 3)
    assert unit.renamed("Kilo").name == "Kilo"
    with pytest.raises(ValueOutOfRange):
        replace(unit, decimals=7)


def test_a_sku_is_kept_as_shown_and_compared_folded() -> None:
    """R-14."""
    made = product()
    assert (made.sku, made.sku_folded, made.name_folded) == ("Sku-A", "sku-a", "name")
    changed = made.changed(sku="B", name="Other", price=None)
    assert (changed.sku_folded, changed.name_folded, changed.price) == ("b", "other", None)
    assert made.changed(price=5).sku == "Sku-A"


def test_a_product_refuses_what_does_not_fit() -> None:
    with pytest.raises(ValueOutOfRange):
        product(price=-1)
    with pytest.raises(InvalidValue):
        product(barcode="x\n")
    with pytest.raises(InvalidValue):
        product(description="x" * 2001)
    assert product(price=None, barcode="500 123").barcode == "500 123"


def test_a_document_names_active_products_in_whole_steps() -> None:
    made = product()
    made.check_tradable(2_000_000, "/lines/0")
    with pytest.raises(QuantityStep) as refused:
        made.check_tradable(500_000, "/lines/0")
    assert refused.value.faults[0].pointer == "/lines/0/quantity"
    with pytest.raises(ProductInactive):
        replace(made, active=False).check_tradable(1_000_000, "/lines/0")
    made.check_stocked("/lines/0")
    with pytest.raises(NotStocked):
        product(kind=ProductKind.SERVICE).check_stocked("/lines/0")


def test_a_contact_needs_a_role_and_well_formed_members() -> None:
    made = contact(email="a@b.example", phone="+44 20 1", address={"country": "GB"})
    assert made.changed(name="Other").name_folded == "other"
    assert made.changed(email=None).name == "Ostend Café"
    for wrong in (
        {"is_customer": False},
        {"email": "nobody"},
        {"phone": "call me"},
        {"address": {"country": "gb"}},
        {"address": {"planet": "Mars"}},
    ):
        with pytest.raises(InvalidValue):
            contact(**wrong)


def test_a_document_names_an_active_contact_in_its_role() -> None:
    made = contact()
    made.check_customer("/customer_id")
    with pytest.raises(ContactRoleMissing):
        made.check_supplier("/supplier_id")
    with pytest.raises(ContactInactive):
        replace(made, active=False).check_customer("/customer_id")


def chain(length: int) -> dict[Id, Category]:
    tree: dict[Id, Category] = {}
    for number in range(1, length + 1):
        made = Category.new(an_id(number), f"C{number}", "Name")
        tree[made.id] = replace(made, parent_id=an_id(number - 1) if number > 1 else None)
    return tree


def test_a_category_moves_but_not_below_itself() -> None:
    """S1-32: cycles of any length are refused."""
    tree = chain(3)
    with pytest.raises(CategoryCycle):
        tree[an_id(1)].under(an_id(3), tree)
    with pytest.raises(CategoryCycle):
        tree[an_id(1)].under(an_id(1), tree)
    assert tree[an_id(3)].under(an_id(1), tree).parent_id == an_id(1)
    assert tree[an_id(3)].under(None, tree).parent_id is None
    assert tree[an_id(1)].renamed("Top").name == "Top"


def test_the_tree_has_a_depth() -> None:
    tree = chain(DEPTH_MAX)
    one_more = Category.new(an_id(99), "X", "Name")
    with pytest.raises(CategoryTooDeep):
        one_more.under(an_id(DEPTH_MAX), {**tree, one_more.id: one_more})
    assert one_more.under(an_id(DEPTH_MAX - 1), {**tree, one_more.id: one_more}).parent_id


@given(st.lists(st.tuples(st.integers(1, 8), st.integers(0, 8)), max_size=40))
def test_no_series_of_moves_makes_a_cycle(moves: list[tuple[int, int]]) -> None:
    tree = {an_id(n): Category.new(an_id(n), f"C{n}", "Name") for n in range(1, 9)}
    for number, parent in moves:
        try:
            moved = tree[an_id(number)].under(an_id(parent) if parent else None, tree)
        except CategoryCycle:
            continue
        tree[moved.id] = moved
    for category in tree.values():
        seen, step = set(), category.parent_id
        while step is not None:
            assert step not in seen
            seen.add(step)
            step = tree[step].parent_id
