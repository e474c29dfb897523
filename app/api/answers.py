"""What the contract says of answers: of one object, of a batch, of a page."""

from typing import Annotated, Any

from fastapi import Path
from pydantic import create_model

from app.api.openapi import ProblemDetails, responses
from app.api.route import SORTS_KEY
from app.application.shared.commands import (
    IdempotencyKeyInvalid,
    IdempotencyKeyMissing,
)
from app.application.shared.reading import Listing
from app.domain.shared.errors import (
    DomainError,
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


def members_of(body: Any, *, given_only: bool) -> dict[str, Any]:
    """The fields of the aggregate that a body states; of a patch only those that were sent."""
    if hasattr(body, "members"):
        return body.members()  # type: ignore[no-any-return]
    names = body.model_fields_set if given_only else type(body).model_fields.keys()
    return {name: getattr(body, name) for name in names if name != "id"}
