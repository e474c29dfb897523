"""Categories of products: a forest without cycles."""

from collections.abc import Mapping
from dataclasses import replace

from app.domain.shared.errors import DomainError, Kind
from app.domain.shared.frozen import frozen
from app.domain.shared.ids import Id
from app.domain.shared.texts import checked_code, checked_name

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
    """A node of the tree; ``parent_id`` is None at the top."""

    id: Id
    code: str
    name: str
    parent_id: Id | None
    active: bool
    version: int

    @classmethod
    def new(cls, id_: Id, code: str, name: str) -> "Category":
        """A new category at the top of the tree."""
        return cls(id_, checked_code(code), checked_name(name), None, active=True, version=1)

    def renamed(self, name: str) -> "Category":
        """The category under another name."""
        return replace(self, name=checked_name(name))

    def under(self, parent_id: Id | None, tree: Mapping[Id, "Category"]) -> "Category":
        """The category below another; ``tree`` holds every category of the tenant.

        Raises:
            CategoryCycle: the new parent is this category or stands below it.
            CategoryTooDeep: this branch would reach below the deepest level.
        """
        above = 0
        step = parent_id
        while step is not None:
            if step == self.id:
                raise CategoryCycle.at("/parent_id")
            above += 1
            step = tree[step].parent_id
        if above + _height(self.id, tree) > DEPTH_MAX:
            raise CategoryTooDeep.at("/parent_id", levels=DEPTH_MAX)
        return replace(self, parent_id=parent_id)


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
