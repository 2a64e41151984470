"""What the full screen is asked to show, and what it is handed to do so."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from datetime import datetime
    from pathlib import Path

    from ordercli.base.limits import Limits
    from ordercli.domain.change import Change, Plan
    from ordercli.domain.columns import Column, SortKey
    from ordercli.domain.selection import Selection
    from ordercli.domain.status import Transition
    from ordercli.operations.change_run import Changer
    from ordercli.output.console import Console
    from ordercli.output.report_file import FileKind
    from ordercli.store.database import Database


class Offer(NamedTuple):
    """What may stand at the end of a line: the word, what it means, and the line with it."""

    word: str
    meaning: str
    line: str


@dataclass(frozen=True)
class View:
    """Which orders are shown, in which columns and which order.

    ``words`` are the filters as one types them, ``line`` the same with saved selections by their
    names; ``columns_text`` and ``sort_text`` are the values of ``--columns`` and ``--sort``.
    ``selection`` gives the orders as of a moment.
    """

    words: str
    line: str
    columns_text: str | None
    sort_text: str
    columns: tuple[Column, ...]
    sort: tuple[SortKey, ...]
    selection: Callable[[datetime], Selection]


AskPassword = Callable[[str, str], str | None]
"""Gives a password for a question, and what was wrong with the last one; None for no password."""


@dataclass(frozen=True)
class ChangeAccess:
    """What it takes to change orders from the screen.

    ``require`` raises DatabaseError where nothing may be changed. ``begin`` makes a new run of a
    change with its reason, and ``changer`` what carries it out for a plan; it logs in where a live
    service does, and asks for a password where none is configured. ``service`` tells whether the
    profile names one, ``place`` where orders change.
    """

    require: Callable[[], None]
    begin: Callable[[Transition, str | None], Change]
    changer: Callable[[Change, Plan, AskPassword], AbstractContextManager[Changer]]
    service: bool
    place: str


@dataclass(frozen=True)
class TopRequest:
    """The full screen that was asked for.

    ``read_view`` makes a view of filters, columns and sort as they are typed; ``report_file`` makes
    a path and what is written there of a name. Both raise OrdercliError on what means nothing.
    ``complete`` gives the offers for a line of filters, or for the value of an option, which it
    takes first. ``seconds`` is the time between two readings.
    """

    database: Database
    console: Console
    clock: Callable[[], datetime]
    limits: Limits
    profile: str | None
    view: View
    read_view: Callable[[str, str | None, str], View]
    complete: Callable[[str | None, str], Sequence[Offer]]
    report_file: Callable[[str], tuple[Path, FileKind]]
    changes: ChangeAccess
    seconds: float
    utc: bool
