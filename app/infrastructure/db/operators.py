"""Operators of the platform, managed by the owner of the database; no request has this access."""

from collections.abc import Callable, Mapping
from datetime import datetime

from app.domain.identity.sign_in.user import User
from app.domain.shared.ids import NO_ID, Id
from app.infrastructure.db.metadata import PLATFORM, metadata
from app.infrastructure.db.owner import Owner, transaction


async def user_of(owner: Owner, email_folded: str) -> Id | None:
    """The user with this address."""
    users = _named(owner, "users")
    found = await owner.rows(f"SELECT id FROM {users} WHERE email_folded = $1", email_folded)
    return Id(found[0][0]) if found else None


async def make_user(owner: Owner, user: User, password_hash: str) -> None:
    """Create a user who belongs to no company."""
    async with transaction(owner):
        await owner.change(
            f"INSERT INTO {_named(owner, 'users')} "
            "(id, email, email_folded, display_name, active, created_at, version) "
            "VALUES ($1, $2, $3, $4, $5, $6, 1)",
            user.id,
            user.email,
            user.email_folded,
            user.display_name,
            True,
            user.created_at,
        )
        await owner.change(
            f"INSERT INTO {_named(owner, 'credentials')} "
            "(user_id, password_hash, changed_at, version) VALUES ($1, $2, $3, 1)",
            user.id,
            password_hash,
            user.created_at,
        )


async def switch_operator(
    owner: Owner, user_id: Id, now: datetime, new_id: Callable[[], Id], *, active: bool
) -> bool:
    """Make a user an operator, or revoke it; returns whether anything changed.

    The act is recorded without an operator, because it was done on the database.
    """
    operators = _named(owner, "operators")
    async with transaction(owner):
        changed = await owner.change(
            f"UPDATE {operators} SET active = $2 WHERE user_id = $1 AND active <> $2",
            user_id,
            active,
        )
        if not changed and active:
            changed = await owner.change(
                f"INSERT INTO {operators} (user_id, added_at, active) "
                "VALUES ($1, $2, $3) ON CONFLICT (user_id) DO NOTHING",
                user_id,
                now,
                True,
            )
        if changed:
            action = "operator.added" if active else "operator.removed"
            changes = {"user_id": user_id.hex()}
            await keep_act(owner, new_id(), action, now, changes)
    return bool(changed)


async def operators_of(owner: Owner) -> list[tuple[str, bool]]:
    """The address of each present and former operator, and whether they are active."""
    operators, users = _named(owner, "operators"), _named(owner, "users")
    rows = await owner.rows(
        f"SELECT u.email, o.active FROM {operators} o JOIN {users} u ON u.id = o.user_id "
        "ORDER BY u.email"
    )
    return [(email, bool(active)) for email, active in rows]


async def keep_act(
    owner: Owner,
    id_: Id,
    action: str,
    now: datetime,
    changes: Mapping[str, object],
    company_id: Id | None = None,
) -> None:
    """Record an act on the database itself, which has no address and no session."""
    await owner.change(
        f"INSERT INTO {_named(owner, 'operator_acts')} (id, operator_id, session_id, action, "
        "company_id, reason, request_id, address, changes, recorded_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        id_,
        NO_ID,
        NO_ID,
        action,
        company_id,
        "on the command line",
        "",
        "",
        owner.json(changes),
        now,
    )


def _named(owner: Owner, table: str) -> str:
    return owner.named(metadata.tables[f"{PLATFORM}.{table}"])
