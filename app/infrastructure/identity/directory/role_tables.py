"""Roles that companies made for themselves.

A look behind a token joins them, so they stand with the memberships, outside of row security
(R-31); every statement names the company.
"""

from sqlalchemy import ForeignKeyConstraint, UniqueConstraint

from app.domain.shared.errors import Duplicate, ReferenceNotFound, ValueOutOfRange
from app.infrastructure.db.errors import on_constraint
from app.infrastructure.db.metadata import PLATFORM, check, column, platform_table, version
from app.infrastructure.db.types import Flag, Id, Json, Text

roles = platform_table(
    "roles",
    column("tenant_id", Id),
    column("id", Id),
    column("code", Text),
    column("name", Text),
    column("permissions", Json),
    column("active", Flag),
    version(),
    ForeignKeyConstraint(["tenant_id"], [f"{PLATFORM}.tenants.id"]),
    UniqueConstraint("tenant_id", "code"),
    check("code_length", "length(code) BETWEEN 1 AND 32"),
    key=("tenant_id", "id"),
)

on_constraint(lambda: Duplicate.at("/code"), "roles_tenant_id_code_uq")
on_constraint(ReferenceNotFound, "roles_tenant_id_fk")
on_constraint(ValueOutOfRange, "roles_code_length_ck")
