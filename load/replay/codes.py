"""Which stock codes are services, and the account each of them belongs to.

Everything else in the file is goods. Codes are compared without regard to case.
"""

from typing import Final, NamedTuple


class ServiceAccounts(NamedTuple):
    """Roles of the accounts that a service posts to when sold and when taken back."""

    sold: str
    returned: str


def _both(role: str) -> ServiceAccounts:
    return ServiceAccounts(role, role)


_SERVICES: Final = {
    "POST": _both("freight_income"),
    "DOT": _both("freight_income"),
    "C2": _both("freight_income"),
    "AMAZONFEE": _both("merchant_fees"),
    "BANK CHARGES": _both("merchant_fees"),
    "M": ServiceAccounts("sales", "sales_allowances"),
    "D": _both("discounts_allowed"),
    "S": _both("marketing_and_samples"),
    "CRUK": _both("marketing_and_samples"),
}
_VOUCHER: Final = "GIFT_"

GOODS: Final = "goods"
GOODS_ACCOUNTS: Final = ServiceAccounts("sales", "sales_returns")


def normal(code: str) -> str:
    """The normal form, in which codes that differ only in case are equal."""
    return code.strip().upper()


def service_accounts(code: str) -> ServiceAccounts | None:
    """The accounts of the service ``code`` (in normal form); None for goods."""
    if code.startswith(_VOUCHER):
        return _both("customer_credit")
    return _SERVICES.get(code)


def accounts_of(bucket: str) -> ServiceAccounts:
    """The accounts of a control line: ``goods`` or the code of a service."""
    return service_accounts(bucket) or GOODS_ACCOUNTS


def bucket_of(code: str) -> str:
    """The control line that ``code`` (in normal form) belongs to."""
    return GOODS if service_accounts(code) is None else code
