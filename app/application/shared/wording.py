"""How values that every view shows are written."""

from datetime import UTC, datetime

from app.domain.shared.ids import show


def instant(value: datetime) -> str:
    """An instant as RFC 3339 in UTC."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def maybe(prefix: str, id_: bytes | None) -> str | None:
    """An id with its prefix, None as it is."""
    return None if id_ is None else show(prefix, id_)
