"""What of identity has permissions."""

from app.application.shared.nouns import Access, Context, Resource

_EVERYBODY = "manager accountant buyer cashier warehouse viewer"

IDENTITY = Context(
    "identity",
    (),
    resources=(
        Resource("profile", Access()),  # the own sign-in; every role has it
        Resource("companies", Access(read=_EVERYBODY)),
        Resource("members", Access(write="manager")),
        Resource("roles", Access(read="manager")),
        Resource("api_keys", Access(read="manager")),
        Resource("exports", Access()),  # everything that the company has, in one file
        Resource("company_deletion", Access()),  # the deletion of the company
        Resource("system", Access()),
        Resource("audit_entries", Access(read="manager accountant")),
    ),
)
