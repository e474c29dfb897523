"""Reports: no nouns, but a permission to read them."""

from app.application.shared.nouns import Access, Context, Resource

REPORTS = Context(
    "reports",
    (),
    resources=(Resource("reports", Access(read="manager accountant buyer viewer")),),
)
