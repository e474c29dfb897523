"""Logistics in the database."""

from app.application.logistics.drivers import DRIVER
from app.application.logistics.terminals import TERMINAL
from app.infrastructure.db.declared import stored_master
from app.infrastructure.logistics import tables

STORED = (stored_master(TERMINAL, tables.terminals), stored_master(DRIVER, tables.drivers))
