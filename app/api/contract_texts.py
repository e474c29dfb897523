"""The words of the contract: what members, parameters and headers mean, each said once."""

from typing import Any, Final

DESCRIPTION: Final = """\
Sales, purchases, stock and books of trading companies.

**Authentication.** `POST /api/v1/auth/register` makes a company, `POST /api/v1/auth/login` gives an
`access_token`. Send it as `Authorization: Bearer <access_token>`; here: press *Authorize*. When it
has expired, `POST /api/v1/auth/refresh` gives the next one. All that is read and written belongs to
the company of the token. Where the user has a second factor, the login answers 202 and waits for
`POST /api/v1/auth/mfa/verify`. Operations marked `x-step-up` need a proof of the last ten minutes,
a login or `POST /api/v1/auth/step-up`; without it they answer 403 `auth.step_up_required`. A
program sends an API key (`tp_live_…`, of `POST /api/v1/api-keys`) the same way; what a test key
(`tp_test_…`) changes is only tried. A key or token in an address is 401.

**Limits.** `RateLimit` tells what is left of the caller's budget, `RateLimit-Policy` how large it
is. An operation takes as many tokens as its `x-rate-cost` says; 429 says when to come back.

**Numbers.** Money, quantities, prices and rates are decimal strings (`"12.50"`), never JSON
numbers. A document states its currency once. More decimals than allowed are refused, not rounded.

**Texts** hold no character that cannot be seen or that changes how the rest is read (U+200B,
U+202E), but for tabs, line ends, and joiners inside words and emoji.

**Ids** are a prefix and 26 letters and digits (`prd_01J8Z3K4M5N6P7Q8R9S0T1V2W3`). A create accepts
an `id` made by the client; sending the same again answers the object that exists.

**Exactly once.** Send `Idempotency-Key` with every POST; it is required where money or stock moves.
The same key with the same request gives the first answer again, with `Idempotent-Replayed: true`.
The items of a batch carry their own keys.

**Dry run.** `?dry_run=true` decides a command in full and keeps nothing. The answer is the one that
the real request would give now, with its status (201, "posted") and the next number; the number is
not taken, and the id leads nowhere.

**Changes.** What may change has an `ETag`. `PATCH`, `activate` and `deactivate` need it in
`If-Match`: 428 without, 412 when somebody else was first. A PATCH is a JSON merge patch: null
clears a member, an absent one stays.

**Permissions.** `x-permission` names the permission that an operation needs, and `x-requires` the
permissions that it needs in addition. A caller without them gets 403 before the body is read.
`x-requires` on a member: answers leave the member out for callers without the permission (costs are
shown with `costs:read`); with `x-requires-when` only if another member has one of these values.
Such a list cannot be ordered or filtered by the member either. `GET /api/v1/auth/me` lists the
permissions of the caller, `GET /api/v1/roles` those of the roles; a company makes its own.

**Lists** give `data`, `next_cursor` and `has_more`. Send `next_cursor` as `cursor` for the next
page, with the same filters and order, or follow `Link: <…>; rel="next"`.

**Errors** are problem documents (RFC 9457): `code` never changes, `detail` says what is wrong,
`fix` what to do, `errors` where. They are English or Arabic, by `Accept-Language`. All codes:
[/errors](/errors).
"""

TAGS: Final[dict[str, str]] = {
    "auth": "Sign up, sign in, renew, sign out.",
    "members": "Who works for the company, and as what.",
    "audit": "Who did what, and the proof that nobody changed it since.",
    "roles": "What members may do: the usual roles, and those that a company makes for itself.",
    "api-keys": "How programs work for the company.",
    "companies": "The company of the caller and how its books are kept.",
    "receipts": "Goods that suppliers bring, and goods sent back to them.",
    "bills": "What suppliers charge for goods received.",
    "payments": "Money from customers and to suppliers.",
    "allocations": "Credits of a party matched with its debits.",
    "open-items": "What documents leave open between the company and its parties.",
    "periods": "The months of the books: open, closed, locked.",
    "journal-entries": "Every posting of the books.",
    "reports": "What books and stock say, as of a day and as known at an instant.",
    "operations": "Health and figures of the service, for its operator.",
    "exports": "Everything that the company has, in one file.",
    "platform": "Companies and users, for operators of the platform.",
}

