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
from ordercli.completion_scripts import install, script, with_shell
from ordercli.console import report_error, tell
from ordercli.errors import ExitCode, FileError, OrdercliError, nearest, unknown_name
from ordercli.language import _
from ordercli.status import TRANSITIONS, Transition
from ordercli.times import check_time_zone
from ordercli.wording import help_words, reworded, translate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Command(TyperCommand):
    """A command whose help shows arguments the way they are typed, without their Python types."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """What the usage line shows after the command."""
        return [str(self.options_metavar), *(name for name, _help in self._arguments())]

    def format_usage(self, ctx: Any, formatter: Any) -> None:
        """Write the usage line."""
        _write_usage(self, ctx, formatter)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the arguments and the options."""
        sections = {_("Arguments"): self._arguments(), _("Options"): _options(self, ctx)}
        _write_sections(sections, formatter)

    def _arguments(self) -> list[tuple[str, str]]:
        arguments = [each for each in self.params if isinstance(each, TyperArgument)]
        return [(each.display_name_raw, each.help or "") for each in arguments]


class Commands(TyperGroup):
    """A group in which an unknown command is an error that gives the nearest right one."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that the first word names; raises UsageError where it names none."""
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            what = _("no command '{name}'").format(name=args[0])
            raise unknown_name(what, args[0], self.commands)
        return super().resolve_command(ctx, args)

    def format_usage(self, ctx: Any, formatter: Any) -> None:
        """Write the usage line."""
        _write_usage(self, ctx, formatter)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the options and the commands."""
        shown = {name: each for name, each in self.commands.items() if not each.hidden}
        room = formatter.width - 6 - max(map(len, shown))
        commands = [(name, each.get_short_help_str(room)) for name, each in shown.items()]
        _write_sections({_("Options"): _options(self, ctx), _("Commands"): commands}, formatter)


class ErrorBoundary(Commands):
    """The root group: whatever goes wrong below becomes one line and an exit code."""

    def main(self, args: Sequence[str] | None = None, *others: Any, **options: Any) -> Any:
        """Run the command line and exit."""
        words = list(sys.argv[1:] if args is None else args)
        options["standalone_mode"] = False
        translate(self)
        try:
            if sys.stdout is None and not {"-h", "--help", "--version"}.isdisjoint(words):
                raise FileError(_("stdout is closed"), _("give the output somewhere to go"))
            code = super().main(with_shell(words), *others, **options)
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


def _options(command: Any, ctx: Any) -> list[tuple[str, str]]:
    records = [
        each.get_help_record(ctx)
        for each in command.get_params(ctx)
        if not isinstance(each, TyperArgument)
    ]
    return [(names, help_words(text)) for names, text in records]


def _write_usage(command: Any, ctx: Any, formatter: Any) -> None:
    pieces = " ".join(command.collect_usage_pieces(ctx))
    formatter.write_usage(ctx.command_path, pieces, prefix=_("Usage: "))


def _write_sections(sections: Mapping[str, Sequence[tuple[str, str]]], formatter: Any) -> None:
    for title, lines in sections.items():
        if lines:
            with formatter.section(title):
                formatter.write_dl(lines)


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
    install_completion: Annotated[
        str | None,
        typer.Option(metavar="[SHELL]", help="Install completion for bash, zsh or fish."),
    ] = None,
    show_completion: Annotated[
        str | None, typer.Option(metavar="[SHELL]", help="Show what that would install.")
    ] = None,
) -> None:
    """Watch and administer the data orders of a REGARDS project."""
    check_time_zone()
    if version:
        typer.echo(_versions())
        raise Exit(ExitCode.DONE)
    if install_completion is not None:
        tell(install(install_completion))
        raise Exit(ExitCode.DONE)
    if show_completion is not None:
        typer.echo(script(show_completion), nl=False)
        raise Exit(ExitCode.DONE)
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def main() -> None:
    """Run the program, or answer a completion script."""
    shell = os.environ.get("_ORDERCLI_COMPLETE")
    if shell:
        from ordercli.completion import answer  # noqa: PLC0415 - only for this

        commands = typer.main.get_command(app)
        translate(commands)
        answer(commands, shell, sys.argv[1:])
    else:
        app(prog_name="ordercli")


def _versions() -> str:
    """Our version, and those of the database drivers, which are not imported for it."""
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - only for this
    from sqlite3 import sqlite_version  # noqa: PLC0415 - as above

    try:
        driver = f"psycopg {version('psycopg')}"
    except PackageNotFoundError:
        driver = _("no PostgreSQL driver")
    return f"ordercli {__version__} (SQLite {sqlite_version}, {driver})"


def _debug(words: Sequence[str]) -> bool:
    return "--debug" in words or os.environ.get("ORDERCLI_DEBUG") == "1"


def _report(error: BaseException, *, debug: bool) -> int:
    """Report an error in one line, and give its exit code."""
    if isinstance(error, (KeyboardInterrupt, Abort)):
        tell(_("interrupted"))
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
        what = _("can't write the output: {reason}").format(reason=error.strerror)
        return OrdercliError(what, _("the output is not whole"))
    return OrdercliError(
        _("unexpected {error}").format(error=type(error).__name__),
        _("run it again with --debug and report what that says"),
    )


def _usage_error(error: TyperException) -> OrdercliError:
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "ordercli"
    what = error.format_message().rstrip(".")
    what = reworded(what[:1].lower() + what[1:])
    option = getattr(error, "option_name", None)
    possible = getattr(error, "possibilities", None)
    if option and possible:
        near = nearest(option, possible) or possible[0]
        meant = _("no option '{name}', did you mean '{near}'")
        what = meant.format(name=option, near=near)
    advice = _("see '{command} --help'").format(command=command)
    if option and command == "ordercli":
        advice = _("options come after the command, as in 'ordercli list {option}'").format(
            option=option
        )
    known = OrdercliError(what, advice)
    known.exit_code = ExitCode(error.exit_code)
    return known


def _abandon_stdout() -> None:
    """Send what is still buffered nowhere, or the interpreter would fail on it at exit."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
