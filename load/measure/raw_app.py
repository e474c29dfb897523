"""The limit of a read: bare ASGI, asyncpg and orjson, with the rows and envelope of the service."""

import os
from typing import Any

import asyncpg
import orjson

from app.domain.shared.ids import read, show
from app.domain.shared.numbers import SCALE_DIGITS, format_scaled

_COLUMNS = (
    "id, sku, name, description, barcode, kind, unit_id, category_id, price, tax_id, "
    "purchase_tax_id, costing, revenue_account_id, return_account_id, active, version"
)
_ONE = f"SELECT {_COLUMNS} FROM products WHERE tenant_id = $1 AND id = $2"  # noqa: S608
_LIST = (
    f"SELECT {_COLUMNS} FROM products WHERE tenant_id = $1 "  # noqa: S608
    "ORDER BY name_folded, id LIMIT 101"
)
_PREFIXES = {
    "id": "prd",
    "unit_id": "unt",
    "category_id": "cat",
    "tax_id": "tax",
    "purchase_tax_id": "tax",
    "revenue_account_id": "acc",
    "return_account_id": "acc",
}
_pools: dict[str, asyncpg.Pool] = {}


async def _prepare(connection: Any) -> None:
    await connection.set_type_codec(
        "uuid", schema="pg_catalog", encoder=bytes, decoder=bytes, format="binary"
    )


async def _pool() -> asyncpg.Pool:
    if "reads" not in _pools:
        _pools["reads"] = await asyncpg.create_pool(
            os.environ["BENCH_URL"],
            min_size=8,
            max_size=8,
            init=_prepare,
            server_settings={"role": "tradepost_app"},
        )
    return _pools["reads"]


def _view(row: Any) -> dict[str, Any]:
    view = dict(row)
    for name, prefix in _PREFIXES.items():
        if view[name] is not None:
            view[name] = show(prefix, view[name])
    if view["price"] is not None:
        view["price"] = format_scaled(view["price"], SCALE_DIGITS)
    return view


async def app(scope: Any, _receive: Any, send: Any) -> None:
    """Answer ``/one/<id>``, ``/list`` and ``/ready``."""
    if scope["type"] != "http":
        return
    body = b"{}"
    if scope["path"] != "/ready":
        tenant = os.environ["BENCH_TENANT"]
        async with (await _pool()).acquire() as connection:
            await connection.execute(f"BEGIN; SET LOCAL app.tenant_id = '{tenant}'")
            if scope["path"] == "/list":
                rows = await connection.fetch(_LIST, bytes.fromhex(tenant))
                body = orjson.dumps({"data": [_view(row) for row in rows[:100]]})
            else:
                wanted = read("prd", scope["path"].removeprefix("/one/"))
                row = await connection.fetchrow(_ONE, bytes.fromhex(tenant), wanted)
                body = orjson.dumps(_view(row))
            await connection.execute("COMMIT")
    length = str(len(body)).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", length)]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
