"""/open-items: what documents leave open, now and at the end of a past day."""

from app.api.lists import add_list
from app.api.resources import router_of
from app.application.accounting.open_items import OPEN_AS_OF, OPEN_ITEM

router = router_of(OPEN_ITEM.noun)
add_list(router, OPEN_ITEM.noun, OPEN_ITEM.listed, OPEN_ITEM.summary, instead=("as_of", OPEN_AS_OF))
