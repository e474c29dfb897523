"""Importing this module declares the tables of every context."""

import app.infrastructure.accounting.tables
import app.infrastructure.catalog.tables
import app.infrastructure.db.kernel_tables
import app.infrastructure.identity.audit.tables
import app.infrastructure.identity.companies.tables
import app.infrastructure.identity.directory.tables
import app.infrastructure.identity.factors.tables
import app.infrastructure.identity.keys.tables
import app.infrastructure.identity.members.tables
import app.infrastructure.identity.operators.tables
import app.infrastructure.identity.sign_in.tables
import app.infrastructure.inventory.tables
import app.infrastructure.logistics.tables
import app.infrastructure.purchasing.tables
import app.infrastructure.sales.tables  # noqa: F401
