"""Guarded members on the wire: which answers have them, and what the contract says of them."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from pydantic import BaseModel

from app.application.shared.guarded import OPEN, Guarded, Shape, members_of, shape_of

REQUIRES_KEY: Final = "x-requires"
WHEN_KEY: Final = "x-requires-when"


def answer_shape(responses: Mapping[Any, Mapping[str, Any]]) -> Shape:
    """The shape of what a route answers when it succeeds, by its ``responses``."""
    shape = OPEN
    for status, declared in responses.items():
        if 200 <= int(status) < 300 and "model" in declared:
            shape = shape.joined(shape_of(declared["model"], _members))
    return shape


def _members(type_: Any) -> Mapping[str, Any] | None:
    """The members of a view, or of what the edge wraps around views: pages, items of a batch."""
    if isinstance(type_, type) and issubclass(type_, BaseModel):
        return {name: each.annotation for name, each in type_.model_fields.items()}
    return members_of(type_)


def mark_guarded(schemas: dict[str, Any], answers: Iterable[Any]) -> None:
    """Say in the ``schemas`` of the contract which members of ``answers`` are guarded.

    They may be absent, so none of them is required.
    """
    for view in _views(answers):
        schema = schemas.get(view.__name__)
        if schema is None:
            continue
        for name, mark in shape_of(view, _members).guarded.items():
            _mark(schema["properties"][name], mark)
            if name in schema.get("required", ()):
                schema["required"].remove(name)


def _mark(member: dict[str, Any], mark: Guarded) -> None:
    member[REQUIRES_KEY] = [mark.permission]
    rule = f"Shown with `{mark.permission}` only"
    if mark.when is not None:
        name, values = mark.when
        member[WHEN_KEY] = {name: sorted(values)}
        which = f"`{min(values)}`" if len(values) == 1 else f"one of those in `{WHEN_KEY}`"
        rule += f", where `{name}` is {which}"
    member["description"] = f"{member.get('description', '')} {rule}.".strip()


def _views(answers: Iterable[Any]) -> list[Any]:
    """Every view in ``answers``, those inside of others too, each once."""
    found: dict[Any, None] = {}
    waiting = list(answers)
    while waiting:
        type_ = waiting.pop()
        members = _members(type_)
        if members is None:
            waiting.extend(getattr(type_, "__args__", ()))
        elif type_ not in found:
            found[type_] = None
            waiting.extend(members.values())
    return list(found)
