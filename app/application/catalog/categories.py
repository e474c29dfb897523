"""Categories of products."""

from app.application.catalog.ports import CATEGORIES, CATEGORY_TREE
from app.application.catalog.views import category_view
from app.application.shared.access import Principal
from app.application.shared.commands import Command, Done
from app.application.shared.kinds import Lock, Needs
from app.application.shared.masters import (
    Create,
    Edit,
    Noun,
    created,
    edited,
    own_need,
    switches,
    to_edit,
)
from app.application.shared.work import Work
from app.domain.catalog.category import Category
from app.domain.shared.errors import Duplicate, ReferenceNotFound
from app.domain.shared.ids import Id

CATEGORY = Noun(CATEGORIES, "category", "cat", "/api/v1/categories", category_view)


def _needs(request: Create | Edit, _: Principal) -> Needs:
    # The whole tree is locked: two moves at once could close a cycle that neither sees.
    return own_need(CATEGORIES, request.id, Lock.UPDATE).search(CATEGORY_TREE)


def _create(create: Create, work: Work) -> Done:
    members = dict(create.members)
    parent_id = members.pop("parent_id", None)
    tree = _tree(work)
    category = Category.new(create.id or work.new_id(), **members)
    if any(each.code == category.code and each.id != category.id for each in tree.values()):
        raise Duplicate.at("/code")
    category = _placed(category, parent_id, tree)
    return created(work, CATEGORY, category)


def _edit(edit: Edit, work: Work) -> Done:
    before: Category = to_edit(work, CATEGORY, edit)
    after = before
    if "name" in edit.members:
        after = after.renamed(edit.members["name"])
    if "parent_id" in edit.members:
        after = _placed(after, edit.members["parent_id"], _tree(work))
    return edited(work, CATEGORY, before, after)


def _tree(work: Work) -> dict[Id, Category]:
    return {category.id: category for category in work.search(CATEGORY_TREE)}


def _placed(category: Category, parent_id: Id | None, tree: dict[Id, Category]) -> Category:
    if parent_id is not None and parent_id not in tree:
        raise ReferenceNotFound.at("/parent_id")
    return category.under(parent_id, {**tree, category.id: category})


CREATE_CATEGORY = Command("categories.create", "categories:write", _needs, _create)
EDIT_CATEGORY = Command("categories.edit", "categories:write", _needs, _edit)
ACTIVATE_CATEGORY, DEACTIVATE_CATEGORY = switches(CATEGORY, "categories:write")
