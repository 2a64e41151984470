"""Why files failed, as SQL: the line that counts, what is the same in all of a cause."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Text, bindparam, or_
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from ordercli.domain.causes import (
    FAILED_STATES,
    LONGEST,
    NO_CAUSE,
    PLACEHOLDER,
    VARYING,
    Folding,
    pattern_of,
)
from ordercli.store.database import driven
from ordercli.store.sql_functions import matches_in_either_case, matches_wildcards
from ordercli.store.tables import data_files

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection
    from sqlalchemy.sql.compiler import SQLCompiler

_FOLDED = "ordercli_folded"


class first_line(FunctionElement[str]):  # noqa: N801 - it reads as the SQL function it is
    """The first line that has something in it, without blanks around; NULL where none has."""

    type = Text()
    inherit_cache = True


@compiles(first_line, "sqlite")
def _first_line_sqlite(element: first_line, compiler: SQLCompiler, **options: Any) -> str:
    text = compiler.process(element.clauses, **options)
    start = f"ltrim(substr(CAST({text} AS TEXT), 1, {LONGEST}), char(32, 9, 10, 13))"
    line = f"substr({start}, 1, instr({start} || char(10), char(10)) - 1)"
    return f"nullif(rtrim({line}, char(32, 9, 13)), '')"


@compiles(first_line, "postgresql")
def _first_line_postgresql(element: first_line, compiler: SQLCompiler, **options: Any) -> str:
    text = compiler.process(element.clauses, **options)
    # To count the characters of every text would take a tenth of the time.
    begun = (
        f"CASE WHEN octet_length({text}) <= {LONGEST} THEN {text} ELSE left({text}, {LONGEST}) END"
    )
    start = rf"ltrim({begun}, E' \t\n\r')"
    return rf"nullif(rtrim(split_part({start}, E'\n', 1), E' \t\r'), '')"


class folded_line(FunctionElement[str]):  # noqa: N801 - as above
    """A line with a placeholder for each word that varies; ``prepare`` is called before."""

    type = Text()
    inherit_cache = True

    def __init__(self, line: Any) -> None:
        super().__init__(line, bindparam(None, VARYING, Text(), unique=True))


@compiles(folded_line, "sqlite")
def _folded_sqlite(element: folded_line, compiler: SQLCompiler, **options: Any) -> str:
    line, _ = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{_FOLDED}({line})"


@compiles(folded_line, "postgresql")
def _folded_postgresql(element: folded_line, compiler: SQLCompiler, **options: Any) -> str:
    line, varying = (compiler.process(clause, **options) for clause in element.clauses)
    return f"regexp_replace({line}, {varying}, chr({ord(PLACEHOLDER)}), 'g')"


def prepare(connection: Connection) -> None:
    """Teach a SQLite connection what PostgreSQL's regular expressions know."""
    if connection.dialect.name == "sqlite":
        driven(connection).create_function(_FOLDED, 1, Folding(), deterministic=True)


def is_failed(
    causes: Iterable[str] = (), *, ignore_case: bool = False
) -> list[ColumnElement[bool]]:
    """The conditions on ``t_data_file`` that a file failed, for one of the causes if any are named.

    In a cause ``*`` and ``?`` are wildcards, and so is the sign for what varies.
    """
    matches = matches_in_either_case if ignore_case else matches_wildcards
    line = first_line(data_files.c.download_error_reason)
    choices: list[Any] = [
        line.is_(None) if cause == NO_CAUSE else matches(line, pattern_of(cause))
        for cause in causes
    ]
    return [data_files.c.state.in_(FAILED_STATES), *([or_(*choices)] if choices else [])]
