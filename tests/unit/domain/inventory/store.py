"""A cost pool with all it ever wrote, as a database would keep it; and days, ids and sources."""

from datetime import date, timedelta

from app.domain.inventory.corrections import (
    DifferenceSplit,
    SentBack,
    price_difference,
    return_to_supplier,
    revalue,
)
from app.domain.inventory.costing import (
    adjust_gain,
    adjust_loss,
    issue,
    receive,
    receive_back,
)
from app.domain.inventory.moves import Source
from app.domain.inventory.pool import (
    Costed,
    CostingMethod,
    CostLayer,
    CostPool,
    Valuation,
    check_pool,
)
from app.domain.inventory.returns import issue_cost, returned_value
from app.domain.shared.documents import DocumentKind
from app.domain.shared.ids import Id
from app.domain.shared.numbers import SCALE

PRODUCT = Id(b"P" * 16)
OTHER_PRODUCT = Id(b"Q" * 16)
MAIN = Id(b"L" * 16)
SHOP = Id(b"S" * 16)
DOCUMENT = Id(b"D" * 16)
DAY = date(2010, 12, 1)
SOURCE = Source(DocumentKind("receipt"), DOCUMENT, 0)

AVERAGE, FIFO = CostingMethod.AVERAGE, CostingMethod.FIFO


def day(number: int) -> date:
    return DAY + timedelta(days=number)


def units(number: int) -> int:
    """A whole quantity, scaled."""
    scaled: int = number * SCALE
    return scaled


class Store:
    """Keeps the pool, every layer and every fact, and checks what an operation hands over."""

    def __init__(self, method: CostingMethod) -> None:
        self.pool = CostPool.new(PRODUCT, method)
        self.layers: dict[int, CostLayer] = {}
        self.facts: list[Valuation] = []
        self.today = DAY

    def receive(self, quantity: int, value: int) -> CostLayer:
        return self._keep(receive(self.pool, self.today, quantity, value, SOURCE)).layers[0]

    def receive_back(self, quantity: int, value: int) -> Costed:
        return self._keep(receive_back(self.pool, self.today, quantity, value, SOURCE))

    def issue(self, quantity: int) -> Valuation:
        return self._keep(issue(self.pool, self.today, quantity, SOURCE)).valuation

    def gain(self, quantity: int, stated: int | None = None) -> Valuation:
        return self._keep(adjust_gain(self.pool, self.today, quantity, stated, SOURCE)).valuation

    def lose(self, quantity: int) -> Valuation:
        return self._keep(adjust_loss(self.pool, self.today, quantity, SOURCE)).valuation

    def bill(self, seq: int, difference: int) -> DifferenceSplit:
        layer = self.layers[seq]
        split = price_difference(self.pool, self.today, layer, difference, SOURCE)
        self._keep(Costed(*split[:3]))
        return split

    def send_back(self, seq: int, quantity: int, claimed: int) -> SentBack:
        layer = self.layers[seq]
        sent = return_to_supplier(
            self.pool, self.today, layer, quantity, claimed=claimed, source=SOURCE
        )
        self._keep(Costed(*sent[:3]))
        return sent

    def revalue(self, delta: int) -> Costed:
        return self._keep(revalue(self.pool, self.today, delta, SOURCE))

    def cost_now(self, issued: Valuation) -> int:
        return issue_cost(-issued.value, issued.parts, self.layers)

    def take_back(self, issued: Valuation, quantity: int) -> int:
        """The first return of an issue; answers with its value."""
        value = returned_value(-issued.quantity, self.cost_now(issued), 0, 0, quantity)
        return self.receive_back(quantity, value).valuation.value

    def _keep(self, done: Costed) -> Costed:
        before = {layer.seq: layer for layer in self.pool.layers}
        after = {layer.seq: layer for layer in done.pool.layers}
        handed = {layer.seq: layer for layer in done.layers}
        assert len(handed) == len(done.layers), "a layer is handed over once"
        for seq in before.keys() | after.keys():
            if before.get(seq) is not after.get(seq):
                assert handed[seq].is_open == (seq in after), "an open layer stays in the pool"
                assert after.get(seq, handed[seq]) == handed[seq]
        assert done.valuation.seq == self.pool.pool_seq + 1 == done.pool.pool_seq
        assert done.valuation.on == done.pool.last_costed_on == self.today
        check_pool(done.pool)
        self.pool = done.pool
        self.layers.update(handed)
        self.facts.append(done.valuation)
        return done
