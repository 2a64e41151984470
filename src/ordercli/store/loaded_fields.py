"""What a file holds of an order or a dataset is checked by the fields that the tables declare."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from ordercli.base.errors import FileError
from ordercli.base.language import _, marked
from ordercli.store.models import DatasetFields, OrderFields

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlmodel import SQLModel

CORRECT = marked("correct the file and load it again, nothing was loaded")

_REASONS = {
    "missing": marked("is missing"),
    "string_type": marked("must be a text"),
    "string_too_short": marked("is empty"),
    "string_too_long": marked("is longer than {n} characters"),
    "string_unicode": marked("holds a lone surrogate (half a character)"),
    "nul": marked("holds a NUL character"),
    "int_type": marked("must be a whole number"),
    "greater_than_equal": marked("must be from {lowest} to {highest}"),
    "less_than_equal": marked("must be from {lowest} to {highest}"),
    "bool_type": marked("must be true or false"),
    "moment": marked("must be a date and time in ISO 8601, as in 2024-03-07T14:06:10Z"),
}


def order_fields(values: Mapping[str, Any], names: Mapping[str, str], place: str) -> dict[str, Any]:
    """The row of an order for these values; what is None there is absent, moments become UTC.

    ``names`` has what the file calls the fields, ``place`` where they stand in it. Raises FileError
    on the first that can't be stored.
    """
    return _checked(OrderFields, values, names, place)


def dataset_fields(
    values: Mapping[str, Any], names: Mapping[str, str], place: str
) -> dict[str, Any]:
    """The row of a dataset for these values, as above; its id is None where the file has none."""
    return _checked(DatasetFields, values, names, place)


def _checked(
    model: type[SQLModel], values: Mapping[str, Any], names: Mapping[str, str], place: str
) -> dict[str, Any]:
    present = {name: value for name, value in values.items() if value is not None}
    try:
        return model.model_validate(present).model_dump()
    except ValidationError as error:
        wrong = error.errors(include_url=False)
    first = min(wrong, key=lambda each: each["type"] != "missing")
    name = str(first["loc"][0])
    reason = _(_REASONS[first["type"]]).format(**_limits(model, name))
    what = _("{place}: {name} {reason}").format(place=place, name=names[name], reason=reason)
    raise FileError(what, _(CORRECT))


def _limits(model: type[SQLModel], name: str) -> dict[str, int]:
    """The limits of a field, as the reasons call them."""
    words = {"max_length": "n", "ge": "lowest", "le": "highest"}
    declared = model.model_fields[name].metadata
    return {
        word: getattr(each, key)
        for key, word in words.items()
        for each in declared
        if hasattr(each, key)
    }
