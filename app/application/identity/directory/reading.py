"""Reading what was loaded, and views that follow from aggregates."""

from collections.abc import Callable, Hashable, Sequence
from typing import Any, TypeVar

from app.application.shared.kinds import Kind
from app.application.shared.views import View
from app.application.shared.work import Loaded
from app.domain.shared.fields import members_of

A = TypeVar("A")


def read_one(loaded: Loaded, kind: Kind[A], *key: Hashable) -> A | None:
    """The aggregate that was loaded by this key; None where there is none."""
    return loaded.present.get(kind, {}).get(key)


def view_of(
    of: type[A], name: str, members: Sequence[str], computed: Sequence[Callable[..., Any]] = ()
) -> View[A]:
    """The view of an aggregate that shows these of its fields, and what is computed."""
    hidden = [each.name for each in members_of(of) if each.name not in members]
    return View(of, name, without=hidden, computed=computed)
