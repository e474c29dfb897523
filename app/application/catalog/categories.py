"""Categories of products."""

from app.application.shared.kinds import Finder, Kind, Needs
from app.application.shared.masters import Create, Edit, Master, Unique
from app.application.shared.nouns import Access, Noun, by, by_id
from app.application.shared.reading import list_of
from app.application.shared.views import View
from app.application.shared.work import Work
from app.domain.catalog.category import Category, CategoryCycle, CategoryTooDeep

CATEGORIES: Kind[Category] = Kind("categories", key=by_id)
CATEGORY_TREE: Finder[Category] = Finder("category_tree", CATEGORIES, by())


def _needs(_: Create | Edit, needs: Needs) -> Needs:
    # The whole tree is locked: two moves at once could close a cycle that neither sees.
    return needs.search(CATEGORY_TREE)


def _placed(category: Category, _: Category | None, work: Work) -> Category:
    tree = {each.id: each for each in work.search(CATEGORY_TREE)}
    category.check_place({**tree, category.id: category})
    return category


CATEGORY = Master(
    Noun(
        "category",
        CATEGORIES,
        View(Category),
        "/categories",
        "The tree of product categories.",
        Access(write="manager buyer", read="accountant cashier warehouse viewer"),
        refusals=[CategoryCycle, CategoryTooDeep],
    ),
    unique=[Unique("code")],
    needs=_needs,
    complete=_placed,
    listed=list_of("categories", Category, sorts=("code", "name"), filters=("parent_id", "active")),
)
