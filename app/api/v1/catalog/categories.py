"""/categories: the tree of categories."""

from starlette.responses import Response

from app.api.deps import Caller
from app.api.masters import add_master, listed
from app.api.paging import PageQuery
from app.api.route import permission, v1_router
from app.api.wire import ABSENT, CategoryId, Schema, Text32, Text200
from app.application.catalog.categories import (
    ACTIVATE_CATEGORY,
    CATEGORY,
    CREATE_CATEGORY,
    DEACTIVATE_CATEGORY,
    EDIT_CATEGORY,
)
from app.application.catalog.ports import CATEGORY_LIST
from app.application.catalog.views import CategoryView

router = v1_router("/categories", tags=["categories"])


class CategoryIn(Schema):
    """A new category, at the top or below ``parent_id``."""

    id: CategoryId | None = None
    code: Text32
    name: Text200
    parent_id: CategoryId | None = None


class CategoryPatch(Schema):
    """What may change of a category; a null parent moves it to the top."""

    name: Text200 = ABSENT
    parent_id: CategoryId | None = ABSENT


add_master(
    router,
    CATEGORY,
    CategoryView,
    new=CategoryIn,
    patch=CategoryPatch,
    create=CREATE_CATEGORY,
    edit=EDIT_CATEGORY,
    activate=ACTIVATE_CATEGORY,
    deactivate=DEACTIVATE_CATEGORY,
)


@router.get(
    "",
    summary="List categories",
    openapi_extra=permission("categories:read"),
    responses=listed(CategoryView, CATEGORY_LIST),
)
async def list_categories(
    http: Caller,
    page: PageQuery,
    parent_id: CategoryId | None = None,
    active: bool | None = None,
) -> Response:
    """Categories in the order of their codes; ``parent_id`` keeps the children of one."""
    return await http.list(CATEGORY_LIST, page, parent_id=parent_id, active=active)
