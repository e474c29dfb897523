"""Every refusal of the logistics context."""

from app.domain.shared.errors import DomainError, Kind


class OpeningHoursWrong(DomainError):
    """Opening hours end before they begin, or overlap others of the same day."""

    code = "logistics.opening_hours_wrong"
    kind = Kind.RULE_BROKEN


class LicenceClassRepeated(DomainError):
    """A licence class is named twice."""

    code = "logistics.licence_class_repeated"
    kind = Kind.RULE_BROKEN