PARAMETERS: Final[dict[str, str]] = {
    "id": "The id of the object.",
    "active": "Only what is in use (true) or out of use (false).",
    "account_id": "Only of this account.",
    "effective_from": "The first day, included.",
    "effective_to": "The last day, included.",
    "page": "The page by number, from 1, in place of a cursor.",
    "per_page": "Rows a page, in place of `limit`.",
    "product_id": "Only of this product.",
    "q": "Text that the name (of products also the SKU) contains.",
    "role": "Only with this role.",
    "user_id": "Only of this member.",
    "operator_id": "Only what this operator did.",
    "company_id": "Only what was done to this company.",
    "action": "Only actions of this name.",
    "recorded_from": "Only from this instant on.",
    "recorded_to": "Only up to this instant.",
    "status": "Only companies with this status.",
}

_ETAG: Final = {
    "type": "string",
    "pattern": '^"[0-9]{1,18}"$',
    "maxLength": 20,
    "examples": ['"3"'],
}

IDEMPOTENCY_KEY: Final[dict[str, Any]] = {
    "name": "Idempotency-Key",
    "in": "header",
    "schema": {"type": "string", "maxLength": 128, "pattern": "^[A-Za-z0-9._:-]{1,128}$"},
    "example": "till-7-000123",
}
KEY_REQUIRED: Final = (
    "Required: money or stock moves. A new key for each intended change, the same with every "
    "repeat, which gets the first answer again. Kept at least 24 hours. A dry run needs none."
)
KEY_ACCEPTED: Final = (
    "The same key with the same request gives the first answer again. Kept at least 24 hours."
)
IF_MATCH: Final[dict[str, Any]] = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": "The ETag of the version to be changed, with its quotes. 428 without, 412 when "
    "it is no longer the present one.",
    "schema": _ETAG,
}
IF_NONE_MATCH: Final[dict[str, Any]] = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "The ETags that the caller has, separated by commas, or `*`: 304 when the "
    "present one is among them. `W/` before one makes no difference.",
    "schema": {"type": "string", "examples": ['"3"']},
}
ACCEPT_LANGUAGE: Final[dict[str, Any]] = {
    "name": "Accept-Language",
    "in": "header",
    "required": False,
    "description": "Language of the texts of problems: `en` (default) or `ar`; what "
    "cannot be read means the default.",
    "schema": {"type": "string"},
}

HEADERS: Final[dict[str, dict[str, Any]]] = {
    "ETag": {"description": "The version of the object, for If-Match.", "schema": _ETAG},
    "Location": {
        "description": "Where the new object is found.",
        "schema": {"type": "string", "maxLength": 200},
    },
    "Idempotent-Replayed": {
        "description": "`true` where this is the first answer to the same key again.",
        "schema": {"type": "string", "enum": ["true"]},
    },
    "Link": {
        "description": 'The next page, as `<…>; rel="next"`; absent on the last one.',
        "schema": {"type": "string", "maxLength": 4_000},
    },
    "RateLimit": {
        "description": "What is left of the budget: `r` tokens, full again in `t` seconds.",
        "schema": {"type": "string", "maxLength": 200},
    },
    "RateLimit-Policy": {
        "description": "The budget: `q` tokens in `w` seconds.",
        "schema": {"type": "string", "maxLength": 200},
    },
    "X-Request-ID": {
        "description": "The id of the request; a well-formed one of the caller is kept.",
        "schema": {"type": "string", "maxLength": 64},
    },
    "X-Trace-Id": {
        "description": "Under this id the request stands in the log.",
        "schema": {"type": "string", "maxLength": 32},
    },
}
ON_EVERY_ANSWER: Final = ("RateLimit", "RateLimit-Policy", "X-Request-ID", "X-Trace-Id")
