"""What others may ask of sales: its documents, and what of them came back."""

from app.application.sales.returns import RETURN, RETURNS
from app.application.sales.sales import RETURNED, SALE, SALES

__all__ = ["RETURN", "RETURNED", "RETURNS", "SALE", "SALES"]
