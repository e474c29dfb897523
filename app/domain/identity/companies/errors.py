"""Refusals around companies and their exports."""

from app.domain.shared.errors import DomainError, Kind


class TenantSuspended(DomainError):
    """The company is suspended: its people read and export, and change nothing."""

    code = "companies.suspended"
    kind = Kind.FORBIDDEN


class TenantClosing(DomainError):
    """The company will be deleted: until then its people read and export, and change nothing."""

    code = "companies.deletion_scheduled"
    kind = Kind.FORBIDDEN


class TenantStateConflict(DomainError):
    """The step does not start from the present status (``status``) of the company."""

    code = "companies.status_conflict"
    kind = Kind.CONFLICT


class DeletionNameWrong(DomainError):
    """Closing a company takes its name, and this is another one."""

    code = "companies.name_wrong"
    kind = Kind.RULE_BROKEN


class ExportUnderWay(DomainError):
    """An export of the company waits or is made; there is one at a time."""

    code = "exports.under_way"
    kind = Kind.CONFLICT


class TooManyExports(DomainError):
    """``maximum`` files of exports are kept already; the oldest goes by itself."""

    code = "exports.too_many"
    kind = Kind.CONFLICT


class ExportNotReady(DomainError):
    """The file of the export is still being written."""

    code = "exports.not_ready"
    kind = Kind.CONFLICT


class ExportGone(DomainError):
    """The export has no file: it failed, or its time is over."""

    code = "exports.gone"
    kind = Kind.NOT_FOUND


class TooManyCompanies(DomainError):
    """A user owns at most ``maximum`` companies."""

    code = "companies.too_many"
    kind = Kind.CONFLICT
