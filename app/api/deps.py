"""What every endpoint works with: the caller, the command runner and the reader, in one object."""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Protocol
from urllib.parse import urlencode

import orjson
from fastapi import Depends, Header, Query, Request
from starlette.responses import Response

from app.api.cursors import CursorSigner
from app.api.errors import IfMatchInvalid, UnknownParameter, faulty
from app.api.guards import REQUIRES_KEY
from app.api.paging import PageParams
from app.api.problems import Problems
from app.api.record import knows, record_of
from app.api.route import API_PREFIX, KEYS_TOO, PERMISSION_KEY, STEP_UP_KEY, check_sort
from app.application.shared.access import Principal
from app.application.shared.commands import (
    Answer,
    Call,
    Command,
    CommandRunner,
    IdempotencyKeyInvalid,
    IdempotencyKeyMissing,
)
from app.application.shared.guarded import OPEN, Shape
from app.application.shared.kinds import Needs
from app.application.shared.nouns import Noun
from app.application.shared.reading import Listing, Reader
from app.application.shared.work import Loaded, Work
from app.domain.identity.factors.errors import MfaEnrolmentRequired, StepUpRequired
from app.domain.identity.sign_in.errors import Unauthenticated
from app.domain.shared.clock import Clock
from app.domain.shared.errors import (
    DomainError,
    InvalidValue,
    NotFound,
    VersionRequired,
)
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id, read

BATCH_MAX = 100
_KEY = re.compile(r"[A-Za-z0-9._:-]{1,128}", re.ASCII)
_OWN_SIGN_IN = f"{API_PREFIX}/auth/"
_ETAG = re.compile(r'"([0-9]{1,18})"')


class TokenVerifier(Protocol):
    """Reads access tokens."""

    async def verify(self, token: str, address: str) -> Principal:
        """The caller behind a token or API key; raises Unauthenticated's kin for a bad one."""
        ...


@frozen
class Services:
    """What the composition root hands to the endpoints, as ``app.state.services``."""

    runner: CommandRunner
    reader: Reader
    tokens: TokenVerifier
    cursors: CursorSigner
    problems: Problems
    clock: Clock
    extras: Mapping[str, Any]


