"""The auditor: the invariants of books and stock, each as one SQL statement (RL-01)."""

from app.infrastructure.reports.integrity.audit import INVARIANTS, integrity

__all__ = ["INVARIANTS", "integrity"]
