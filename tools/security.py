"""What can go wrong and what is done about it, and the table of it in ``docs/security.md``.

``make security`` runs the long tests, which measure the figures, and writes these into the table.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SECURITY = Path(__file__).parent.parent / "docs" / "security.md"
_TABLE = re.compile(
    r"(?<=^<!-- measured: threats -->\n)(.*?)(?=^<!-- end)", re.DOTALL | re.MULTILINE
)
_ROW = re.compile(r"^\| (\d+) \| (.*?) \| (.*?) \|", re.MULTILINE)


class Threat(NamedTuple):
    """Something that can go wrong, and what is done about it."""

    name: str
    answer: str


THREATS = {
    1: Threat(
        "completion offers a text from the database, and the shell runs it",
        "only values of plain characters are offered",
    ),
    2: Threat(
        "the service changes an order between the look at it and the change",
        "rows are locked, then looked at again; the change is conditional on the row itself;"
        " beside a service, what it turns back within a second is named",
    ),
    3: Threat(
        "SQLite answers that the database is locked",
        "writers begin at once as such, and wait for each other",
    ),
    4: Threat(
        "a text from the database steers the terminal",
        "one function escapes whatever is shown, and caps its length and its combining marks",
    ),
    5: Threat(
        "a spreadsheet runs a cell, or a label forges a row",
        "a quote before what would run, quotes around what could end a field",
    ),
    6: Threat(
        "half a file, or silence taken for success",
        "a file is written beside the old one, synced and renamed; every write is checked",
    ),
    7: Threat(
        "killed or cut off in the middle of a change",
        "a status and its event are one transaction; after a lost answer the events are asked",
    ),
    8: Threat(
        "a server freezes",
        "deadlines on our side; no transaction is open while a person is asked or reads",
    ),
    9: Threat(
        "the server fails over, or only a replica is left",
        "several hosts in one URL; changes look for one that writes, reading takes any",
    ),
    10: Threat(
        "a role with more rights than it needs",
        "'db grants' prints the least; reading asks for a read-only session",
    ),
    11: Threat(
        "a password in a message",
        "messages are redacted, values of statements never shown",
    ),
    12: Threat(
        "other orders than were meant are chosen",
        "nothing empty means all; only * and ? are wildcards; what was confirmed is what changes",
    ),
    13: Threat(
        "one row that can't be read hides all the others",
        "the others are shown, and one warning",
    ),
    14: Threat(
        "a time is read in the wrong zone",
        "unknown zones are errors; a time that is missing or double is refused with both readings",
    ),
    15: Threat(
        "a path, a link or a mode that nobody expects",
        "private files in private directories; configuration only from its own place",
    ),
    16: Threat(
        "a report or a change keeps the service waiting",
        "reading takes no lock that a write waits for; a change locks 500 rows at most, briefly",
    ),
}


class Evidence(NamedTuple):
    """What a run of the long tests measured for one threat, and the tests that did."""

    figures: Sequence[str]
    tests: Sequence[str]


NONE = Evidence((), ())


def read_figures(path: Path) -> dict[int, Evidence]:
    """The evidence that ``pytest tests/long --figures PATH`` wrote."""
    found = json.loads(path.read_text(encoding="utf-8"))
    return {int(number): Evidence(**each) for number, each in found.items()}


def write_figures(path: Path, evidence: Mapping[int, Evidence]) -> None:
    """Write the evidence, for ``read_figures``."""
    found = {number: each._asdict() for number, each in evidence.items()}
    path.write_text(json.dumps(found, indent=1), encoding="utf-8")


def renewed(text: str, evidence: Mapping[int, Evidence]) -> str:
    """The text of the page with this evidence in its table."""
    rows = "".join(
        f"| {number} | {threat.name} | {threat.answer} | {'<br>'.join(found.figures)}"
        f" | {', '.join(f'`{name}`' for name in found.tests)} |\n"
        for number, threat in THREATS.items()
        for found in [evidence.get(number, NONE)]
    )
    head = "| # | threat | what is done | figures reached | tests |\n|---|---|---|---|---|\n"
    return _TABLE.sub(lambda _: head + rows, text)


def stated(text: str) -> dict[int, Threat]:
    """The rows that the table of the page has, without their evidence."""
    table = _TABLE.search(text)
    rows = _ROW.findall(table[0] if table else "")
    return {int(number): Threat(name, answer) for number, name, answer in rows}


def main() -> None:
    """Write the figures of the file that is named into the table."""
    text = SECURITY.read_text(encoding="utf-8")
    SECURITY.write_text(renewed(text, read_figures(Path(sys.argv[1]))), encoding="utf-8")


if __name__ == "__main__":
    main()
