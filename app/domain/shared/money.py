"""Money: an exact amount in minor units, together with its currency."""

from collections.abc import Sequence

from app.domain.shared.errors import DomainError, InvalidValue, Kind
from app.domain.shared.frozen import frozen
from app.domain.shared.numbers import allocate, format_amount, parse_scaled


class CurrencyMismatch(DomainError):
    """Two amounts of different currencies cannot be added or compared."""

    code = "money.currency_mismatch"
    kind = Kind.RULE_BROKEN


# ISO 4217: currencies whose minor unit is not a hundredth.
_EXPONENTS = {
    **dict.fromkeys(
        "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(), 0
    ),
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
    **dict.fromkeys("CLF UYW".split(), 4),
}
_HUNDREDTHS = frozenset(
    (
        "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD "
        "CAD CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP "
        "GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD "
        "LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB "
        "PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC "
        "SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD YER ZAR ZMW ZWG"
    ).split()
)


def currency_exponent(code: str) -> int:
    """Decimals of the currency's minor unit (JPY 0, GBP 2, KWD 3).

    Raises:
        InvalidValue: not a current ISO 4217 currency.
    """
    if code in _HUNDREDTHS:
        return 2
    exponent = _EXPONENTS.get(code)
    if exponent is None:
        raise InvalidValue
    return exponent


@frozen
class Money:
    """``minor`` units (pence, yen, fils) of ``currency``."""

    minor: int
    currency: str

    @classmethod
    def parse(cls, text: str, currency: str) -> "Money":
        """Read a decimal string; more decimals than the currency has are refused, not rounded."""
        return cls(parse_scaled(text, currency_exponent(currency)), currency)

    def __str__(self) -> str:
        return format_amount(self.minor, currency_exponent(self.currency))

    def __add__(self, other: "Money") -> "Money":
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.minor - self._same(other), self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    def __lt__(self, other: "Money") -> bool:
        return self.minor < self._same(other)

    def __le__(self, other: "Money") -> bool:
        return self.minor <= self._same(other)

    def allocate(self, weights: Sequence[int]) -> list["Money"]:
        """Split by weights; the parts add up to the whole."""
        return [Money(part, self.currency) for part in allocate(self.minor, weights)]

    def _same(self, other: "Money") -> int:
        if other.currency != self.currency:
            raise CurrencyMismatch
        return other.minor