class Http:
    """One request of an authenticated caller who may do what its route declares."""

    def __init__(self, request: Request, services: Services, principal: Principal) -> None:
        self.request = request
        self.services = services
        self.principal = principal
        # Whether the request is only a trial, as all those of a test key are.
        self.dry_run = principal.key_mode == "test"
        shape: Shape = getattr(request.scope.get("route"), "shape", OPEN)
        # The guarded members of the answer; None if the caller may see all of them, as is usual.
        self._guards = None if shape.permissions <= principal.permissions else shape

    def require_step_up(self) -> None:
        """Pass if the caller confirmed their identity recently.

        Raises:
            StepUpRequired: not confirmed, or the caller is an API key, which cannot confirm.
        """
        if not self.principal.proved_lately(self.now()):
            raise StepUpRequired

    async def run(self, command: Command[Any], input_: Any) -> Response:
        """Run a command as the request says: once per idempotency key, or only as a trial."""
        principal = self.principal
        principal.require(command.permission)
        key = self._idempotency_key(command)
        call = Call(command, input_, principal, key, self._request_hash() if key else b"")
        [outcome] = await self.services.runner.run([call], dry_run=self.dry_run)
        if isinstance(outcome, DomainError):
            raise outcome
        if self._guards is not None:
            outcome = replace(outcome, body=self._seen(outcome.body))
        return to_response(outcome)

    async def run_batch(
        self, command: Command[Any], items: list[tuple[str, Any]], *, atomic: bool
    ) -> Response:
        """Run one command per item, in order; each item has its own idempotency key."""
        self.principal.require(command.permission)
        raw = await self.request.json()
        calls = []
        for (key, input_), item in zip(items, raw["items"], strict=True):
            if _KEY.fullmatch(key) is None:
                raise IdempotencyKeyInvalid
            without_key = {name: value for name, value in item.items() if name != "idempotency_key"}
            calls.append(
                Call(command, input_, self.principal, key, _request_hash({}, "", without_key))
            )
        outcomes = await self.services.runner.run(calls, atomic=atomic, dry_run=self.dry_run)
        if atomic and isinstance(outcomes[-1], DomainError):
            raise _of_item(outcomes[-1], len(outcomes) - 1)
        return self._batch_response(outcomes, status=200 if atomic else 207)

    def _batch_response(self, outcomes: list[Any], status: int) -> Response:
        parts = []
        for place, outcome in enumerate(outcomes):
            if isinstance(outcome, DomainError):
                document = self.services.problems.document(outcome, self.request.scope)
                item_status, body = document["status"], orjson.dumps(document)
            else:
                item_status, body = outcome.status, outcome.body
            replayed = isinstance(outcome, Answer) and outcome.replayed
            head = b'{"index":%d,"status":%d,"replayed":%s,"body":' % (
                place,
                item_status,
                b"true" if replayed else b"false",
            )
            parts.append(head + body + b"}")
        return json_response(self._seen(b'{"items":[' + b",".join(parts) + b"]}"), status)

    async def one(self, noun: Noun[Any], id_text: str) -> Response:
        """The object with this id, or 304 when the caller has its present version."""
        id_ = self.id_of(noun.prefix, id_text)
        return await self.object(noun.kind, (id_,), noun.show)

    def reading(self, loaded: Loaded) -> Work:
        """What was loaded, to be looked at as a decision does."""
        return Work(loaded, self.principal, self.now(), _no_id)

    async def load(self, needs: Needs) -> Loaded:
        """What ``needs`` names, without locks."""
        return await self.services.reader.load(self.principal.tenant_id, needs)

    def answer(self, view: Any, status: int = 200) -> Response:
        """A view on the wire."""
        return json_response(self._written(view), status)

    def _written(self, view: Any) -> bytes:
        """A view as JSON, without what the caller does not see."""
        if self._guards is not None:
            view = self._guards.shown(view, self.principal.permissions)
        return orjson.dumps(view)

    def _seen(self, body: bytes) -> bytes:
        """A written answer, which may be a stored one, without what the caller does not see now."""
        return body if self._guards is None else self._written(orjson.loads(body))

    def _refuse_guarded(self, listing: Listing, filters: Mapping[str, Any]) -> None:
        """Refuse to order or filter rows by a member that the caller may not see.

        It is refused like an unknown order or parameter: the order of the rows would reveal values.
        """
        rows = self._guards.inside.get("data", OPEN) if self._guards is not None else OPEN
        hidden = rows.hidden(self.principal.permissions)
        if hidden:
            check_sort(self.request, tuple(name for name in listing.sorts if name not in hidden))
            asked = [name for name in filters if _member_of(name) in hidden]
            if asked:
                raise faulty(UnknownParameter, [f"?{name}" for name in sorted(asked)])

    def versioned(self, view: Any) -> Response:
        """A view with its version as entity tag, or 304 when the caller has that version."""
        return self._tagged(view["version"], lambda: view)

    async def object(self, kind: Any, key: tuple[Any, ...], show: Any) -> Response:
        """The aggregate with this key as ``show`` presents it."""
        loaded = await self.load(Needs().many(kind, [key]))
        found = loaded.present.get(kind, {}).get(key)
        if found is None:
            raise NotFound
        return self._tagged(getattr(found, "version", None), lambda: show(found))

    def _tagged(self, version: int | None, view: Callable[[], Any]) -> Response:
        headers = {} if version is None else {"etag": f'"{version}"'}
        if headers and knows(self.request.scope, headers["etag"]):
            return Response(status_code=304, headers=headers)
        return json_response(self._written(view()), 200, headers)

    async def list(self, listing: Listing, page: PageParams, **filters: Any) -> Response:
        """One page of a list, with what the page states beside its rows."""
        given = {name: value for name, value in filters.items() if value is not None}
        self._refuse_guarded(listing, given)
        request, tag = page.request(listing, given, self.principal.tenant_id, self.services.cursors)
        result = await self.services.reader.page(self.principal.tenant_id, listing, request)
        cursor = None
        if result.next_after is not None:
            cursor = self.services.cursors.write(tag, result.next_after)
        body: dict[str, Any] = {
            "data": result.data,
            "next_cursor": cursor,
            "has_more": cursor is not None,
        }
        if result.total is not None:
            body["total"] = result.total
        body.update(page.stated)
        headers = {}
        if cursor is not None:
            asked = [
                each for each in self.request.query_params.multi_items() if each[0] != "cursor"
            ]
            query = urlencode([*asked, ("cursor", cursor)])
            headers["link"] = f'<{self.request.scope["path"]}?{query}>; rel="next"'
        return json_response(self._written(body), 200, headers)

    def now(self) -> datetime:
        """The present instant: when something happens that states no time."""
        return self.services.clock.now()

    def id_of(self, prefix: str, text: str) -> Id:
        """The id in the path; one of another form addresses nothing."""
        try:
            return read(prefix, text)
        except InvalidValue:
            raise NotFound from None

    def expected_version(self) -> int:
        """The version that If-Match names.

        Raises:
            VersionRequired: the header is missing.
            IfMatchInvalid: it is not one strong tag.
        """
        header = self.request.headers.get("if-match")
        if header is None:
            raise VersionRequired
        match = _ETAG.fullmatch(header.strip())
        if match is None:
            raise IfMatchInvalid.at("@If-Match")
        return int(match[1])

    def _idempotency_key(self, command: Command[Any]) -> str | None:
        key = self.request.headers.get("idempotency-key")
        if key is None:
            if command.key_required and not self.dry_run:
                raise IdempotencyKeyMissing
            return None
        if _KEY.fullmatch(key) is None:
            raise IdempotencyKeyInvalid
        return key

    def _request_hash(self) -> bytes:
        parsed = getattr(self.request, "parsed", None)
        if_match = self.request.headers.get("if-match", "")
        return _request_hash(self.request.path_params, if_match, parsed)


