"""Where a request comes from, and the caller that it makes before anybody is known."""

from app.application.shared.access import Principal
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import NO_ID, Id


@frozen
class Origin:
    """Where a request comes from."""

    request_id: str = ""
    address: str = ""
    device: str = ""


def principal_from(tenant_id: Id, user_id: Id, origin: Origin, session_id: Id = NO_ID) -> Principal:
    """A user of a company, as the caller of a command that runs before anybody is signed in."""
    return Principal(
        tenant_id,
        user_id,
        session_id,
        request_id=origin.request_id,
        address=origin.address,
    )
