"""What the contract says of answers: of one object, of a batch, of a page."""

from typing import Annotated, Any

from fastapi import Path
from pydantic import Field, create_model

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
# A member of a page: the instant of knowledge that its rows show.
KNOWN_AT = (
    str | None,
    Field(None, description="The instant of knowledge that was used; null means now."),
)


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
        index=(int, Field(description="The place of the item in the request, from 0.")),
        status=(int, Field(description="The HTTP status of the item.")),
        replayed=(
            bool,
            Field(description="Whether this is the first answer to the same key again."),
        ),
        body=(
            view | ProblemDetails,
            Field(description="The answer to the item: its view, or a problem document."),
        ),
    )
    items = Field(description="The items, in the order of the request.")
    batch = create_model(f"{view.__name__}Items", items=(list[item], items))
    return answers(batch, 207, *errors, body=True)


def listed(view: Any, listing: Listing | None = None, **stated: Any) -> Documents:
    """``responses=`` of a list of ``view``; ``stated`` are further members of the page.

    The orders of ``listing`` become the choices of ``sort``, which the route checks.
    """
    page = create_model(
        f"{view.__name__}Page",
        data=(list[view], Field(description="The rows of this page.")),
        next_cursor=(
            str | None,
            Field(description="Send it as `cursor` for the next page; null on the last one."),
        ),
        has_more=(bool, Field(description="Whether another page follows.")),
        total=(
            int | None,
            Field(None, description="All rows of the list, with `include_total=true`."),
        ),
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
