"""/auth/preferences: the language and the time zone of the caller."""

from typing import Literal

from starlette.responses import Response

from app.api.deps import Caller, CommandCaller
from app.api.masters import answers, members_of
from app.api.route import permission, v1_router
from app.api.v1.identity.fields import ZoneText
from app.api.v1.identity.services import KnownCallers
from app.api.wire import ABSENT, Schema
from app.application.identity.directory.kinds import USERS
from app.application.identity.sign_in.preferences import (
    EDIT_PREFERENCES,
    PreferencesView,
    preferences_view,
)
from app.application.shared.kinds import Needs
from app.application.shared.masters import Edit
from app.domain.identity.sign_in.errors import SessionOver
from app.domain.shared.errors import (
    ConcurrentChange,
    InvalidValue,
    StaleVersion,
    VersionRequired,
)

router = v1_router("/auth/preferences", tags=["auth"])


class PreferencesPatch(Schema):
    """What a user may prefer; null takes it back."""

    locale: Literal["en", "ar"] | None = ABSENT
    time_zone: ZoneText | None = ABSENT


@router.get(
    "",
    summary="Show the preferences of the caller",
    openapi_extra=permission("profile:read"),
    responses=answers(PreferencesView, 200),
)
async def show(http: Caller) -> Response:
    """What the caller prefers, in every company, or 304 when that is the present version."""
    user_id = http.principal.user_id
    loaded = await http.services.reader.load(None, Needs().one(USERS, user_id))
    user = loaded.present.get(USERS, {}).get((user_id,))
    if user is None:
        raise SessionOver
    return http.versioned(preferences_view(user))


@router.patch(
    "",
    summary="Change the preferences of the caller",
    openapi_extra=permission("profile:write"),
    responses=answers(
        PreferencesView,
        200,
        InvalidValue,
        StaleVersion,
        VersionRequired,
        ConcurrentChange,
        body=True,
    ),
)
async def change(http: CommandCaller, callers: KnownCallers, body: PreferencesPatch) -> Response:
    """Choose language and time zone. Accept-Language overrides the language."""
    principal = http.principal
    members = members_of(body, given_only=True)
    edit = Edit(principal.user_id, http.expected_version(), members)
    answer = await http.run(EDIT_PREFERENCES, edit)
    callers.forget_member(principal.tenant_id, principal.user_id)
    return answer
