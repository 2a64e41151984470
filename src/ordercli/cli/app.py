"""The root command: which commands there are, and the options of the program itself.

Nothing is imported for a command before it is named.
"""

from __future__ import annotations

import os
import sys
from typing import Annotated, Any

import typer
from typer.exceptions import Exit

from ordercli import __version__
from ordercli.base.errors import ExitCode
from ordercli.base.language import _
from ordercli.cli.completion.command_line import HELP
from ordercli.cli.completion.scripts import install, script
from ordercli.cli.error_boundary import ErrorBoundary
from ordercli.cli.help_language import translate
from ordercli.cli.help_layout import write_first_steps
from ordercli.cli.invocation import Invocation
from ordercli.cli.lazy_groups import HELP_SUMMARY, Group, Loading, Place
from ordercli.cli.signals import ended_by_signals

_LOOK = {
    "list": Place("List orders, newest first.", "listing", "list_orders"),
    "show": Place(
        "Show orders in full: every field, their datasets, their history.", "show", "show_orders"
    ),
    "summary": Place("Write the CSV report of the orders.", "summary", "summarise"),
    "stats": Place(
        "Show totals of orders by user, status or time.", "statistics", "show_statistics"
    ),
    "errors": Place(
        "Show which files failed, and why, the most frequent cause first.",
        "errors", "show_errors",
    ),
    "history": Place(
        "Show who changed what, when and why, newest first.", "history", "show_history"
    ),
}  # fmt: skip
_CHANGE = {
    "pause": Place("Pause orders, named by id or chosen by filter.", "changing", "pause"),
    "resume": Place("Resume orders, named by id or chosen by filter.", "changing", "resume"),
    "cancel": Place("Cancel orders, named by id or chosen by filter.", "changing", "cancel"),
    "undo": Place("Put the orders of an operation back as they were.", "undo", "undo"),
    "restart": Place("Restart an order that has ended, as a new one.", "service", "restart"),
    "retry": Place("Retry the files of orders that ended with errors.", "service", "retry"),
    "remove": Place("Remove cancelled orders for good.", "service", "remove"),
}
_WATCH = {
    "wait": Place("Wait until each order has one of the statuses.", "waiting", "wait"),
    "top": Place("Show the page of orders full screen, and change them there.", "top", "show_page"),
    "metrics": Place("Write gauges of the orders for Prometheus.", "metrics", "write_metrics"),
}
_SET_UP: dict[str, Place | Group] = {
    "db": Group(
        "Make, fill and check the database.",
        {
            "init": Place(
                "Make the missing tables; beside a service's, only the history.",
                "database", "initialise",
            ),
            "load": Place("Load orders from a file.", "database", "load"),
            "check": Place("Tell what the database allows.", "database", "check"),
            "grants": Place(
                "Print the SQL that gives a role the least rights it needs.",
                "database", "print_grants",
            ),
        },
    ),
    "profiles": Place("List the profiles of the configuration file.", "profiles", "list_profiles"),
}  # fmt: skip

COMMANDS = {**_LOOK, **_CHANGE, **_WATCH, **_SET_UP}
"""Every command. Its line is the first one of its own help; a test holds that."""


class Root(ErrorBoundary):
    """The program itself."""

    def __init__(self, **attributes: Any) -> None:
        """A root with all commands; Typer gives the rest."""
        super().__init__(**attributes)
        self.commands = Loading(COMMANDS)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Write examples, exit codes, and where to read on."""
        write_first_steps(formatter)

    def sections(self) -> dict[str, dict[str, str]]:
        """What each command does, by section; ``help`` is one to those who type it."""
        return {
            _("Look"): Loading(_LOOK).summaries(),
            _("Change"): Loading(_CHANGE).summaries(),
            _("Wait and watch"): Loading(_WATCH).summaries(),
            _("Set up"): {**Loading(_SET_UP).summaries(), HELP: _(HELP_SUMMARY)},
        }


app = typer.Typer(
    cls=Root,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


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
    from ordercli.base.times import check_time_zone  # noqa: PLC0415 - help needs none of it

    check_time_zone()
    if version:
        typer.echo(_versions())
        raise Exit(ExitCode.DONE)
    if install_completion is not None:
        from ordercli.output.messages import tell  # noqa: PLC0415 - most runs install nothing

        tell(context.obj.console, install(install_completion))
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
        from ordercli.cli.completion.answer import answer  # noqa: PLC0415 - only a shell needs it

        commands = typer.main.get_command(app)
        translate(commands)
        answer(commands, shell, sys.argv[1:])
    else:
        run = Invocation.of_process()
        with ended_by_signals(run.console):
            app(prog_name="ordercli", obj=run)


def _versions() -> str:
    from ordercli.store.driver_versions import driver_versions  # noqa: PLC0415 - only --version

    return f"ordercli {__version__} ({driver_versions()})"
