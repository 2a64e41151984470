"""``ordercli profiles``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ordercli.base.errors import ExitCode
from ordercli.base.files import shown_path
from ordercli.base.language import _
from ordercli.base.settings import choose
from ordercli.base.text import counted
from ordercli.cli.invocation import Invocation
from ordercli.cli.list_options import FormatOption, HeaderOption, chosen_format
from ordercli.cli.options import DatabaseOptions, with_option_groups
from ordercli.output.formats import Layout, is_for_people

if TYPE_CHECKING:
    from ordercli.domain.columns import Field


@with_option_groups
def list_profiles(
    run: Invocation,
    where: DatabaseOptions,
    check: Annotated[
        bool, typer.Option("--check", help="Try each: its database, and that its service answers.")
    ] = False,
    style: FormatOption = None,
    no_header: HeaderOption = False,
) -> None:
    """List the profiles of the configuration file.

    Which one is used and why, its database, its service; no passwords.

    Example: ordercli profiles --check
    """
    from ordercli.operations.profiles import (
        CHECKED_FIELDS,
        PROFILE_FIELDS,
        checked,
        configured_profiles,
    )
    from ordercli.output.writers import write_rows

    run.console.check_output()
    chosen = chosen_format(style, run.console)
    found = configured_profiles(choose(where.database, where.profile))
    if check:
        found = checked(found, run.limits)
    fields: tuple[Field, ...] = CHECKED_FIELDS if check else PROFILE_FIELDS
    rows = [each.row() for each in found]
    if is_for_people(chosen):
        for row in rows:
            row["read_only"] = _("yes") if row["read_only"] == "yes" else None
            row["database"] = shown_path(str(row["database"])) if row["database"] else None
        fields = tuple(field for field in fields if any(row[field.key] for row in rows))
    layout = Layout(chosen, fields, run.clock(), header=not no_header)
    write_rows(rows, layout, run.console, lambda number: f"{counted(number, 'profile')}\n")
    if check and any(each.problem for each in found):
        raise typer.Exit(ExitCode.FAILED)
