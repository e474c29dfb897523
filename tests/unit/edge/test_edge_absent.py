"""A member of a patch that was not sent is absent: in the schema, in the body and in dumps."""

import pytest
from pydantic import ValidationError

from app.api.answers import members_of
from app.api.wire import ABSENT, Schema, Text20, UnitId


class Patch(Schema):
    name: Text20 = ABSENT
    unit_id: UnitId | None = ABSENT


def test_the_schema_shows_no_default() -> None:
    shown = Patch.model_json_schema()
    assert "required" not in shown
    for member in shown["properties"].values():
        assert "default" not in member
    assert shown["properties"]["name"]["type"] == "string"
    assert {"type": "null"} in shown["properties"]["unit_id"]["anyOf"]


def test_only_what_was_sent_is_stated() -> None:
    assert members_of(Patch.model_validate({}), given_only=True) == {}
    cleared = Patch.model_validate({"unit_id": None})
    assert members_of(cleared, given_only=True) == {"unit_id": None}
    assert cleared.model_dump() == {"unit_id": None}


@pytest.mark.parametrize("name", [None, ""])
def test_a_member_that_null_does_not_clear_refuses_it(name: str | None) -> None:
    with pytest.raises(ValidationError):
        Patch.model_validate({"name": name})
