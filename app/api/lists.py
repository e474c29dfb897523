"""The routes of declared lists: parameters, their types and their forms follow from the members."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import Enum
from inspect import Parameter, Signature
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from starlette.responses import Response

from app.api.answers import listed
from app.api.deps import Caller
from app.api.paging import PageQuery
from app.api.route import permission
from app.api.schemas import schema_of, wire_type
from app.api.wire import Instant
from app.application.contexts import DOCUMENT_PREFIXES
from app.application.shared.nouns import Noun
from app.application.shared.reading import SEARCH, Filter, Listing
from app.application.shared.views import View
from app.domain.shared.documents import DocumentRef
from app.domain.shared.fields import (
    DocumentReference,
    Mark,
    Reference,
    Words,
    member,
    read_type,
)
from app.domain.shared.masters import kept_form

QUERY_LENGTH_MAX = 100


def many(noun: Noun[Any]) -> str:
    """``units``, ``supplier returns``."""
    return noun.path.rpartition("/")[2].replace("-", " ")


def add_list(
    router: APIRouter,
    noun: Noun[Any],
    listing: Listing,
    view: View[Any],
    path: str = "",
    *,
    summary: str = "",
    fixed: Mapping[str, Any] | None = None,
    without: Sequence[str] = (),
    instead: tuple[str, Listing] | None = None,
) -> None:
    """Add the route of a list. ``fixed`` filters always hold, ``without`` are not offered.

    ``instead`` is a parameter, and the list of the same view that is read where it is given.
    """
    parameters = listing.parameters if instead is None else instead[1].parameters
    offered = [each for each in parameters if each.name not in without]
    forms = {
        each.name: kept_form(noun.of, each.members[0]) for each in offered if each.operation == "="
    }
    kinds = {each.name: _kind_of(each) for each in offered}

    async def list_all(http: Caller, page: PageQuery, **given: Any) -> Response:
        for name, form in forms.items():
            if given[name] is not None:
                given[name] = form(given[name])
        for name, kind in kinds.items():
            if kind is not None and given[name] is not None:
                ref: DocumentRef = given[name]
                given[name], given[kind] = ref.id, given.get(kind) or ref.kind
        read = listing if instead is None or given[instead[0]] is None else instead[1]
        return await http.list(read, page, **given, **(fixed or {}))

    fixed_ones = [
        Parameter("http", Parameter.POSITIONAL_OR_KEYWORD, annotation=Caller),
        Parameter("page", Parameter.POSITIONAL_OR_KEYWORD, annotation=PageQuery),
    ]
    own = [
        Parameter(
            each.name,
            Parameter.KEYWORD_ONLY,
            default=None,
            annotation=_query_type(noun.of, each),
        )
        for each in offered
    ]
    list_all.__signature__ = Signature(  # type: ignore[attr-defined]
        [*fixed_ones, *own], return_annotation=Response
    )
    router.get(
        path,
        summary=summary or f"List {many(noun)}",
        openapi_extra=permission(noun.reads),
        responses=listed(schema_of(view), listing),
    )(list_all)


def _kind_of(filter_: Filter) -> str | None:
    """The filter by the kind of the document that a parameter names; None for other parameters."""
    type_ = read_type(filter_.type)
    kind = type_.mark(DocumentReference)
    return kind.kind if kind is not None and type_.bare is DocumentRef else None


def _query_type(of: type[Any], filter_: Filter) -> Any:
    """The type of a parameter: that of the member, as a request may state it."""
    meaning = filter_.meaning or f"Keeps what has this `{filter_.members[0]}`."
    if filter_.name == SEARCH:
        return Annotated[
            str | None, Query(min_length=1, max_length=QUERY_LENGTH_MAX, description=meaning)
        ]
    own = filter_.type
    type_ = member(of, filter_.members[0]).type if own is None else read_type(own)
    words, bare = type_.mark(Words), type_.bare
    if type_.has(Mark.KIND):
        kinds: Any = Literal[tuple(DOCUMENT_PREFIXES)]
        return Annotated[kinds | None, Query(description=meaning)]
    if words is not None:
        return Annotated[str | None, Query(max_length=words.length_max, description=meaning)]
    if type_.mark(Reference) is not None or type_.mark(DocumentReference) is not None:
        return Annotated[wire_type(type_) | None, Query(description=meaning)]
    if isinstance(bare, type) and issubclass(bare, Enum):
        choice: Any = Literal[tuple(str(each) for each in bare)]
        return Annotated[choice | None, Query(description=meaning)]
    if bare is datetime:
        return Annotated[Instant | None, Query(description=meaning)]
    if bare is date:
        return Annotated[date | None, Query(description=meaning)]
    return Annotated[bare | None, Query(description=meaning)]
