"""The root command and the error boundary: every failure becomes one line and an exit code."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup
from typer.exceptions import Abort, Exit, TyperException

from ordercli import __version__
from ordercli.commands import database, history, listing, show, summary, waiting
from ordercli.commands.changing import change_command
from ordercli.console import note, report_error
from ordercli.errors import ExitCode, FileError, OrdercliError, nearest, unknown_name
from ordercli.status import TRANSITIONS, Transition
from ordercli.times import check_time_zone

if TYPE_CHECKING:
    from collections.abc import Sequence


class Command(TyperCommand):
    """A command whose help shows arguments the way they are typed, without their Python types."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """What the usage line shows after the command."""
        return [str(self.options_metavar), *(name for name, _ in self._arguments())]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the arguments and the options."""
        options = [
            each.get_help_record(ctx)
            for each in self.get_params(ctx)
            if not isinstance(each, TyperArgument)
        ]
        for title, lines in (("Arguments", self._arguments()), ("Options", options)):
            if lines:
                with formatter.section(title):
                    formatter.write_dl(lines)

    def _arguments(self) -> list[tuple[str, str]]:
        arguments = [each for each in self.params if isinstance(each, TyperArgument)]
        return [(each.display_name_raw, each.help or "") for each in arguments]


class Commands(TyperGroup):
    """A group in which an unknown command is an error that gives the nearest right one."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that the first word names; raises UsageError where it names none."""
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            raise unknown_name("command", args[0], self.commands)
        return super().resolve_command(ctx, args)


class ErrorBoundary(Commands):
    """The root group: whatever goes wrong below becomes one line and an exit code."""

    def main(self, args: Sequence[str] | None = None, *others: Any, **options: Any) -> Any:
        """Run the command line and exit."""
        words = list(sys.argv[1:] if args is None else args)
        options["standalone_mode"] = False
        try:
            if sys.stdout is None and not {"-h", "--help", "--version"}.isdisjoint(words):
                raise FileError("stdout is closed", "give the output somewhere to go")
            code = super().main(words, *others, **options)
        except (TyperException, Abort, OrdercliError, OSError) as error:
            code = _report(error, debug=_debug(words))
        sys.exit(code or ExitCode.DONE)

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was named; raises Exit with the code of whatever went wrong."""
        try:
            result = super().invoke(ctx)
            if sys.stdout is not None:
                sys.stdout.flush()
        except (Exit, SystemExit):
            raise
        except BaseException as error:
            raise Exit(_report(error, debug=_debug(sys.argv))) from None
        return result


def _change_help(transition: Transition) -> str:
    action = transition.action
    example = f"Example: ordercli {action} 12 15 -m 'disk full'"
    return f"{action.capitalize()} orders, named by id or chosen by filter.\n\n{example}"


app = typer.Typer(
    cls=ErrorBoundary,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("list", cls=Command)(listing.list_orders)
app.command("show", cls=Command)(show.show_order)
app.command("summary", cls=Command)(summary.summarise)
app.command("history", cls=Command)(history.show_history)
for transition in TRANSITIONS:
    app.command(transition.action, cls=Command, help=_change_help(transition))(
        change_command(transition)
    )
app.command("wait", cls=Command)(waiting.wait)
database_app = typer.Typer(cls=Commands, help="Make, fill and check the database.")
database_app.command("init", cls=Command)(database.initialise)
database_app.command("load", cls=Command)(database.load)
database_app.command("check", cls=Command)(database.check)
database_app.command("grants", cls=Command)(database.print_grants)
app.add_typer(database_app, name="db")


@app.callback(invoke_without_command=True)
def root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Show the versions and exit.")] = False,
) -> None:
    """Watch and administer the data orders of a REGARDS project."""
    check_time_zone()
    if version:
        typer.echo(_versions())
        raise Exit(ExitCode.DONE)
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def main() -> None:
    """Run the program."""
    app(prog_name="ordercli")


def _versions() -> str:
    """Our version, and those of the database drivers, which are not imported for it."""
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - only for this
    from sqlite3 import sqlite_version  # noqa: PLC0415 - as above

    try:
        driver = f"psycopg {version('psycopg')}"
    except PackageNotFoundError:
        driver = "no PostgreSQL driver"
    return f"ordercli {__version__} (SQLite {sqlite_version}, {driver})"


def _debug(words: Sequence[str]) -> bool:
    return "--debug" in words or os.environ.get("ORDERCLI_DEBUG") == "1"


def _report(error: BaseException, *, debug: bool) -> int:
    """Report an error in one line, and give its exit code."""
    if isinstance(error, (KeyboardInterrupt, Abort)):
        note("ordercli: interrupted")
        return ExitCode.INTERRUPTED
    if isinstance(error, BrokenPipeError):
        _abandon_stdout()
        return ExitCode.READER_GONE
    known = _known(error)
    report_error(known, cause=error, debug=debug)
    if isinstance(error, OSError):
        _abandon_stdout()
    return known.exit_code


def _known(error: BaseException) -> OrdercliError:
    """The error as one of ours."""
    if isinstance(error, OrdercliError):
        return error
    if isinstance(error, TyperException):
        return _usage_error(error)
    if isinstance(error, OSError):
        return OrdercliError(f"can't write the output: {error.strerror}", "the output is not whole")
    return OrdercliError(
        f"unexpected {type(error).__name__}", "run it again with --debug and report what that says"
    )


def _usage_error(error: TyperException) -> OrdercliError:
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "ordercli"
    what = error.format_message().rstrip(".")
    what = what[:1].lower() + what[1:]
    option = getattr(error, "option_name", None)
    possible = getattr(error, "possibilities", None)
    if option and possible:
        near = nearest(option, possible) or possible[0]
        what = f"no option '{option}', did you mean '{near}'"
    known = OrdercliError(what, f"see '{command} --help'")
    known.exit_code = ExitCode(error.exit_code)
    return known


def _abandon_stdout() -> None:
    """Send what is still buffered nowhere, or the interpreter would fail on it at exit."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
