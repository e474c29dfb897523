"""Importing this module declares the tables of every context."""

import app.infrastructure.accounting.tables
import app.infrastructure.catalog.tables
import app.infrastructure.db.kernel_tables
import app.infrastructure.identity.api_key_tables
import app.infrastructure.identity.audit_tables
import app.infrastructure.identity.export_tables
import app.infrastructure.identity.factor_tables
import app.infrastructure.identity.operator_tables
import app.infrastructure.identity.purge_tables
import app.infrastructure.identity.recovery_tables
import app.infrastructure.identity.role_tables
import app.infrastructure.identity.tables
import app.infrastructure.inventory.tables
import app.infrastructure.logistics.tables
import app.infrastructure.purchasing.tables
import app.infrastructure.sales.tables  # noqa: F401
