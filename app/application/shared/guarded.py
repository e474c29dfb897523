"""Guarded members of views: shown only with a further permission, such as costs (RB-04).

A view marks them by their type: ``unit_cost: Cost``. From that follow what is left out of answers
and exports, which orders and filters are refused, and what the contract says. For callers with the
permission the view is answered as it is, without another pass over it.
"""

from collections.abc import Callable, Mapping
from dataclasses import field
from functools import cache
from typing import Annotated, Any, Final, get_args, get_origin, get_type_hints

from typing_extensions import is_typeddict

from app.domain.shared.fields import COSTS, Guarded
from app.domain.shared.frozen import frozen

__all__ = ["COSTS", "OPEN", "Cost", "Guarded", "Shape", "members_of", "shape_of"]

Members = Callable[[Any], Mapping[str, Any] | None]


Cost = Annotated[str, Guarded(COSTS)]


@frozen
class Shape:
    """The guarded members of a view, and of the views inside of it, by their names.

    ``permissions`` are all that is asked for anywhere in it: who holds them sees everything.
    """

    guarded: dict[str, Guarded] = field(default_factory=dict)
    inside: dict[str, "Shape"] = field(default_factory=dict)
    permissions: frozenset[str] = frozenset()

    def hidden(self, permissions: frozenset[str]) -> frozenset[str]:
        """The members that somebody with ``permissions`` does not see, or not always."""
        return frozenset(
            name for name, mark in self.guarded.items() if mark.permission not in permissions
        )

    def shown(self, view: Any, permissions: frozenset[str]) -> Any:
        """What somebody with ``permissions`` sees of a view, or of a list of them."""
        if self.permissions <= permissions:
            return view
        if isinstance(view, list):
            return [self.shown(each, permissions) for each in view]
        if not isinstance(view, dict):
            return view
        seen = dict(view)
        for name, mark in self.guarded.items():
            if name in view and mark.permission not in permissions and mark.hides(view):
                del seen[name]
        for name, inside in self.inside.items():
            if name in seen:
                seen[name] = inside.shown(seen[name], permissions)
        return seen

    def joined(self, other: "Shape") -> "Shape":
        """The shape of what is one or the other."""
        inside = dict(self.inside)
        for name, shape in other.inside.items():
            inside[name] = inside[name].joined(shape) if name in inside else shape
        return _shape({**self.guarded, **other.guarded}, inside)


OPEN: Final = Shape()  # of a view without guarded members


def _shape(guarded: dict[str, Guarded], inside: dict[str, Shape]) -> Shape:
    asked = {mark.permission for mark in guarded.values()}
    for shape in inside.values():
        asked |= shape.permissions
    return Shape(guarded, inside, frozenset(asked))


def members_of(view: Any) -> Mapping[str, Any] | None:
    """The declared types of the members of a view, None of what is none."""
    return get_type_hints(view, include_extras=True) if is_typeddict(view) else None


@cache
def shape_of(view: Any, members: Members = members_of) -> Shape:
    """The shape of a type: a view, a list of views, or a choice between them.

    ``members`` tells the members of a type, for callers that know more kinds of them.
    """
    declared = members(view)
    if declared is None:
        shape = OPEN
        for part in get_args(view)[:1] if get_origin(view) is Annotated else get_args(view):
            shape = shape.joined(shape_of(part, members))
        return shape
    guarded, inside = {}, {}
    for name, type_ in declared.items():
        marks = [each for each in get_args(type_) if isinstance(each, Guarded)]
        if marks:
            guarded[name] = marks[0]
        within = shape_of(type_, members)
        if within.permissions:
            inside[name] = within
    return _shape(guarded, inside)
