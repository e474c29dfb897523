"""The routes of declared nouns: masters, posted documents and lists."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field, create_model
from starlette.responses import Response

from app.api.answers import IdPath, answers, batched
from app.api.deps import BATCH_MAX, Caller, CommandCaller, Http
from app.api.lists import add_list, many
from app.api.route import API_PREFIX, BATCH, permission, v1_router
from app.api.schemas import (
    declare_schema,
    model,
    model_named,
    model_of,
    requested,
    schema_of,
    value_of,
)
from app.api.wire import Schema, Text128, reference
from app.application.shared.documents import Asked, Document
from app.application.shared.masters import Create, Edit, Master
from app.application.shared.nouns import Context, Listed, Noun
from app.domain.shared.errors import (
    ConcurrentChange,
    DomainError,
    ExternalRefTaken,
    IdTaken,
    NotFound,
    StaleVersion,
    VersionRequired,
)
from app.domain.shared.fields import (
    FieldType,
    Member,
    is_nested,
    read_type,
)


def router_of(noun: Noun[Any]) -> APIRouter:
    """The router of a noun, below its path."""
    return v1_router(noun.path.removeprefix(API_PREFIX), tags=[noun.tag])


def one(noun: Noun[Any]) -> str:
    """``a unit``, ``an adjustment``."""
    name = noun.name.replace("_", " ")
    return f"{'an' if name[0] in 'aeio' else 'a'} {name}"


def master_router(master: Master[Any]) -> APIRouter:
    """The routes of a master: create, list, show, change, take in and out of use."""
    noun = master.noun
    router = router_of(noun)
    if master.batch:
        _add_master_batch(router, master)
    add_master(router, master)
    add_list(router, noun, master.listed, noun.view)
    return router


def add_master(router: APIRouter, master: Master[Any]) -> None:
    """Add the routes of a master to ``router``, but its list and its batch."""
    noun = master.noun
    view = schema_of(noun.view)
    read, write = permission(noun.reads), permission(noun.writes)
    make = members_of_body(master)
    unique = tuple(each.refusal for each in master.unique)

    async def create_one(http: CommandCaller, body: Any) -> Response:
        return await http.run(master.create, Create(body.id, make(body)))

    create_one.__annotations__["body"] = new_model(master)
    created = answers(view, 201, IdTaken, *unique, *noun.refusals, ConcurrentChange, body=True)
    router.post("", summary=f"Create {one(noun)}", openapi_extra=write, responses=created)(
        create_one
    )

    async def show_one(http: Caller, id: IdPath) -> Response:  # noqa: A002 - the path parameter
        return await http.one(noun, id)

    shown = answers(view, 200, NotFound)
    router.get("/{id}", summary=f"Show {one(noun)}", openapi_extra=read, responses=shown)(show_one)

    async def change_one(http: CommandCaller, id: IdPath, body: Any) -> Response:  # noqa: A002
        edit = Edit(http.id_of(noun.prefix, id), http.expected_version(), make(body))
        return await http.run(master.edit, edit)

    change_one.__annotations__["body"] = _patch_model(master)
    held = (NotFound, StaleVersion, VersionRequired)
    changes = answers(view, 200, *held, *unique, *noun.refusals, body=True)
    router.patch("/{id}", summary=f"Change {one(noun)}", openapi_extra=write, responses=changes)(
        change_one
    )
    for command, verb, active in (
        (master.activate, "activate", True),
        (master.deactivate, "deactivate", False),
    ):
        router.post(
            f"/{{id}}/{verb}",
            summary=f"{verb.capitalize()} {one(noun)}",
            openapi_extra=write,
            responses=answers(view, 200, *held),
        )(_switch(noun, command, active=active))


def _switch(noun: Noun[Any], command: Any, *, active: bool) -> Any:
    async def switch_one(http: CommandCaller, id: IdPath) -> Response:  # noqa: A002
        edit = Edit(http.id_of(noun.prefix, id), http.expected_version(), {"active": active})
        return await http.run(command, edit)

    return switch_one


def _requested(master: Master[Any], *, changing: bool = False) -> list[Member]:
    """The members of a request, those in another form than the aggregate's among them."""
    stated = [Member(each.name, read_type(each.type), each.required) for each in master.stated]
    return [*master.settable(changing=changing), *stated]


def new_model(master: Master[Any], *, forms: bool = True, **more: Any) -> type[Schema]:
    """The body that creates a master."""
    noun = master.noun
    name = f"{noun.of.__name__}{'In' if forms else 'Item'}"
    own = {"id": (reference(noun.prefix) | None, None)}
    about = f"A new {noun.name.replace('_', ' ')}."
    return model(
        name, _requested(master), _meaning(master), about=about, forms=forms, more=more | own
    )


def _patch_model(master: Master[Any]) -> type[Schema]:
    noun = master.noun
    about = f"What may change of {one(noun)}."
    members = _requested(master, changing=True)
    name = f"{noun.of.__name__}Patch"
    return model(name, members, _meaning(master), about=about, patch=True)


def _meaning(master: Master[Any]) -> Callable[[str], str]:
    of, view = requested(master.noun.of), master.noun.view
    return lambda member: of(member) or view.meaning(member)


def members_of_body(master: Master[Any]) -> Callable[[Any], dict[str, Any]]:
    """What makes the fields of the aggregate from the members that a body states."""
    convert = {
        each.name: _converter(each.type)
        for each in _requested(master)
        if is_nested(each.type.item or each.type) or each.type.item is not None
    }
    patched = {each.name for each in _requested(master, changing=True)}

    def members(body: Any) -> dict[str, Any]:
        given = type(body).model_fields.keys() - {"id", "idempotency_key"}
        if given <= patched and type(body).__name__.endswith("Patch"):
            given = body.model_fields_set
        found = {name: getattr(body, name) for name in given}
        for name, made in convert.items():
            if found.get(name) is not None:
                found[name] = made(found[name])
        return found

    return members


