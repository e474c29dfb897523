"""What other contexts may ask of identity."""

from app.application.identity.companies.founding import (
    Company,
    found_another,
    founded_view,
    founding_needs,
)
from app.application.identity.directory.kinds import TENANTS
from app.application.identity.sign_in.registration import (
    Registration,
    open_company,
    registration_needs,
)

__all__ = [
    "TENANTS",
    "Company",
    "Registration",
    "found_another",
    "founded_view",
    "founding_needs",
    "open_company",
    "registration_needs",
]
