"""What a user prefers: language and time zone."""

from dataclasses import replace

from app.application.identity.directory.kinds import USERS
from app.application.identity.sign_in.views import PREFERENCES_VIEW
from app.application.shared.access import Principal
from app.application.shared.commands import Command, Done
from app.application.shared.kinds import Lock, Needs
from app.application.shared.masters import Edit
from app.application.shared.work import Work
from app.domain.shared.errors import NotFound, StaleVersion


def _needs(edit: Edit, _: Principal) -> Needs:
    return Needs().one(USERS, edit.id, lock=Lock.UPDATE)


def _edit(edit: Edit, work: Work) -> Done:
    before = work.find(USERS, edit.id)
    if before is None:
        raise NotFound
    if before.version != edit.expected_version:
        raise StaleVersion
    after = replace(before, **edit.members)
    if after != before:
        after = work.put(USERS, after)
        changes = {
            name: [getattr(before, name), getattr(after, name)]
            for name in edit.members
            if getattr(before, name) != getattr(after, name)
        }
        work.note("preferences_changed", "user", after.id, **changes)
        work.event("user.preferences_changed", after.id)
    return Done(PREFERENCES_VIEW.show(after), status=200, version=after.version)


EDIT_PREFERENCES: Command[Edit] = Command("auth.preferences", "profile:write", _needs, _edit)
