"""What other contexts may ask of identity."""

from app.application.identity.ports import TENANTS
from app.application.identity.registration import Registration, open_company, registration_needs

__all__ = ["TENANTS", "Registration", "open_company", "registration_needs"]
