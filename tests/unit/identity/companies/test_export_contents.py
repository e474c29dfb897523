"""Every table is judged: it is in the export, or a reason says why not (S3-39)."""

import re

import app.infrastructure.db.tables_of_all_contexts  # noqa: F401
from app.infrastructure.db import types
from app.infrastructure.db.metadata import metadata
from app.infrastructure.identity.companies.export_contents import (
    LEFT_OUT,
    SECRETS,
    WHOLE,
    is_secret,
    parts,
)

TENANT_TABLES = {table.name: table for table in metadata.sorted_tables if table.info["tenant"]}
SUSPICIOUS = re.compile(r"hash|secret|token|sealed|password|private|otp|recovery")
# Names that sound like a secret and are none.
HARMLESS = {("exports", "file_sha256")}


def test_every_table_of_a_company_is_judged() -> None:
    """A new table fails here: write it into WHOLE, or into LEFT_OUT with its reason."""
    assert TENANT_TABLES.keys() == WHOLE | LEFT_OUT.keys()
    assert not WHOLE & LEFT_OUT.keys()
    assert all(LEFT_OUT.values())
    assert [part.name for part in parts()] == [
        "company",
        "roles",
        "members",
        *(name for name in TENANT_TABLES if name in WHOLE),
    ]


def test_no_secret_is_written() -> None:
    """A column that is a hash or a key, or sounds like one, is judged too."""
    columns = [each for name in WHOLE for each in TENANT_TABLES[name].columns]
    found = {
        (each.table.name, each.name)
        for each in columns
        if isinstance(each.type, types.Bytes) or SUSPICIOUS.search(each.name)
    }
    assert found - HARMLESS == SECRETS
    written = {(part.name, name) for part in parts() for name, _ in part.columns}
    assert not written & SECRETS
    assert all(is_secret(each) == ((each.table.name, each.name) in SECRETS) for each in columns)
    assert {name for part in parts() for name, _ in part.columns if "password" in name} == set()


def test_every_other_column_is_written() -> None:
    for part in parts():
        if part.name in TENANT_TABLES:
            names = [each.name for each in TENANT_TABLES[part.name].columns]
            shown = [name for name, _ in part.columns]
            assert ["tenant_id", *shown] == [each for each in names if each not in part.left_out]
            assert all(part.first.tenant for _ in shown)
