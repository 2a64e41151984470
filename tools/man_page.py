"""The manual page, made from the program's own help; ``make man`` writes it."""

from __future__ import annotations

import os
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

from ordercli import __version__
from ordercli.base.errors import ExitCode
from ordercli.domain.columns import COLUMNS
from ordercli.domain.status import STATUSES
from tools.command_help import read_help, shared_options

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from tools.command_help import CommandHelp, Option

MAN_PAGE = Path(__file__).parent.parent / "man" / "ordercli.1"

DESCRIPTION = """
ordercli shows and administers the orders of a REGARDS project: one table, one CSV report, and
pause, resume and cancel, in the embedded SQLite database or in the service's own PostgreSQL one and
through its API.

On a terminal a list is a table of the newest fifty orders. In a pipe it is tab-separated values of
all of them, with times in UTC, sizes in bytes and nothing cut or coloured. Standard output carries
data only; an error is one line on standard error.

The database is the one that --database names, else ORDERCLI_DATABASE, else that of the profile
which --profile, ORDERCLI_PROFILE or the configuration's default_profile names, else the embedded
one.

On a live service's database, changes go through the API of the service that the profile names, as
the buttons of its page do.
"""

ENVIRONMENT = {
    "ORDERCLI_DATABASE": "The database: the path of a SQLite file, or a PostgreSQL URL.",
    "ORDERCLI_PROFILE": "The profile of the configuration file that names the database.",
    "ORDERCLI_CONFIG": "The configuration file to read instead of the user's own.",
    "ORDERCLI_ACTOR": "Who acts, for the history; without it, the system's user and host.",
    "ORDERCLI_TOKEN": "A token of the live service, instead of a password.",
    "ORDERCLI_SERVICE_PASSWORD": (
        "The password of the profile's user at the live service; without it, that of ~/.netrc, "
        "else a person is asked."
    ),
    "ORDERCLI_CLIENT_SECRET": "The site's client secret, instead of the profile's client_secret.",
    "SSL_CERT_FILE, SSL_CERT_DIR": "Certificates to trust, instead of the system's.",
    "HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY": "The proxies to the live service.",
    "ORDERCLI_DEBUG": "1 shows where an error was raised, as --debug does.",
    "PGPASSWORD, PGPASSFILE, PGSERVICE, PGSSLMODE, ...": (
        "What PostgreSQL's own tools read; see the chapter on libpq in its manual."
    ),
    "NO_COLOR": "Anything but nothing: no colours.",
    "FORCE_COLOR": "Colours in tables even off a terminal; 0: none. NO_COLOR wins.",
    "TERM": "dumb: no colours and no progress bar.",
    "COLUMNS": "The width of tables on a terminal.",
    "PAGER": "The program that shows list --all and history --all on a terminal; less by default.",
    "TZ": "The time zone in which people give and read times.",
    "ORDERCLI_LANG": "fr: people read French, en: English; what programs read never changes.",
    "LC_ALL, LC_MESSAGES, LANG": "Without ORDERCLI_LANG, the first that is set: fr... is French.",
}

FILES = {
    "~/.config/ordercli/config.toml": (
        "Profiles: a table [profiles.NAME] with a database each, and default_profile. For a live "
        "service also service (its URL), project, user, client_id and client_secret; "
        "schema where the orders are not found by themselves; read_only = true lets no command "
        "change anything there. A table [selections.NAME] holds filters, for which @NAME stands in "
        "every command that chooses orders: keys are the long names of their flags. "
        "XDG_CONFIG_HOME moves it."
    ),
    "~/.local/share/ordercli/orders.db": "The embedded database. XDG_DATA_HOME moves it.",
    "~/.pgpass": "Passwords of PostgreSQL servers.",
    "~/.netrc": "Passwords of live services, by host and user.",
}

SEE_ALSO = ("psql(1)", "sqlite3(1)", "crontab(5)", "jq(1)")

_ROFF = {
    "\\": "\\(rs", "-": "\\-", "'": "\\(aq", "`": "\\(ga", "^": "\\(ha", "~": "\\(ti", '"': "\\(dq",
}  # fmt: skip


def man_page() -> str:
    """The whole page, in roff."""
    root, *commands = read_help()
    common = shared_options(tuple(commands))
    purpose = _plain(root.text).rstrip(".")
    sections = {
        "NAME": f"ordercli \\- {purpose[:1].lower()}{purpose[1:]}\n",
        "SYNOPSIS": "\n.br\n".join(_usage(each) for each in (root, *commands)) + "\n",
        "DESCRIPTION": _paragraphs(DESCRIPTION),
        "OPTIONS": _items(root.options),
        "COMMANDS": "".join(_command(each, common) for each in commands),
        "OPTIONS OF EVERY COMMAND": _items(common),
        "STATUSES": _items((each.name, _sentence(each.meaning)) for each in STATUSES),
        "COLUMNS": _items((each.key, _sentence(each.help)) for each in COLUMNS),
        "ENVIRONMENT": _items(ENVIRONMENT.items()),
        "FILES": _items(FILES.items()),
        "EXIT STATUS": _items((str(each.value), _sentence(each.meaning)) for each in ExitCode),
        "SEE ALSO": f"{_plain(', '.join(SEE_ALSO))}\n",
    }
    title = f'.TH ORDERCLI 1 "" "ordercli {__version__}" "User Commands"\n.nh\n.ad l\n'
    return title + "".join(f".SH {name}\n{body}" for name, body in sections.items())


def _usage(command: CommandHelp) -> str:
    return f"{_bold(command.path)} {_plain(command.usage)}"


def _command(command: CommandHelp, common: Collection[Option]) -> str:
    """A command with the options that are its own, and its example."""
    own = [option for option in command.options if option not in common]
    shown = f".PP\nExample:\n.PP\n.RS 4\n.nf\n{_plain(command.example)}\n.fi\n.RE\n"
    return f".SS {_usage(command)}\n{_paragraphs(command.text)}{_items(own)}{shown}"


def _paragraphs(text: str) -> str:
    return ".PP\n".join(_lines(each) for each in text.strip().split("\n\n"))


def _items(items: Iterable[tuple[str, str]]) -> str:
    return "".join(f".TP\n{_tag(name)}\n{_lines(text)}" for name, text in items)


def _tag(name: str) -> str:
    """A name in bold; behind an option, its value in italics."""
    if not name.startswith("-"):
        return _bold(name)
    words = name.split()
    return " ".join(
        _bold(each) if each.startswith("-") else f"\\fI{_plain(each)}\\fR" for each in words
    )


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _bold(text: str) -> str:
    return f"\\fB{_plain(text)}\\fR"


def _lines(text: str) -> str:
    """A paragraph in lines of a file that people read and compare."""
    return "".join(f"{_plain(line)}\n" for line in textwrap.wrap(text, 70))


def _plain(text: str) -> str:
    """Text that roff shows as it is."""
    shown = "".join(_ROFF.get(each, each) for each in text)
    return f"\\&{shown}" if shown.startswith(".") else shown


def main() -> None:
    """Write the page anew."""
    os.environ["ORDERCLI_LANG"] = "en"
    MAN_PAGE.parent.mkdir(exist_ok=True)
    MAN_PAGE.write_text(man_page(), encoding="utf-8")


if __name__ == "__main__":
    main()