async def http(request: Request) -> Http:
    """Authenticate the caller and check what the route declares: permission, and a fresh proof."""
    return await known_caller(request, request.app.state.services.tokens)


async def known_caller(request: Request, tokens: TokenVerifier) -> Http:
    """The caller behind a token that ``tokens`` knows, who may do what the route declares."""
    services: Services = request.app.state.services
    values = request.headers.getlist("authorization")
    if len(values) != 1:
        raise Unauthenticated
    scheme, _, token = values[0].partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated
    record = record_of(request.scope)
    principal = await tokens.verify(token, record.client)
    record.user_id = principal.user_id.hex()
    record.company_id = principal.tenant_id.hex()
    record.locale = principal.locale
    principal = replace(principal, request_id=record.request_id, address=record.client)
    record.principal = principal
    route = request.scope["route"]
    if principal.mfa_missing and not route.path.startswith(_OWN_SIGN_IN):
        raise MfaEnrolmentRequired
    declared = route.openapi_extra
    if not (principal.key_mode and KEYS_TOO in declared):
        principal.require(declared[PERMISSION_KEY])
    for also in declared.get(REQUIRES_KEY, ()):
        principal.require(also)
    caller = Http(request, services, principal)
    if STEP_UP_KEY in declared:
        caller.require_step_up()
    return caller


Caller = Annotated[Http, Depends(http)]


DryRun = Annotated[
    bool,
    Query(
        description="Decide everything, keep nothing. The answer is the one that the real "
        "request would give now, with its status and number; neither is taken."
    ),
]
KeyHeader = Annotated[
    str | None,
    Header(description="The same key with the same request gives the first answer again."),
]


async def command_http(
    caller: Caller, dry_run: DryRun = False, idempotency_key: KeyHeader = None
) -> Http:
    """The caller of a command; declares what every command accepts. ``Http.run`` reads the key."""
    del idempotency_key
    caller.dry_run |= dry_run
    return caller


CommandCaller = Annotated[Http, Depends(command_http)]


def _no_id() -> Id:
    raise TypeError("nothing is made while reading")


def _member_of(name: str) -> str:
    """The member that a filter is about: ``value_from`` is about ``value``."""
    return name.removesuffix("_from").removesuffix("_to")


def to_response(answer: Answer) -> Response:
    """The answer of a command on the wire."""
    headers = dict(answer.headers)
    if answer.replayed:
        headers["idempotent-replayed"] = "true"
    return json_response(answer.body, answer.status, headers)


def json_response(body: bytes, status: int, headers: Mapping[str, str] | None = None) -> Response:
    """Bytes of JSON."""
    return Response(body, status, headers, media_type="application/json")


def _request_hash(path: Mapping[str, str], if_match: str, body: Any) -> bytes:
    """What tells a repeat from another request; an item of a batch equals the single request."""
    whole = orjson.dumps([dict(path), if_match, body], option=orjson.OPT_SORT_KEYS)
    return hashlib.blake2b(whole, digest_size=24).digest()


def _of_item(refusal: DomainError, place: int) -> DomainError:
    """A refusal whose pointers start at an item of the batch."""
    refusal.faults = tuple(
        replace(fault, pointer=f"/items/{place}{fault.pointer}") for fault in refusal.faults
    )
    return refusal
