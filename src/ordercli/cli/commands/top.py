"""``ordercli top``: the page of orders, full screen."""

from __future__ import annotations

import shlex
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ordercli.base import settings
from ordercli.base.errors import OrdercliError, UsageError, how_to_install
from ordercli.base.language import _
from ordercli.base.text import require_text
from ordercli.cli.commands.change_request import new_change
from ordercli.cli.commands.login import KeptLogin
from ordercli.cli.error_boundary import known_error
from ordercli.cli.invocation import Invocation
from ordercli.cli.lazy_groups import Place
from ordercli.cli.list_options import UtcOption
from ordercli.cli.option_groups import parameters_of
from ordercli.cli.options import (
    ColumnsOption,
    DatabaseOptions,
    SelectionOptions,
    SortOption,
    database_of,
    with_option_groups,
)
from ordercli.cli.output_path import require_other_file
from ordercli.domain.columns import LIST_DEFAULT, chosen_columns, chosen_sort, column_named
from ordercli.output.messages import tell
from ordercli.top.request import ChangeAccess, TopRequest, View

if TYPE_CHECKING:
    from ordercli.domain.change import Change, Plan
    from ordercli.output.report_file import FileKind
    from ordercli.store.database import Database
    from ordercli.top.request import AskPassword, Offer

_SORT = "-creation"
_FILTER = Place("", "top", "choose")

IntervalOption = Annotated[
    float,
    typer.Option(
        "--interval", min=0.5, max=86_400, metavar="SECONDS", help="Between two readings."
    ),
]


@with_option_groups
def show_page(
    run: Invocation,
    choice: SelectionOptions,
    where: DatabaseOptions,
    columns: ColumnsOption = None,
    sort: SortOption = _SORT,
    interval: IntervalOption = 5,
    utc: UtcOption = False,
) -> None:
    """Show the page of orders full screen, and change them there.

    Example: ordercli top -s active
    """
    _require_terminal(run)
    request = request_of(run, where.named(), view_of(choice, columns, sort), interval, utc=utc)
    lines, exit_code = _full_screen()(request)
    for each in lines:
        tell(run.console, each)
    if exit_code:
        raise typer.Exit(exit_code)


def request_of(
    run: Invocation, found: settings.Settings, view: View, interval: float, *, utc: bool
) -> TopRequest:
    """What the full screen is asked to show, of the database of these settings."""
    database = database_of(found, run.limits)
    return TopRequest(
        database, run.console, run.clock, run.limits, found.profile, view,
        partial(read_view, run), partial(_offers, found), partial(_report_file, database),
        _change_access(run, found, database), interval, utc,
    )  # fmt: skip


@with_option_groups
def choose(
    choice: SelectionOptions, columns: ColumnsOption = None, sort: SortOption = _SORT
) -> Any:
    """Give the view that the words of a filter line mean."""
    return view_of(choice, columns, sort)


def view_of(choice: SelectionOptions, columns: str | None, sort: str) -> View:
    """The view of these options; raises UsageError on a value that means nothing."""
    from ordercli.base.times import now

    identifier = column_named("id")
    chosen = chosen_columns(columns, LIST_DEFAULT)
    shown = chosen if identifier in chosen else (identifier, *chosen)
    choice.selection(now())
    words = shlex.join(_typed(choice))
    return View(words, words, columns, sort, shown, chosen_sort(sort), choice.selection)


def read_view(run: Invocation, words: str, columns: str | None, sort: str) -> View:
    """The view of filters as they are typed; raises OrdercliError on what means nothing.

    Columns and a sort among the words are taken instead of the others.
    """
    from ordercli.cli.completion.command_line import CommandLine

    try:
        typed = shlex.split(words)
    except ValueError:
        raise UsageError(_("a quote is not closed"), _("close it")) from None
    command = _FILTER.command("top")
    line = CommandLine(command)
    for word in typed:
        line.take(word)
    others = {"--columns": columns, "--sort": sort}
    given = [
        f"{name}={value}"
        for name, value in others.items()
        if value is not None and name not in line.options
    ]
    try:
        with command.make_context("top", [*given, *typed], obj=run) as context:
            view: View = command.invoke(context)
    except (OrdercliError, LookupError):
        raise
    except Exception as error:
        raise UsageError(known_error(error).what, "") from None
    return replace(view, line=words) if others.keys().isdisjoint(line.options) else view


def _offers(found: settings.Settings, option: str | None, line: str) -> list[Offer]:
    from ordercli.cli.completion.filter_line import line_offers

    return line_offers(_FILTER.command("top"), found, option, line)


def _typed(choice: SelectionOptions) -> list[str]:
    """The words that one would type for these options."""
    options = {each.name: each for each in _FILTER.command("top").params}
    words: list[str] = []
    for each in parameters_of(SelectionOptions):
        value = _value(choice, each.name)
        option: Any = options[each.name]
        if value is True:
            words.append(max(option.opts, key=len))
        elif value is False:
            words += [max(option.secondary_opts, key=len)] if option.secondary_opts else []
        else:
            for one in [value] if isinstance(value, str) else value or ():
                words += [min(option.opts, key=len), one]
    return words


def _value(choice: SelectionOptions, name: str) -> Any:
    if hasattr(choice, name):
        return getattr(choice, name)
    return choice.ranges.get(name.removeprefix("ranges_"))


def _require_terminal(run: Invocation) -> None:
    stdin = run.console.stdin
    if not run.console.redrawable or stdin is None or not stdin.isatty():
        raise UsageError(
            _("top needs a terminal to show the page on, and this is none"),
            _("use 'ordercli list' instead"),
        )


def _full_screen() -> Any:
    """What shows the page; raises UsageError where Textual, which top needs, is not installed."""
    from importlib.util import find_spec

    if find_spec("textual") is None:
        raise UsageError(_("Textual, which top needs, is not installed"), how_to_install("textual"))
    from ordercli.top.run import show

    return show


def _report_file(database: Database, name: str) -> tuple[Path, FileKind]:
    from ordercli.output.report_file import kind_of

    path = Path(require_text(name, _("the name")).strip()).expanduser()
    require_other_file(path, database)
    if path.exists():
        raise UsageError(_("{name} is there already").format(name=path), _("name another file"))
    return path, kind_of(path, ",")


def _change_access(run: Invocation, found: settings.Settings, database: Database) -> ChangeAccess:
    """How orders are changed from the screen: as on the command line, with nothing written."""
    silent = replace(run, console=replace(run.console, stderr=None))
    service = found.service
    place = database.place
    if service is not None:
        place = _("{project} at {host}").format(project=service.project, host=service.host)

    login = KeptLogin(silent)

    def changer(change: Change, plan: Plan, ask: AskPassword) -> Any:
        from ordercli.operations.changers import changer_of

        return changer_of(
            database, service, change, plan, run.limits, direct=False, jobs=run.limits.service_jobs,
            log_in=partial(login.client, ask), waiting=lambda _order_id: None,
        )  # fmt: skip

    return ChangeAccess(
        partial(settings.require_changeable, found), partial(new_change, run), changer,
        service is not None, place,
    )  # fmt: skip
