"""RL-01: of each kind of row one is corrupted, and the auditor names it and nothing else."""

from typing import Any

import pytest

from app.domain.shared.ids import read
from app.infrastructure.reports.integrity import INVARIANTS
from tests.support.audited import Audited
from tests.support.company import Company
from tests.support.corruption import Corruption, broken, corrupted
from tests.support.corruption_cases import CASES, FIRST_OF_SALE, numbered


async def assert_named(audited: Audited, corruption: Corruption) -> None:
    """The auditor names the invariants that the corruption breaks, its row, and nothing else."""
    async with corrupted(audited.owner, corruption) as expected:
        found = await broken(audited.company)
        assert found.keys() == expected.keys()
        rows = {name: row for name, row in expected.items() if row is not None}
        assert {name: found[name] for name in rows} == rows
        assert await broken(audited.other) == {}


@pytest.mark.parametrize("name", CASES)
async def test_the_auditor_names_the_row(audited: Audited, name: str) -> None:
    """RL-01: one corrupted row, exactly the invariants that it breaks, and that row."""
    await assert_named(audited, CASES[name])


def test_each_invariant_has_its_corruption() -> None:
    """RL-01: no invariant that was never seen to break."""
    seen = {name for each in CASES.values() for name in each.breaks}
    assert seen == set(INVARIANTS)


async def test_no_row_refers_to_another_company(audited: Audited) -> None:
    """RL-01: a tax code of another company is no reference, whatever the database lets pass."""
    tenant = await tenant_of(audited.other)
    [own] = await audited.owner.rows(
        f"SELECT tenant_id FROM sale_lines WHERE {FIRST_OF_SALE} AND tax_id IS NOT NULL"
    )
    foreign = f"(SELECT id FROM taxes WHERE code = 'VAT20' AND tenant_id <> {literal(own[0])})"
    assert bytes_of(own[0]) != tenant
    corruption = Corruption(
        "sale_lines",
        FIRST_OF_SALE,
        f"SET tax_id = {foreign}",
        {"references_stay_in_the_tenant": ("sale_id", "'sale_lines.tax_id'")},
    )
    await assert_named(audited, corruption)


async def test_a_row_that_went_to_another_company_is_found_in_both(audited: Audited) -> None:
    """RL-01: no child of another tenant than its parent."""
    tenant = await tenant_of(audited.other)
    adjustment = numbered("adjustments", "ADJ/2025/MAIN/000001")
    target = "x'" + tenant.hex() + "'"
    if not isinstance((await audited.owner.rows("SELECT id FROM taxes"))[0][0], bytes):
        target = f"'{tenant.hex()}'"
    corruption = Corruption(
        "adjustment_lines",
        f"adjustment_id = {adjustment}",
        f"SET tenant_id = {target}",
        {
            "documents_are_lines": ("adjustment_id", "'value'"),
            "moves_are_lines": ("adjustment_id", "line"),
            "costs_are_valuations": ("adjustment_id", "line"),
            "references_stay_in_the_tenant": None,
        },
    )
    async with corrupted(audited.owner, corruption) as expected:
        gone = await broken(audited.company)
        assert gone == {name: row for name, row in expected.items() if row is not None}
        come = await broken(audited.other)
        assert come.keys() == expected.keys()
        assert come["references_stay_in_the_tenant"][0] == gone["moves_are_lines"][0]


async def tenant_of(company: Company) -> bytes:
    """The id of a company as the database has it."""
    return read("cmp", (await company.get("/auth/me"))["company_id"])


def bytes_of(value: Any) -> bytes:
    """An id of either database."""
    return value if isinstance(value, bytes) else bytes(value.bytes)


def literal(value: Any) -> str:
    """An id in a statement of its database."""
    return f"x'{value.hex()}'" if isinstance(value, bytes) else f"'{value}'"
