"""Reads that the audit trail records, because data leaves the company (AU-01)."""

from typing import Any

from app.application.shared.work import Work
from app.domain.shared.ids import Id


def exported(work: Work, export_id: Id, of: str, *, form: str, rows: int, **filters: Any) -> None:
    """Tell that ``rows`` rows of ``of`` went out as a file of this ``form``, under which filters.

    A command that makes an export calls it; it is the one note of that command.
    """
    work.note("exported", "export", export_id, of=of, form=form, rows=rows, filters=filters)
