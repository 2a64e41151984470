"""Figures that the long tests measure, gathered into one table at the end of a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.programs import missing_packages
from tools.security import NONE, THREATS, Evidence, write_figures

if TYPE_CHECKING:
    from collections.abc import Callable

_FIGURE = "figure"
_ALL_ARE_MEASURED = True
"""Whether a run of the whole directory fails where a threat gets no figure."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the figures be written to a file."""
    parser.addoption("--figures", metavar="FILE", help="write the figures to this file, as JSON")


@pytest.fixture
def figure(record_property: Callable[[str, object], None]) -> Callable[[int, str], None]:
    """A function to call with the number of a threat and what was measured in this run."""

    def record(number: int, measured: str) -> None:
        assert number in THREATS
        record_property(f"{_FIGURE} {number}", measured)

    return record


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the figures where asked; fail a whole run that left a threat without one."""
    if hasattr(session.config, "workerinput"):
        return
    evidence = _evidence(session.config)
    if path := session.config.getoption("--figures"):
        write_figures(Path(path), evidence)
    missing = THREATS.keys() - evidence.keys()
    whole = _is_whole(session.config) and not missing_packages()
    if missing and _ALL_ARE_MEASURED and whole and not session.exitstatus:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print the table: each threat, what is done, the figures reached, the tests."""
    evidence = _evidence(config)
    terminalreporter.section("threats and figures")
    for number, threat in THREATS.items():
        found = evidence.get(number, NONE)
        terminalreporter.line(f"{number:>2}  {threat.name}")
        terminalreporter.line(f"    done:    {threat.answer}")
        for measured in found.figures or ("MISSING",):
            terminalreporter.line(f"    figure:  {measured}")
        for test in found.tests:
            terminalreporter.line(f"    test:    {test}")


def _evidence(config: pytest.Config) -> dict[int, Evidence]:
    """What the tests that passed have measured, by the number of the threat."""
    reporter = config.pluginmanager.getplugin("terminalreporter")
    reports = sorted(reporter.stats.get("passed", ()), key=lambda report: report.nodeid)
    measured: dict[int, dict[str, str]] = {}
    for report in reports:
        for name, value in report.user_properties:
            if report.when == "call" and name.startswith(_FIGURE):
                number = int(name.removeprefix(_FIGURE))
                measured.setdefault(number, {})[value] = report.nodeid.partition("[")[0]
    return {
        number: Evidence(list(found), list(dict.fromkeys(found.values())))
        for number, found in sorted(measured.items())
    }


def _is_whole(config: pytest.Config) -> bool:
    """Whether every long test was asked for."""
    here = Path(__file__).parent
    named = [config.invocation_params.dir / each for each in config.args]
    return [each.resolve() for each in named] == [here] and not config.option.keyword
