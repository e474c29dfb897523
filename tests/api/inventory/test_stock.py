"""/stock-levels and /stock-moves over HTTP, on both databases."""

from typing import Any

from tests.support.company import Company
from tests.support.stock import adjust


async def test_pages_of_levels_and_moves(company: Company) -> None:
    """Levels are ordered by product and place, moves as they were recorded; pages lose none."""
    shop = await company.post("/locations", {"code": "SHOP", "name": "Shop"})
    main_id = await company.location()
    products = [await company.product(f"M-{number}") for number in range(3)]
    early, late = "2021-01-05T12:00:00Z", "2021-01-06T12:00:00Z"
    posted = []
    for at, place in ((late, main_id), (early, shop["id"])):
        for product_id in products if at == late else ():
            line = (product_id, "2", "1.00")
            posted.append(
                await adjust(company, "opening", line, effective_at=at, location_id=place)
            )
    fresh = await company.product("M-9")
    for at, place in ((early, shop["id"]), (late, main_id)):
        posted.append(
            await adjust(
                company, "opening", (fresh, "1.000", "1.00"), effective_at=at, location_id=place
            )
        )
    expected = [(each, main_id) for each in products] + sorted(
        [(fresh, main_id), (fresh, shop["id"])]
    )
    seen = []
    cursor: dict[str, Any] = {}
    while True:
        page = await company.get("/stock-levels", limit=2, **cursor)
        seen += [(each["product_id"], each["location_id"]) for each in page["data"]]
        if not page["has_more"]:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert seen == expected
    here = await company.get("/stock-levels", location_id=shop["id"])
    assert here["data"] == [{"product_id": fresh, "location_id": shop["id"], "on_hand": "1"}]
    moves = (await company.get("/stock-moves"))["data"]
    assert [each["source_id"] for each in moves] == [each["id"] for each in posted]
    by_time = (await company.get("/stock-moves", sort="-effective_at", limit=2))["data"]
    assert {each["effective_on"] for each in by_time} == {"2021-01-06"}
    of_item = (await company.get("/stock-moves", product_id=fresh, location_id=main_id))["data"]
    assert [each["quantity"] for each in of_item] == ["1"]
    first_day = (await company.get("/stock-moves", effective_to="2021-01-05"))["data"]
    assert [each["source_id"] for each in first_day] == [posted[3]["id"]]
    assert first_day[0] == {
        "id": first_day[0]["id"],
        "product_id": fresh,
        "location_id": shop["id"],
        "quantity": "1",
        "effective_at": "2021-01-05T12:00:00Z",
        "effective_on": "2021-01-05",
        "source_kind": "adjustment",
        "source_id": posted[3]["id"],
        "line": 1,
        "recorded_at": posted[3]["recorded_at"],
    }
    later = (await company.get("/stock-moves", effective_from="2021-01-06"))["data"]
    assert len(later) == 4
    by_document = (await company.get("/stock-moves", source_id=posted[0]["id"]))["data"]
    assert [each["product_id"] for each in by_document] == [products[0]]
    for wrong in ("con_01JZ8B6Q0G3V5W7X9YABCDEFGH", "adj_1", "nothing"):
        await company.get("/stock-moves", status=422, source_id=wrong)
