"""The house stays one that a person can hold in the head."""

from __future__ import annotations

import ast
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src" / "ordercli"
MOST_LINES_OF_A_MODULE = 300
MOST_LINES_OF_A_FUNCTION = 40
MOST_LINES_OF_A_TEST_FILE = 500


def test_no_module_and_no_function_is_too_long() -> None:
    long: list[str] = []
    for path in SOURCE.rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        if source.count("\n") > MOST_LINES_OF_A_MODULE:
            long.append(path.name)
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.FunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > MOST_LINES_OF_A_FUNCTION:
                    long.append(f"{path.name}: {node.name}")
    assert long == []


def test_no_test_file_is_too_long() -> None:
    files = Path(__file__).parents[1].rglob("test_*.py")
    assert [
        path.name
        for path in files
        if path.read_text(encoding="utf-8").count("\n") > MOST_LINES_OF_A_TEST_FILE
    ] == []


def test_packages_are_empty_rooms() -> None:
    packages = [path for path in SOURCE.glob("*/__init__.py") if path.read_text(encoding="utf-8")]
    assert packages == []
