"""The ids of identity's objects; other contexts refer to them by these types."""

from typing import Annotated

from app.domain.shared.fields import Meaning, Reference
from app.domain.shared.ids import Id

TenantId = Annotated[Id, Reference("cmp", "tenants"), Meaning("The company.")]
UserId = Annotated[Id, Reference("usr", "users"), Meaning("The user.")]
SessionId = Annotated[Id, Reference("ses", "sessions"), Meaning("The session.")]
RoleId = Annotated[Id, Reference("rol", "roles"), Meaning("The role.")]
InvitationId = Annotated[Id, Reference("inv", "invitations"), Meaning("The invitation.")]
ApiKeyId = Annotated[Id, Reference("key", "api_keys"), Meaning("The API key.")]
SecurityKeyId = Annotated[Id, Reference("sky", "security_keys"), Meaning("The security key.")]
ExportId = Annotated[Id, Reference("exp", "exports"), Meaning("The export.")]
OperatorActionId = Annotated[Id, Reference("act", "operator_acts"), Meaning("The action.")]
