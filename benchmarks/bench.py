"""ordercli beside the tools that people would use instead, on the same work and the same machine.

``make bench`` runs all of it, ``make bench-large`` with ten million orders as well. Seconds are
this machine's: only the ratios of medians, taken in one run, are worth quoting.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
from typing import TYPE_CHECKING

from sqlalchemy import create_engine

import bare
import bulk_change
import federated
import page
import totals
from data import add_files
from measure import Command, table
from ordercli.domain.columns import SUMMARY_DEFAULT, SortKey, column_named
from ordercli.domain.selection import OrderQuery, Selection
from ordercli.store.order_query import order_rows
from places import (
    LARGE,
    MIDDLE,
    ORDERS_FOUND,
    PROGRAMS,
    SMALL,
    WITH_FILES,
    Place,
    ordercli,
    place_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable

_PAGES = {
    "default": [],
    "--sort creation": ["--sort", "creation"],
    "--sort id": ["--sort", "id"],
    "--sort=-id": ["--sort=-id"],
    "--sort user": ["--sort", "user"],
    "-u user5@example.org": ["-u", "user5@example.org"],
    "-u 'user5*'": ["-u", "user5*"],
    "-s running": ["-s", "running"],
    "-s failed,warning": ["-s", "failed,warning"],
    "-s waiting": ["-s", "waiting"],
    "-u ... -s done": ["-u", "user5@example.org", "-s", "done"],
    "--since, --until": ["--since", "2023-11-16", "--until", "2023-11-18"],
    "-u ... --created": ["-u", "user5@example.org", "--created", "2023-11-16..2023-11-18"],
    "-s failed --created": ["-s", "failed", "--created", "2023-11-16..2023-11-18"],
}


def start_up(place: Place) -> str:
    """Help, version and static completion, beside a bare Typer program."""
    program = place.folder / "bare.py"
    program.write_text(bare.source())

    def beside(*words: str, **env: str) -> Command:
        return Command([sys.executable, str(program), *words], env=env)

    works = {
        "--help": (ordercli("--help"), beside("--help")),
        "--version": (ordercli("--version"), beside("--version")),
        "list --help": (ordercli("list", "--help"), beside("list", "--help")),
        "completion of `list --st`": (
            ordercli("list", "--st", env={"_ORDERCLI_COMPLETE": "zsh"}),
            beside(_BARE_COMPLETE="complete_zsh", _TYPER_COMPLETE_ARGS="bare list --st"),
        ),
    }
    rows = [[name, *place.in_turn(*commands)] for name, commands in works.items()]
    return table(["start-up", "s", "x a bare Typer program", "MB"], rows)


def first_page(place: Place) -> str:
    """The newest fifty of a million, beside the imports that such a program can't do without."""
    imports = Command([sys.executable, "-c", "import typer, rich.table, sqlmodel"])
    rows = []
    for kind in ("sqlite", "postgresql"):
        list_them = ordercli(
            "list", "--format", "table", "--limit", "50", location=place.location(kind, MIDDLE)
        )
        rows.append([f"list, {kind}", *place.in_turn(list_them, imports)])
    return table(["first page of 1 million", "s", "x the imports", "MB"], rows)


def growth(place: Place, large: int) -> str:
    """First pages of many orders, beside the same pages of few."""
    rows = []
    for kind in ("sqlite", "postgresql"):
        for name, words in _PAGES.items():
            page = ["list", "--format", "table", "--limit", "50", *words]
            many, few = (
                ordercli(*page, location=place.location(kind, orders)) for orders in (large, SMALL)
            )
            rows.append([name, kind, *place.in_turn(many, few)])
    for columns in ("+expiration", "-size"):
        page = ["list", "--format", "table", "--limit", "50", f"--columns={columns}"]
        many, few = (
            ordercli(*page, location=place.location("service", orders)) for orders in (large, SMALL)
        )
        rows.append([f"--columns={columns}", "service", *place.in_turn(many, few)])
    return table([f"first page of {large:,}", "database", "s", f"x of {SMALL:,}", "MB"], rows)