def _converter(type_: FieldType) -> Callable[[Any], Any]:
    if type_.item is not None:
        if is_nested(type_.item):
            item = value_of(type_.item.bare)
            return lambda values: tuple(map(item, values))
        return tuple
    return value_of(type_.bare)


def batch_model(name: str, item: Any, plural: str) -> type[Schema]:
    """The body of a batch of these items."""
    texts = {
        "atomic": "True: all items or none. False: each item for itself.",
        "items": f"The {plural}, in their order.",
    }
    declare_schema(name, lambda member: texts.get(member, ""))
    return create_model(
        name,
        __base__=Schema,
        __doc__=f"Up to {BATCH_MAX} {plural} in order; with ``atomic`` all or none.",
        atomic=(bool, False),
        items=(Annotated[list[item], Field(min_length=1, max_length=BATCH_MAX)], ...),
    )


def _add_master_batch(router: APIRouter, master: Master[Any]) -> None:
    noun, make = master.noun, members_of_body(master)

    async def create_batch(http: CommandCaller, body: Any) -> Response:
        items = [(item.idempotency_key, Create(item.id, make(item))) for item in body.items]
        return await http.run_batch(master.create, items, atomic=body.atomic)

    item = new_model(master, forms=False, idempotency_key=(Text128, ...))
    create_batch.__annotations__["body"] = batch_model(f"{noun.of.__name__}Batch", item, many(noun))
    router.post(
        "/batch",
        summary=f"Create {many(noun)}",
        description="Each item is answered for itself, in order.",
        openapi_extra=permission(noun.writes) | BATCH,
        responses=batched(schema_of(noun.view)),
    )(create_batch)


def list_router(declared: Listed[Any]) -> APIRouter:
    """The route of a noun that is only listed."""
    router = router_of(declared.noun)
    add_list(router, declared.noun, declared.listed, declared.summary)
    return router


def routers_of(context: Context, own: Mapping[str, APIRouter] | None = None) -> list[APIRouter]:
    """The routers of a context's declarations; ``own`` names the routers made elsewhere."""
    found: list[APIRouter] = []
    for each in context.declared:
        name = getattr(each, "noun", each).name
        if own is not None and name in own:
            found.append(own[name])
        elif isinstance(each, Master):
            found.append(master_router(each))
        elif isinstance(each, Document):
            found.append(document_router(each))
        elif isinstance(each, Listed):
            found.append(list_router(each))
    return found


Check = Callable[[Http, Sequence[Any]], None]


def _pass(_: Http, __: Sequence[Any]) -> None: ...


def document_router(document: Document[Any, Any], check: Check = _pass) -> APIRouter:
    """The routes of a posted document: post, post a batch, list, show.

    ``check`` lets the bodies of a request pass before they are run, also when it is repeated.
    """
    noun = document.noun
    router = router_of(noun)
    add_posting(router, document, check=check)
    if document.batch:
        _add_document_batch(router, document, check)
    add_list(router, noun, document.listed, document.summary)
    add_document(router, document)
    return router


def _refusals(document: Document[Any, Any]) -> tuple[type[DomainError], ...]:
    taken = (ExternalRefTaken,) if document.has_ref else ()
    return (IdTaken, *taken, *document.noun.refusals, ConcurrentChange)


def add_posting(router: APIRouter, document: Document[Any, Any], check: Check = _pass) -> None:
    """Add the route that posts a document."""
    noun, made = document.noun, value_of(document.request)

    async def post_one(http: CommandCaller, body: Any) -> Response:
        check(http, [body])
        return await http.run(document.create, _asked(http, made(body)))

    post_one.__annotations__["body"] = model_of(document.request)
    router.post(
        "",
        summary=document.title,
        description=document.about,
        openapi_extra=permission(noun.writes),
        responses=answers(schema_of(noun.view), 201, *_refusals(document), body=True, keyed=True),
    )(post_one)


def _asked(http: Http, body: Any) -> Asked[Any]:
    return Asked(body, body.effective_at or http.now())


def _add_document_batch(router: APIRouter, document: Document[Any, Any], check: Check) -> None:
    noun, made = document.noun, value_of(document.request)

    async def post_batch(http: CommandCaller, body: Any) -> Response:
        check(http, body.items)
        items = [(item.idempotency_key, _asked(http, made(item))) for item in body.items]
        return await http.run_batch(document.create, items, atomic=body.atomic)

    single = document.request.__name__.removesuffix("In")
    item = model_named(
        f"{single}Item", document.request, forms=False, idempotency_key=(Text128, ...)
    )
    post_batch.__annotations__["body"] = batch_model(f"{single}Batch", item, many(noun))
    router.post(
        "/batch",
        summary=f"{document.title} in a batch",
        description="Each item is answered for itself, in order.",
        openapi_extra=permission(noun.writes) | BATCH,
        responses=batched(schema_of(noun.view), *_refusals(document)),
    )(post_batch)


def add_document(router: APIRouter, document: Document[Any, Any], path: str = "/{id}") -> None:
    """Add the route that shows a document."""
    noun = document.noun

    async def show_one(http: Caller, id: IdPath) -> Response:  # noqa: A002 - the path parameter
        id_ = http.id_of(noun.prefix, id)
        loaded = await http.load(document.show_needs(id_))
        return http.answer(document.shown(id_, http.reading(loaded)))

    router.get(
        path,
        summary=f"Show {one(noun)}",
        description=f"{one(noun).capitalize()} with its lines.",
        openapi_extra=permission(noun.reads),
        responses=answers(schema_of(noun.view), 200, NotFound),
    )(show_one)
