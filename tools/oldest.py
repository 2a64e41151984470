"""Prints the oldest libraries that ``pyproject.toml`` allows, as constraints for pip."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

PROJECT = Path(__file__).parents[1] / "pyproject.toml"
_LOWER_BOUND = re.compile(r"([a-z-]+)(?:\[.*\])?[>~]=([\d.]+)")


def oldest() -> dict[str, str]:
    """The lower bound of each library that the program needs, those of its extras included."""
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    needed = [*project["dependencies"], *extras["postgres"], *extras["excel"], *extras["tui"]]
    return dict(found for each in needed for found in _LOWER_BOUND.findall(each))


if __name__ == "__main__":
    sys.stdout.write("".join(f"{name}=={version}\n" for name, version in oldest().items()))
