"""The endpoints that every master has: create, show, change, switch on and off."""

from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import create_model
from starlette.responses import Response

from app.api.deps import Caller, CommandCaller
from app.api.openapi import ProblemDetails, responses
from app.api.route import SORTS_KEY, permission
from app.api.wire import Schema
from app.application.shared.commands import (
    Command,
    IdempotencyKeyInvalid,
    IdempotencyKeyMissing,
)
from app.application.shared.masters import Create, Edit, Noun
from app.application.shared.reading import Listing
from app.domain.shared.errors import (
    ConcurrentChange,
    DomainError,
    IdTaken,
    NotFound,
    StaleVersion,
    VersionRequired,
)

IdPath = Annotated[str, Path(max_length=40)]
Documents = dict[int | str, dict[str, Any]]


def answers(
    view: Any,
    status: int = 200,
    *errors: type[DomainError],
    body: bool = False,
    keyed: bool = False,
) -> Documents:
    """``responses=`` of an operation that answers ``view``; ``keyed`` needs an idempotency key."""
    if keyed:
        errors += (IdempotencyKeyMissing, IdempotencyKeyInvalid)
    return {status: {"model": view}, **responses(*errors, body=body)}


def batched(view: Any, *errors: type[DomainError]) -> Documents:
    """``responses=`` of a batch whose items are answered by ``view`` or a problem."""
    item = create_model(
        f"{view.__name__}Item",
        index=(int, ...),
        status=(int, ...),
        replayed=(bool, ...),
        body=(view | ProblemDetails, ...),
    )
    batch = create_model(f"{view.__name__}Items", items=(list[item], ...))
    return answers(batch, 207, *errors, body=True)


def listed(view: Any, listing: Listing | None = None, **stated: Any) -> Documents:
    """``responses=`` of a list of ``view``; ``stated`` are further members of the page.

    The orders of ``listing`` become the choices of ``sort``, which the route checks.
    """
    page = create_model(
        f"{view.__name__}Page",
        data=(list[view], ...),
        next_cursor=(str | None, ...),
        has_more=(bool, ...),
        total=(int | None, None),
        **stated,
    )
    shown: dict[str, Any] = {"model": page}
    if listing is not None:
        shown[SORTS_KEY] = list(listing.sorts)
    return {200: shown, **responses()}


def add_master(
    router: APIRouter,
    noun: Noun,
    view: Any,
    *,
    new: type[Schema],
    patch: type[Schema],
    create: Command[Create],
    edit: Command[Edit],
    activate: Command[Edit],
    deactivate: Command[Edit],
) -> None:
    """Add the endpoints of a master to ``router``; its list is its own.

    ``new`` and ``patch`` are the bodies. A schema may offer ``members()``, the fields of the
    aggregate that it states, where they differ from its own.
    """
    read = permission(create.permission.replace(":write", ":read"))
    write = permission(create.permission)
    name = noun.name.replace("_", " ")
    one = f"{'an' if name[0] in 'aeio' else 'a'} {name}"  # "a unit"

    async def create_one(http: CommandCaller, body: Any) -> Response:
        return await http.run(create, Create(body.id, members_of(body, given_only=False)))

    create_one.__annotations__["body"] = new
    created = answers(view, 201, IdTaken, ConcurrentChange, body=True)
    router.post("", summary=f"Create {one}", openapi_extra=write, responses=created)(create_one)

    async def show_one(http: Caller, id: IdPath) -> Response:  # noqa: A002 - the path parameter
        return await http.one(noun, id)

    shown = answers(view, 200, NotFound)
    router.get("/{id}", summary=f"Show {one}", openapi_extra=read, responses=shown)(show_one)

    async def change_one(http: CommandCaller, id: IdPath, body: Any) -> Response:  # noqa: A002
        members = members_of(body, given_only=True)
        return await http.run(
            edit, Edit(http.id_of(noun.prefix, id), http.expected_version(), members)
        )

    change_one.__annotations__["body"] = patch
    changes = answers(view, 200, NotFound, StaleVersion, VersionRequired, body=True)
    router.patch("/{id}", summary=f"Change {one}", openapi_extra=write, responses=changes)(
        change_one
    )
    for command, verb, active in ((activate, "activate", True), (deactivate, "deactivate", False)):
        switch = _switch(noun, command, active=active)
        switched = answers(view, 200, NotFound, StaleVersion, VersionRequired)
        router.post(
            f"/{{id}}/{verb}",
            summary=f"{verb.capitalize()} {one}",
            openapi_extra=write,
            responses=switched,
        )(switch)


def _switch(noun: Noun, command: Command[Edit], *, active: bool) -> Any:
    async def switch_one(http: CommandCaller, id: IdPath) -> Response:  # noqa: A002
        input_ = Edit(http.id_of(noun.prefix, id), http.expected_version(), {"active": active})
        return await http.run(command, input_)

    return switch_one


def members_of(body: Any, *, given_only: bool) -> dict[str, Any]:
    """The fields of the aggregate that a body states; of a patch only those that were sent."""
    if hasattr(body, "members"):
        return body.members()  # type: ignore[no-any-return]
    names = body.model_fields_set if given_only else type(body).model_fields.keys()
    return {name: getattr(body, name) for name in names if name != "id"}
