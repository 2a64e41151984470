"""The French catalogue: made from the messages in the source; ``make catalogue`` renews it."""

from __future__ import annotations

import re
import sys
from datetime import UTC, datetime
from io import BytesIO
from itertools import chain
from typing import TYPE_CHECKING, Any

import typer
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from ordercli.base.errors import ExitCode
from ordercli.base.language import CATALOGUE
from ordercli.base.text import COUNTED
from ordercli.cli.app import COMMANDS, app
from ordercli.cli.help_language import HELP_ATTRIBUTES, parts_of
from ordercli.cli.lazy_groups import Group, Place
from ordercli.domain.columns import COLUMNS, STORED_STATUS
from ordercli.domain.failures import FAILURE_GROUPS, FILE_FIELDS_FOR_PROGRAMS
from ordercli.domain.history import HISTORY_FIELDS
from ordercli.domain.statistics import GROUPS
from ordercli.domain.status import ACTIONS, STATUSES
from ordercli.operations.profiles import CHECKED_FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SOURCE = CATALOGUE.parents[3]
PO = CATALOGUE.with_suffix(".po")
_KEYWORDS = {"_": None, "marked": None, "plural": (1, 2)}
_WIDTH = 100
_NO_DATE = datetime(2000, 1, 1, tzinfo=UTC)
# What Babel adds to the head of a catalogue, and what would change each time.
_UNWANTED = re.compile(
    rb'"(POT-Creation-Date|PO-Revision-Date|Report-Msgid-Bugs-To|Last-Translator|Language-Team'
    rb'|Generated-By): .*"\n'
)

Message = str | tuple[str, str]
"""A message; or one for one thing and one for several."""


def messages() -> Iterator[tuple[Message, str]]:
    """Every message that people can be shown, with the file that it stands in."""
    for path, _line, message, _comments, _context in extract_from_dir(
        SOURCE, [("**.py", "python")], keywords=_KEYWORDS
    ):
        yield message if isinstance(message, str) else (message[0], message[1]), path
    yield from ((text, "app.py") for text in _help(typer.main.get_command(app)))
    yield from ((text, "app.py") for text in _summaries(COMMANDS))
    failures = chain(FILE_FIELDS_FOR_PROGRAMS, *FAILURE_GROUPS.values())
    for field in (*COLUMNS, STORED_STATUS, *HISTORY_FIELDS, *CHECKED_FIELDS, *failures):
        yield field.title, "columns.py"
    for group in GROUPS:
        yield from ((text, "statistics.py") for text in (group.title, group.help))
    for column in COLUMNS:
        yield column.help, "columns.py"
    for code in ExitCode:
        yield code.meaning, "errors.py"
    for status in STATUSES:
        yield from ((text, "status.py") for text in (*status.aliases, status.meaning))
        yield (status.name, status.name), "status.py"
    for each in ACTIONS.values():
        yield each.question, "status.py"
        yield (each.past, each.past), "status.py"
    yield from ((forms, "text.py") for forms in COUNTED.values())


def _help(command: Any) -> Iterator[str]:
    """The help and the metavars of a command and of all below it."""
    for name in HELP_ATTRIBUTES:
        words = getattr(command, name, None)
        if isinstance(words, str) and words:
            yield words
    for below in parts_of(command):
        yield from _help(below)


def _summaries(places: Mapping[str, Place | Group]) -> Iterator[str]:
    """The lines that groups have of their commands."""
    for place in places.values():
        yield place.summary
        if isinstance(place, Group):
            yield from _summaries(place.places)


def read() -> Catalog:
    """The catalogue as it is."""
    with PO.open("rb") as stream:
        found = read_po(stream, locale="fr")
    found.creation_date = found.revision_date = _NO_DATE
    return found


def renewed(catalogue: Catalog) -> Catalog:
    """The catalogue with exactly the messages of the source; those that are new lack a text."""
    template = Catalog(locale="fr")
    for message, path in messages():
        template.add(message, locations=[(path, 0)])
    catalogue.update(template, no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    return catalogue


def po(catalogue: Catalog) -> bytes:
    """The catalogue as people edit it."""
    stream = BytesIO()
    write_po(stream, catalogue, width=_WIDTH, sort_by_file=True, include_lineno=False)
    return _UNWANTED.sub(b"", stream.getvalue())


def mo(catalogue: Catalog) -> bytes:
    """The catalogue as the program reads it."""
    stream = BytesIO()
    write_mo(stream, catalogue)
    return stream.getvalue()


def main() -> int:
    """Write the catalogue anew, and tell what is left to translate."""
    catalogue = renewed(read())
    PO.write_bytes(po(catalogue))
    CATALOGUE.write_bytes(mo(read()))
    missing = [message.id for message in catalogue if not all(texts(message.string))]
    for each in missing:
        sys.stderr.write(f"not translated: {each!r}\n")
    return 1 if missing else 0


def texts(forms: Any) -> tuple[str, ...]:
    """The text, or the texts, of a message or of its translation."""
    return forms if isinstance(forms, tuple) else (forms,)


if __name__ == "__main__":
    sys.exit(main())
