"""Every table is judged: it is in the export, or a reason says why not (S3-39)."""

import re

import app.infrastructure.db.tables_of_all_contexts  # noqa: F401
from app.infrastructure.db.metadata import metadata
from app.infrastructure.identity.companies.export_contents import (
    exported,
    is_secret,
    left_out,
    parts,
)

TENANT_TABLES = {table.name: table for table in metadata.sorted_tables if table.info["tenant"]}
SUSPICIOUS = re.compile(r"hash|secret|token|sealed|password|private|otp|recovery")


def test_a_table_is_exported_unless_it_says_why_not() -> None:
    assert set(left_out()) == {"audit_seals", "stored_answers"}
    assert {each.name for each in exported()} == TENANT_TABLES.keys() - left_out().keys()
    names = [each.name for each in exported()]
    assert [part.name for part in parts()] == ["company", "roles", "members", *names]


def test_no_secret_is_written() -> None:
    """A column that sounds like a hash or a key is raw bytes, which are not written."""
    found = {
        (each.table.name, each.name): is_secret(each)
        for table in exported()
        for each in table.columns
        if SUSPICIOUS.search(each.name)
    }
    assert all(found.values())
    assert {("invitations", "token_hash"), ("api_keys", "secret_hash")} <= found.keys()
    written = {(part.name, name) for part in parts() for name, _ in part.columns}
    assert not written & found.keys()
    assert {name for part in parts() for name, _ in part.columns if "password" in name} == set()


def test_numbers_are_written_with_their_scale() -> None:
    """3.99 is never 399: amounts, quantities and prices are decimal strings, also inside JSON."""
    [part] = [each for each in parts() if each.name == "adjustment_lines"]
    assert dict(part.columns)["quantity"] == dict(part.columns)["value"] == "decimal"
    row = part.row([bytes(16), 1, bytes(16), 2_500_000, 399], 2)
    assert (row["quantity"], row["value"], row["line"]) == ("2.5", "3.99", 1)
    [taxes] = [each for each in parts() if each.name == "taxes"]
    component = {
        "name": "VAT",
        "kind": "percent",
        "rate": 20_000_000,
        "compound": False,
        "recoverable": True,
        "output_account_id": None,
        "input_account_id": bytes(16).hex(),
    }
    kept = dict.fromkeys((name for name, _ in taxes.columns), None) | {"components": [component]}
    [written] = taxes.row(list(kept.values()), 2)["components"]
    assert (written["rate"], written["input_account_id"]) == ("20", "0" * 26)


def test_every_other_column_is_written() -> None:
    for part in parts():
        if part.name in TENANT_TABLES:
            names = [each.name for each in TENANT_TABLES[part.name].columns]
            shown = [name for name, _ in part.columns]
            assert ["tenant_id", *shown] == [each for each in names if each not in part.left_out]
            assert all(part.first.tenant for _ in shown)
