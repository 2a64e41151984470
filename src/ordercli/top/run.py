"""Showing the page, from the first drawing to the terminal as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ordercli.base.errors import ExitCode
from ordercli.base.language import _
from ordercli.domain.history import SHORT_OPERATION
from ordercli.top.app import TopApp

if TYPE_CHECKING:
    from ordercli.top.request import TopRequest


def show(request: TopRequest) -> tuple[list[str], int]:
    """Show the page until a person leaves it, or the process is told to end.

    Gives a line for each change that was made there, and the exit code. Whatever happens, the
    terminal is as it was before. Raises what nobody expected.
    """
    app = TopApp(request)
    code = app.run()
    if app.failure is not None:
        raise app.failure
    lines = [
        _("{action} {operation}: {line}").format(
            action=each.change.transition.action,
            operation=each.change.operation[:SHORT_OPERATION],
            line=each.failure or each.line(),
        )
        for each in app.flow.runs
    ]
    return lines, int(ExitCode.FAILED if code is None else code)
