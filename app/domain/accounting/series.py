"""Number series: gapless numbers of documents, one row per series, place and year."""

from dataclasses import replace

from app.domain.shared.documents import Series
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id


@frozen
class NumberSeries:
    """``next_number`` is given to the next document of this series, place and year.

    ``scope_id`` is the location that owns the series, or NO_ID for one of the whole company.
    """

    series: Series
    scope_id: Id
    year: int
    next_number: int
    version: int

    def take(self, scope_code: str = "") -> tuple["NumberSeries", str]:
        """The series after one number was given, and that number: ``SAL/2026/MAIN/000001``."""
        place = f"/{scope_code}" if scope_code else ""
        number = f"{self.series}/{self.year}{place}/{self.next_number:06d}"
        return replace(self, next_number=self.next_number + 1), number
