"""The auditor: the invariants of books and stock, each as one SQL statement (RL-01)."""

from app.infrastructure.reports.integrity.audit import INVARIANTS, WHOLE, integrity

__all__ = ["INVARIANTS", "WHOLE", "integrity"]
