"""The error boundary: every failure becomes one line on stderr and an exit code."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from typer.exceptions import Abort, Exit, TyperException

from ordercli.base.errors import (
    ExitCode,
    FileError,
    MissingDatabaseError,
    OrdercliError,
    nearest,
)
from ordercli.base.language import _
from ordercli.cli.completion.scripts import with_shell
from ordercli.cli.help_language import reworded, translate
from ordercli.cli.lazy_groups import Commands, with_help

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ordercli.output.console import Console


_EXTRA = "got unexpected extra argument(s) ("
"""How Typer's message about words too many begins."""

_WRITING = {"-h", "--help", "--version", "--show-completion"}
"""What writes before any command is asked, and so does a command line without words."""


class ErrorBoundary(Commands):
    """The root group: whatever goes wrong below becomes one line and an exit code."""

    def main(self, args: Sequence[str] | None = None, *others: Any, **options: Any) -> Any:
        """Run the command line and exit."""
        words = with_help(list(sys.argv[1:] if args is None else args))
        console = options["obj"].console
        options["standalone_mode"] = False
        translate(self)
        try:
            if not words or not _WRITING.isdisjoint(word.partition("=")[0] for word in words):
                console.check_output()
            code = super().main(with_shell(words), *others, **options)
        except (TyperException, Abort, OrdercliError, OSError) as error:
            code = _report(console, error, debug=_debug(words))
        sys.exit(code or ExitCode.DONE)

    def make_context(self, *words: Any, **options: Any) -> Any:
        """The context of the command line; help is written here, and its reader may be gone."""
        try:
            return super().make_context(*words, **options)
        except OSError as error:
            raise Exit(_report(options["obj"].console, error, debug=_debug(sys.argv))) from None

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was named; raises Exit with the code of whatever went wrong."""
        try:
            result = super().invoke(ctx)
            if ctx.obj.console.stdout is not None:
                ctx.obj.console.stdout.flush()
        except (Exit, SystemExit):
            raise
        except BaseException as error:
            raise Exit(_report(ctx.obj.console, error, debug=_debug(sys.argv))) from None
        return result


def _debug(words: Sequence[str]) -> bool:
    return "--debug" in words or os.environ.get("ORDERCLI_DEBUG") == "1"


def _report(console: Console, error: BaseException, *, debug: bool) -> int:
    """Report an error in one line, and give its exit code."""
    from ordercli.output.messages import (  # noqa: PLC0415 - most runs have no error
        report_error,
        tell,
    )

    if isinstance(error, (KeyboardInterrupt, Abort)):
        tell(console, _("interrupted"))
        return ExitCode.INTERRUPTED
    if isinstance(error, BrokenPipeError):
        _abandon_output(console)
        return ExitCode.READER_GONE
    if isinstance(error, OSError) and console.hung_up:
        _abandon_output(console)
        return ExitCode.HUNG_UP
    known = known_error(error)
    report_error(console, known, cause=error, debug=debug)
    if isinstance(known, MissingDatabaseError) and console.has_person:
        _show_first_steps(console, known)
    if isinstance(error, OSError):
        _abandon_output(console)
    return known.exit_code


def _show_first_steps(console: Console, error: MissingDatabaseError) -> None:
    """Tell a person how to begin, where nothing has named a database and there is none yet."""
    from ordercli.base.settings import embedded_path  # noqa: PLC0415 - only for a first run
    from ordercli.output.messages import note  # noqa: PLC0415 - as above

    if error.path == embedded_path():
        note(console, _("  try it out:         ordercli db init --sample 100"))
        note(console, _("  look at another:    ordercli list -d postgresql://USER@HOST/DATABASE"))
        note(
            console,
            _("  name it for good:   a profile in the configuration file, see 'man ordercli'"),
        )


def known_error(error: BaseException) -> OrdercliError:
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
    advice = _("see '{command} --help'").format(command=command)
    option = getattr(error, "option_name", None)
    possible = getattr(error, "possibilities", None)
    if option and possible:
        what = _("no option '{name}'").format(name=option)
        near = nearest(option.lstrip("-"), [each.lstrip("-") for each in possible])
        if near and command != "ordercli":
            advice = _("did you mean '{name}'? {others}").format(name=f"--{near}", others=advice)
    if option and command == "ordercli":
        advice = _("options come after the command, as in 'ordercli list {option}'").format(
            option=option
        )
    if what.startswith(_EXTRA):
        words = what.removeprefix(_EXTRA).removesuffix(")")
        what = _("'{words}' stands without an option").format(words=words)
    known = OrdercliError(what, advice)
    known.exit_code = ExitCode(error.exit_code)
    return known


def _abandon_output(console: Console) -> None:
    """Send what is still buffered nowhere, or the interpreter would fail on it at exit."""
    with suppress(OSError, ValueError, FileError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), console.output.fileno())