def reports(place: Place) -> str:
    """The report of a million orders, beside the databases' own tools and two of Python's."""
    query = OrderQuery(Selection(), SUMMARY_DEFAULT, (SortKey(column_named("id")),))
    rows = []
    lite = place.location("sqlite", MIDDLE)
    statement = _with_values(query, "sqlite://")
    peers = {"sqlite3 -csv": Command(["sqlite3", "-csv", "-header", lite, statement])}
    if importlib.util.find_spec("sqlite_utils"):
        words = [str(PROGRAMS / "sqlite-utils"), "query", lite, statement, "--csv"]
        peers["sqlite-utils"] = Command(words)
    if importlib.util.find_spec("csvkit"):
        peers["sql2csv"] = _sql2csv(f"sqlite:///{lite}", statement)
    report = ordercli("summary", location=lite)
    rows.append(["SQLite", ", ".join(peers), *place.in_turn(report, *peers.values())])
    for kind in ("service", "postgresql"):
        url = place.location(kind, MIDDLE)
        statement = _with_values(query, "postgresql+psycopg://").replace("\n", " ")
        copied = f"\\copy ({statement}) to stdout with (format csv, header)"
        peers = {
            "psql --csv": Command(["psql", "-X", "--csv", url, "-c", statement], ORDERS_FOUND),
            "psql \\copy": Command(["psql", "-X", url, "-c", copied], ORDERS_FOUND),
        }
        report = ordercli("summary", location=url)
        rows.append([kind, ", ".join(peers), *place.in_turn(report, *peers.values())])
    for kind in ("sqlite", "service"):
        many, few = (
            ordercli("summary", location=place.location(kind, orders)) for orders in (MIDDLE, SMALL)
        )
        rows.append([kind, f"itself, of {SMALL:,}", *place.in_turn(many, few)])
    return table(["report of 1 million", "beside", "s", "ratios", "MB"], rows)


def _with_values(query: OrderQuery, url: str) -> str:
    engine = create_engine(url)
    return str(order_rows(query).compile(engine, compile_kwargs={"literal_binds": True}))


def _sql2csv(url: str, statement: str) -> Command:
    return Command([str(PROGRAMS / "sql2csv"), "--db", url, "--query", statement])


_CAUSES = """
SELECT {line}, count(DISTINCT order_id), count(*), sum(size), max(status_date)
FROM t_data_file f JOIN t_order o ON o.id = order_id
WHERE state IN ('ERROR', 'PROCESSING_ERROR', 'DOWNLOAD_ERROR') GROUP BY 1 ORDER BY 3 DESC
"""
_FIRST_LINES = {
    "sqlite": "substr(download_error_reason, 1,"
    " instr(download_error_reason || char(10), char(10)))",
    "postgresql": "split_part(download_error_reason, E'\\n', 1)",
}


def causes(place: Place) -> str:
    """A million files that all failed, by cause, beside SQL that sums equal texts, and folds them.

    SQLite knows no regular expression to fold them with.
    """
    rows = []
    for kind, line in _FIRST_LINES.items():
        location = place.location(kind, WITH_FILES)
        add_files(location, MIDDLE, WITH_FILES, failed=1)
        equal, folded = (
            _CAUSES.format(line=each).replace("\n", " ")
            for each in (line, f"regexp_replace({line}, '\\S*[0-9/@]\\S*', '*', 'g')")
        )
        peers = [Command(["sqlite3", "-csv", location, equal])]
        if kind == "postgresql":
            peers = [Command(["psql", "-X", "--csv", location, "-c", each])
                     for each in (equal, folded)]  # fmt: skip
        ours = ordercli("errors", "-f", "csv", location=location)
        rows.append([kind, *place.in_turn(ours, *peers)])
    return table(["errors of 1 million files", "s", "x SQL: equal, folded", "MB"], rows)


def bulk(place: Place) -> str:
    """Pausing a hundred thousand of a million, beside the bare SQL that does the same."""
    rows = bulk_change.measured(place.folder, place.server, MIDDLE, min(place.runs, 3))
    return table(["pause of 100,000", "s", "x the bare SQL", "MB"], rows)


def main() -> None:
    """Measure what is asked for, and print a table each."""
    works: dict[str, Callable[[Place], str]] = {
        "start-up": start_up,
        "first-page": first_page,
        "growth": lambda place: growth(place, MIDDLE),
        "large": lambda place: growth(place, LARGE),
        "reports": reports,
        "totals": totals.measured,
        "bulk": bulk,
        "causes": causes,
        "page": page.measured,
        "federated": lambda place: federated.measured(place, MIDDLE),
    }
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("works", nargs="*", choices=[*works, []], help="all but large, if none")
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    with place_of(options.runs) as place:
        for name in options.works or [name for name in works if name != "large"]:
            print(works[name](place), flush=True)


if __name__ == "__main__":
    main()
