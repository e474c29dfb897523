"""Categories of products: a forest without cycles."""

from collections.abc import Mapping
from typing import Annotated

from app.domain.catalog.ids import CategoryId
from app.domain.shared.errors import DomainError, Kind
from app.domain.shared.fields import Active, Code, Example, Mark, Name, Version
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id

DEPTH_MAX = 12


class CategoryCycle(DomainError):
    """A category cannot stand below itself."""

    code = "catalog.category_cycle"
    kind = Kind.RULE_BROKEN


class CategoryTooDeep(DomainError):
    """The tree of categories has at most ``DEPTH_MAX`` levels."""

    code = "catalog.category_too_deep"
    kind = Kind.RULE_BROKEN


@frozen
class Category:
    """A node of the tree of product categories."""

    id: CategoryId
    code: Annotated[Code, Mark.FIXED, Example("drinks")]
    name: Annotated[Name, Example("Hot drinks")]
    parent_id: CategoryId | None
    """The category above; null at the top of the tree."""
    active: Active
    version: Version

    def check_place(self, tree: Mapping[Id, "Category"]) -> None:
        """Let the category stand below its parent; ``tree`` holds every category of the tenant.

        Raises:
            CategoryCycle: the parent is this category or stands below it.
            CategoryTooDeep: this branch would reach below the deepest level.
        """
        above = 0
        step = self.parent_id
        while step is not None:
            if step == self.id:
                raise CategoryCycle.at("/parent_id")
            above += 1
            step = tree[step].parent_id
        if above + _height(self.id, tree) > DEPTH_MAX:
            raise CategoryTooDeep.at("/parent_id", levels=DEPTH_MAX)


def _height(top: Id, tree: Mapping[Id, Category]) -> int:
    """Levels of the branch that starts at ``top``, itself included."""
    children: dict[Id, list[Id]] = {}
    for category in tree.values():
        if category.parent_id is not None:
            children.setdefault(category.parent_id, []).append(category.id)
    height, level = 0, [top]
    while level:
        height += 1
        level = [child for each in level for child in children.get(each, [])]
    return height
