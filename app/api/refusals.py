"""Tells the audit trail that an authenticated caller was refused for want of a permission."""

from starlette.requests import Request

from app.api.record import record_of
from app.application.identity.audit.refusals import Refusals
from app.domain.shared.errors import DomainError


def tell_refusal(request: Request, error: DomainError) -> None:
    """Keep a 403; one that nobody who is known was refused is none of the trail's."""
    record = record_of(request.scope)
    services = getattr(request.app.state, "services", None)
    if record.principal is None or services is None:
        return
    refusals: Refusals = services.extras["refusals"]
    facts = {"permission": error.params["permission"]} if "permission" in error.params else {}
    operation = f"{request.method} {record.route or request.scope['path'][:200]}"
    refusals.permission(record.principal, operation, error.code, **facts)
