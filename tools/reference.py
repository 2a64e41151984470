"""The tables of the docs that come from the program itself, by the name of their marker."""

from __future__ import annotations

import os
import re
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ordercli.base.errors import ExitCode
from ordercli.domain.columns import COLUMNS, RANGE_COLUMNS
from ordercli.domain.ranges import parse_range
from ordercli.domain.status import ACTIONS, REMOVE, STATUSES, UNDO
from tools.command_help import read_help, shared_options
from tools.man_page import ENVIRONMENT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ordercli.domain.status import Transition
    from tools.command_help import CommandHelp, Option

CONFIGURATION = {
    "default_profile": "The profile to use where none is named. It stands outside the profiles.",
    "database": "The path of a SQLite file, or a PostgreSQL URL. Every profile has one.",
    "schema": (
        "Where the orders are in a PostgreSQL database, should they not be on the `search_path`, "
        "nor in `order_`, nor in the only schema that has some."
    ),
    "service": "The URL of the live service through which orders are changed: `https://HOST`.",
    "project": "The project at that service.",
    "user": "Who logs in there. The password is not kept here.",
    "client_id": "The site's client id.",
    "client_secret": "The site's client secret; others must not be able to read the file then.",
    "read_only": "`true`: no command changes anything there, whatever else is given.",
    "selections": (
        "Saved selections, a table `[selections.NAME]` each: `@NAME` stands for its filters. It "
        "stands outside the profiles."
    ),
}

_NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
_RANGES = (
    ("created", "2026-03-07"),
    ("created", "2026-02"),
    ("created", "2026-03-07T14:06..now"),
    ("created", "today"),
    ("created", "yesterday..today"),
    ("created", "'yesterday 18:00..'"),
    ("created", "friday.."),
    ("created", "1y..3mo"),
    ("changed", "12h.."),
    ("changed", "..2d"),
    ("expires", "tomorrow"),
    ("expires", "..3d"),
    ("expires", "saturday..monday"),
    ("progress", "..99"),
    ("errors", "1.."),
    ("files", "3"),
    ("size", "10G.."),
    ("size", "1MiB..2.5GB"),
)

_TABLE = re.compile(r"(?<=^<!-- )((?!end)\w+)( -->\n)(.*?)(?=^<!-- end)", re.DOTALL | re.MULTILINE)
_MARKS = re.compile(r"([\\`*_{}\[\]<>|])")


def with_tables(text: str) -> str:
    """The text of a page with every table as the program says it now."""
    return _TABLE.sub(lambda found: f"{found[1]}{found[2]}{_TABLES[found[1]]()}", text)


def _table(titles: str, rows: Iterable[str]) -> str:
    columns = titles.count("|") + 1
    return f"| {titles} |\n{'|---' * columns}|\n" + "".join(f"| {each} |\n" for each in rows)


def _statuses() -> str:
    rows = (
        f"`{each.name}` | {_codes(each.stored)} | {_codes(each.aliases)} | {each.meaning}"
        for each in STATUSES
    )
    return _table("status | stored as | also accepted | meaning", rows)


def _columns() -> str:
    rows = (
        f"`{each.key}` | {each.title} | {_codes(each.aliases)} | {each.help}" for each in COLUMNS
    )
    return _table("column | title | also accepted | what it is", rows)


def _transitions() -> str:
    rows = (
        f"`{each.action}` | {_codes(each.allowed_from)} | {_becomes(each)}"
        for each in ACTIONS.values()
    )
    return _table("action | allowed from (as stored) | becomes", rows)


def _becomes(transition: Transition) -> str:
    if transition is REMOVE:
        return "nothing: it is gone"
    if transition is UNDO:
        return "what it was before an operation, if nothing has changed it since"
    if transition.becomes is None:
        return "what it was, and a new order is made"
    return f"`{transition.becomes}`, shown as `{transition.shown_after('')}`"


def _ranges() -> str:
    """What ranges mean, as the program reads them at a moment of a Tuesday, in UTC."""
    zone = os.environ.get("TZ")
    os.environ["TZ"] = "UTC"
    time.tzset()
    try:
        rows = [f"`--{option} {typed}` | {_meant(option, typed)}" for option, typed in _RANGES]
    finally:
        os.environ.pop("TZ")
        if zone is not None:
            os.environ["TZ"] = zone
        time.tzset()
    return _table("range | from | to", rows)


def _meant(option: str, typed: str) -> str:
    within = parse_range(RANGE_COLUMNS[option], typed.strip("'"), _NOW).within
    ends = (f"{each:%Y-%m-%d %H:%M}" if isinstance(each, datetime) else each for each in within)
    return " | ".join("" if each is None else f"{each}" for each in ends)


def _exit_codes() -> str:
    return _table("exit code | meaning", (f"{code.value} | {code.meaning}" for code in ExitCode))


def _environment() -> str:
    rows = (f"{_codes(names.split(', '))} | {_plain(what)}" for names, what in ENVIRONMENT.items())
    return _table("variable | what it says", rows)


def _configuration() -> str:
    return _table(
        "key | what it says", (f"`{key}` | {what}" for key, what in CONFIGURATION.items())
    )


def _commands() -> str:
    os.environ["ORDERCLI_LANG"] = "en"
    root, *commands = read_help()
    shared = shared_options(tuple(commands))
    return "\n".join(
        [
            _heading(root) + _options(root.options),
            *(_command(each, [option for option in each.options if option not in shared])
              for each in commands),
            "### Options of every command\n\n" + _options(shared),
        ]
    )  # fmt: skip


def _heading(command: CommandHelp) -> str:
    return f"### {command.path}\n\n    {command.path} {command.usage}\n\n"


def _command(command: CommandHelp, own: Iterable[Option]) -> str:
    return (
        f"{_heading(command)}{_plain(command.text)}\n\n{_options(own)}\n"
        f"Example:\n\n    {command.example}\n"
    )


def _options(options: Iterable[Option]) -> str:
    return "".join(f"- `{names}`: {_plain(what)}\n" for names, what in options)


def _plain(text: str) -> str:
    """Text that Markdown shows as it is."""
    return _MARKS.sub(r"\\\1", text)


def _codes(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


_TABLES = {
    "statuses": _statuses,
    "columns": _columns,
    "ranges": _ranges,
    "transitions": _transitions,
    "exit_codes": _exit_codes,
    "environment": _environment,
    "configuration": _configuration,
    "commands": _commands,
}
