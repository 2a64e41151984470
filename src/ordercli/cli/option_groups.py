"""Groups of options: dataclasses whose fields become parameters of a command, and back."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import Field, fields
from typing import Any, TypeVar, cast, get_type_hints

SPREAD = "spread"
"""The key of a field's metadata that has the options which the field gathers, by name."""

T = TypeVar("T")


def parameters_of(group: Any) -> list[inspect.Parameter]:
    """The parameters of a group: one for each field, or for each option that a field gathers."""
    hints = get_type_hints(group, include_extras=True)
    found: list[inspect.Parameter] = []
    for each in fields(group):
        options = {each.name: hints[each.name]}
        default = each.default
        if SPREAD in each.metadata:
            options, default = _options_of(each), None
        found += [
            inspect.Parameter(
                name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=option
            )
            for name, option in options.items()
        ]
    return found


def gather(group: Callable[..., T], values: dict[str, Any]) -> T:
    """A group of options, with its fields taken out of the values of a command's parameters."""
    return group(**{each.name: _taken(each, values) for each in fields(cast("Any", group))})


def _options_of(gathering: Field[Any]) -> dict[str, Any]:
    """The options that a field gathers, by names that no other parameter of a command has."""
    spread = gathering.metadata[SPREAD]
    return {f"{gathering.name}_{name}": option for name, option in spread.items()}


def _taken(each: Field[Any], values: dict[str, Any]) -> Any:
    """The value of a field, taken out of those of the command's parameters."""
    if SPREAD not in each.metadata:
        return values.pop(each.name)
    given = {name: values.pop(name) for name in _options_of(each)}
    return {
        name.removeprefix(f"{each.name}_"): value
        for name, value in given.items()
        if value is not None
    }
