"""The manual page says what the program does, in roff that others read."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

import ordercli
from ordercli.base.errors import ExitCode
from tools.man_page import ENVIRONMENT, MAN_PAGE, man_page

TEXT = MAN_PAGE.read_text(encoding="utf-8")


def test_the_manual_page_is_what_the_help_says_now() -> None:
    assert man_page() == TEXT, "run 'make man' and read the difference"


def test_every_variable_of_ours_is_in_the_manual() -> None:
    package = Path(ordercli.__file__).parent
    source = "".join(each.read_text(encoding="utf-8") for each in package.rglob("*.py"))
    assert set(re.findall(r"\bORDERCLI_[A-Z_]+\b", source)) <= set(
        ", ".join(ENVIRONMENT).split(", ")
    )


def test_every_exit_code_is_in_the_manual() -> None:
    section = TEXT.partition(".SH EXIT STATUS\n")[2].partition(".SH ")[0]
    assert re.findall(r"\\fB(\d+)\\fR", section) == [str(code.value) for code in ExitCode]


@pytest.mark.needs("groff")
def test_groff_reads_it_without_a_warning() -> None:
    assert said_by("groff", "-man", "-ww", "-z", "-Tutf8") == []


@pytest.mark.needs("mandoc")
def test_mandoc_finds_only_that_it_has_no_date() -> None:
    assert [line for line in said_by("mandoc", "-Tlint") if "missing date" not in line] == []


def said_by(*checker: str) -> list[str]:
    """The lines that a checker prints about the page."""
    finished = subprocess.run(
        [*checker, str(MAN_PAGE)], check=False, capture_output=True, text=True
    )
    return (finished.stdout + finished.stderr).splitlines()
