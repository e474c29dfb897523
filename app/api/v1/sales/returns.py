"""/returns: what types do not say of the two forms of a line."""

from typing import Any

from pydantic import ConfigDict, JsonValue, model_validator
from pydantic_core import PydanticCustomError

from app.api.resources import document_router
from app.api.schemas import own_form
from app.api.wire import Schema
from app.application.sales.contract import RETURN
from app.domain.sales.returns import ReturnLineIn

# The two forms of a line as JSON Schema says them; a null states nothing, except of the tax. Client
# generators understand no `oneOf` beside the members, and leave conditions to the service.
_STATES_SALE: JsonValue = {"required": ["sale_id"], "properties": {"sale_id": {"type": "string"}}}
_OF_SALE: JsonValue = {
    "required": ["sale_line"],
    "properties": {
        "sale_line": {"type": "integer"},
        "product_id": {"type": "null"},
        "unit_price": {"type": "null"},
        "unit_cost": {"type": "null"},
        "tax_id": False,
    },
}
_OF_PRODUCT: JsonValue = {
    "required": ["product_id", "unit_price"],
    "properties": {
        "sale_line": {"type": "null"},
        "product_id": {"type": "string"},
        "unit_price": {"type": "string"},
    },
}


class _Line(Schema):
    """A line names a sale line, or a product with its price."""

    model_config = ConfigDict(
        json_schema_extra={"if": _STATES_SALE, "then": _OF_SALE, "else": _OF_PRODUCT}
    )

    @model_validator(mode="after")
    def _one_form(self) -> Any:
        of_product = {"product_id", "unit_price"}
        # A null states nothing, except of the tax: there it means none.
        given = {
            name
            for name in self.model_fields_set - {"quantity"}
            if name == "tax_id" or getattr(self, name) is not None
        }
        unlinked = of_product <= given <= of_product | {"unit_cost", "tax_id"}
        if given != {"sale_id", "sale_line"} and not unlinked:
            raise PydanticCustomError("validation.return_line", "a sale line or a product")
        return self


own_form(ReturnLineIn, _Line)
router = document_router(RETURN)
