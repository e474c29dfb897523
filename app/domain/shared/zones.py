"""Time zones, by their names in the IANA database."""

from functools import cache
from zoneinfo import available_timezones

from app.domain.shared.errors import Fault, InvalidValue

# Names that depend on the machine and not on the time zone database.
_NOT_ZONES = frozenset({"localtime", "Factory"})


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones()) - _NOT_ZONES


def check_zone(name: str, pointer: str = "/time_zone") -> None:
    """Check the name of a time zone.

    Raises:
        InvalidValue: the zone does not exist.
    """
    if name not in _zones():
        raise InvalidValue(faults=[Fault(pointer, "validation.zone")])
