"""SQL expressions that SQLite and PostgreSQL spell differently."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from sqlalchemy import ARRAY, BigInteger, ColumnElement, Integer, Text, bindparam, literal_column
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NullType, TypeDecorator, TypeEngine

from ordercli.store.exact_numbers import ExactInteger

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Dialect
    from sqlalchemy.sql.compiler import SQLCompiler

_SQLITE_DAY = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9] *"
_POSTGRESQL_RANGE = "BETWEEN '0001-01-01' AND '9999-12-31 23:59:59.999999'"

_LONGEST_PATTERN = 1000
"""No user and no label is half as long: what begins a longer pattern matches none already."""

IRREGULAR = "\1"
"""What stands around the id before a moment that ``regular_moment_text`` tells apart."""


class moment_text(FunctionElement[str]):  # noqa: N801 - it reads as the SQL function it is
    """A stored timestamp as its machine value: ISO 8601, UTC with ``Z``, no needless decimals.

    What is no date in the years that ISO 8601 writes (``infinity``, say) comes as it is stored.
    """

    type = Text()
    inherit_cache = True


@compiles(moment_text, "sqlite")
def _moment_text_sqlite(element: moment_text, compiler: SQLCompiler, **options: Any) -> str:
    stored = compiler.process(element.clauses, **options)
    trimmed = (
        f"CASE WHEN instr({stored}, '.') THEN rtrim(rtrim({stored}, '0'), '.') ELSE {stored} END"
    )
    text = f"replace({trimmed}, ' ', 'T') || 'Z'"
    return f"CASE WHEN {stored} GLOB '{_SQLITE_DAY}' THEN {text} ELSE {stored} END"


@compiles(moment_text, "postgresql")
def _moment_text_postgresql(element: moment_text, compiler: SQLCompiler, **options: Any) -> str:
    stored = compiler.process(element.clauses, **options)
    text = f"replace({stored}::timestamp::text, ' ', 'T') || 'Z'"
    return f"CASE WHEN {stored} {_POSTGRESQL_RANGE} THEN {text} ELSE {stored}::timestamp::text END"


class regular_moment_text(FunctionElement[str]):  # noqa: N801 - as above
    """A stored timestamp as ``moment_text`` gives it, with values that are no date marked.

    SQLite gives NULL for such a value, and an empty text for an absent one. PostgreSQL writes the
    order's id, between two ``IRREGULAR``, before it.
    """

    type = Text()
    inherit_cache = True


@compiles(regular_moment_text, "sqlite")
def _regular_moment_sqlite(element: regular_moment_text, compiler: SQLCompiler, **kw: Any) -> str:
    stored, _ = (compiler.process(clause, **kw) for clause in element.clauses)
    trimmed = f"rtrim(rtrim({stored}, '0'), '.')"
    return (
        f"CASE WHEN {stored} IS NULL THEN '' WHEN {stored} NOT GLOB '{_SQLITE_DAY}' THEN NULL"
        f" WHEN {stored} GLOB '*.*0' THEN replace({trimmed}, ' ', 'T') || 'Z'"
        f" ELSE replace({stored}, ' ', 'T') || 'Z' END"
    )


@compiles(regular_moment_text, "postgresql")
def _regular_moment_postgresql(
    element: regular_moment_text, compiler: SQLCompiler, **kw: Any
) -> str:
    stored, order_id = (compiler.process(clause, **kw) for clause in element.clauses)
    text = f"replace({stored}::timestamp::text, ' ', 'T') || 'Z'"
    apart = f"chr(1) || {order_id} || chr(1) || {stored}::timestamp::text"
    return f"CASE WHEN {stored} {_POSTGRESQL_RANGE} THEN {text} ELSE {apart} END"


class seconds_since(FunctionElement[int]):  # noqa: N801 - as above
    """The whole seconds from a stored timestamp to a moment, both cut to the second; never below 0.

    What is no date in the years that ISO 8601 writes gives NULL.
    """

    type = ExactInteger()
    inherit_cache = True

    def __init__(self, column: Any, now: datetime) -> None:
        super().__init__(column, bindparam(None, int(now.timestamp()), BigInteger(), unique=True))


@compiles(seconds_since, "sqlite")
def _seconds_since_sqlite(element: seconds_since, compiler: SQLCompiler, **options: Any) -> str:
    stored, now = (compiler.process(clause, **options) for clause in element.clauses)
    seconds = f"CAST(strftime('%s', substr({stored}, 1, 19)) AS INTEGER)"
    return f"CASE WHEN {stored} GLOB '{_SQLITE_DAY}' THEN max({now} - {seconds}, 0) END"


@compiles(seconds_since, "postgresql")
def _seconds_since_postgresql(element: seconds_since, compiler: SQLCompiler, **options: Any) -> str:
    stored, now = (compiler.process(clause, **options) for clause in element.clauses)
    seconds = f"extract(epoch FROM date_trunc('second', {stored}::timestamp))::bigint"
    return f"CASE WHEN {stored} {_POSTGRESQL_RANGE} THEN greatest({now} - {seconds}, 0) END"


class unindexed(FunctionElement[Any]):  # noqa: N801 - as above
    """The value of a column, as an expression that no index and no statistics are used for.

    Both databases choose a bad plan where other conditions already name a few rows of many.
    PostgreSQL takes two bounds of one expression for a narrow range: ``again`` gives a second
    expression with the same value.
    """

    inherit_cache = True

    def __init__(self, column: ColumnElement[Any], *, again: bool = False) -> None:
        self.type = column.type
        nothing: ColumnElement[Any] = literal_column(
            "0" if isinstance(column.type, Integer) else "''"
        )
        super().__init__(column - nothing if again else column + nothing)


@compiles(unindexed)
def _unindexed(element: unindexed, compiler: SQLCompiler, **options: Any) -> str:
    return f"({compiler.process(element.clauses, **options)})"


class _IdList(TypeDecorator["Sequence[int]"]):
    """Many ids as one bound value: an array in PostgreSQL, a JSON text in SQLite."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The type that is bound."""
        sqlite = dialect.name == "sqlite"
        return dialect.type_descriptor(Text() if sqlite else ARRAY(BigInteger()))

    def process_bind_param(self, value: Sequence[int] | None, dialect: Dialect) -> Any:
        """The ids as the driver takes them."""
        ids = list(value or ())
        return json.dumps(ids) if dialect.name == "sqlite" else ids

    def process_result_value(self, value: Any, dialect: Dialect) -> Sequence[int] | None:
        """The ids; None for none."""
        ids: list[int] | None = json.loads(value) if dialect.name == "sqlite" else value
        return ids


class among(FunctionElement[bool]):  # noqa: N801 - as above
    """Whether a column is one of many ids: one bound value, however many they are."""

    type: Any = NullType()
    inherit_cache = True

    def __init__(self, column: Any, ids: Sequence[int]) -> None:
        super().__init__(column, bindparam(None, ids, _IdList(), unique=True))


@compiles(among, "sqlite")
def _among_sqlite(element: among, compiler: SQLCompiler, **options: Any) -> str:
    column, ids = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({ids}))"  # noqa: S608 - compiled clauses


@compiles(among, "postgresql")
def _among_postgresql(element: among, compiler: SQLCompiler, **options: Any) -> str:
    column, ids = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} = ANY ({ids})"


class id_list(FunctionElement["Sequence[int]"]):  # noqa: N801 - as above
    """The ids of a group, all in one value, in no particular order."""

    type = _IdList()
    inherit_cache = True


@compiles(id_list, "sqlite")
def _id_list_sqlite(element: id_list, compiler: SQLCompiler, **options: Any) -> str:
    return f"json_group_array({compiler.process(element.clauses, **options)})"


@compiles(id_list, "postgresql")
def _id_list_postgresql(element: id_list, compiler: SQLCompiler, **options: Any) -> str:
    return f"array_agg({compiler.process(element.clauses, **options)})"


class matches_wildcards(FunctionElement[bool]):  # noqa: N801 - as above
    """Whether a column matches a pattern in which ``*`` and ``?`` alone are wildcards."""

    # As a Boolean, SQLite would get it compared with 1, past any index.
    type: Any = NullType()
    inherit_cache = True

    def __init__(self, column: Any, pattern: str) -> None:
        self.pattern = pattern
        super().__init__(
            column,
            bindparam(None, _glob(pattern), unique=True),
            bindparam(None, _like(pattern), unique=True),
        )


@compiles(matches_wildcards, "sqlite")
def _matches_sqlite(element: matches_wildcards, compiler: SQLCompiler, **options: Any) -> str:
    column, glob, _ = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} GLOB {glob}"


@compiles(matches_wildcards, "postgresql")
def _matches_postgresql(element: matches_wildcards, compiler: SQLCompiler, **options: Any) -> str:
    column, _, like = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} LIKE {like} ESCAPE '!'"


class matches_in_either_case(FunctionElement[bool]):  # noqa: N801 - as above
    """Whether a column matches a pattern as above, each letter of which is meant in either case.

    The pattern says both cases of each letter itself: what a database takes for the other case of
    one depends on its collation, and SQLite knows the ASCII letters only.
    """

    type: Any = NullType()
    inherit_cache = True

    def __init__(self, column: Any, pattern: str) -> None:
        pattern = re.sub(r"\*+", "*", pattern)[:_LONGEST_PATTERN]
        super().__init__(
            column,
            bindparam(None, "".join(map(_glob_of_both, pattern)), unique=True),
            bindparam(None, f"^{''.join(map(_expression_of_both, pattern))}$", unique=True),
        )


@compiles(matches_in_either_case, "sqlite")
def _either_case_sqlite(
    element: matches_in_either_case, compiler: SQLCompiler, **options: Any
) -> str:
    column, glob, _ = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} GLOB {glob}"


@compiles(matches_in_either_case, "postgresql")
def _either_case_postgresql(
    element: matches_in_either_case, compiler: SQLCompiler, **options: Any
) -> str:
    column, _, expression = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} ~ {expression}"


def _cases(character: str) -> list[str]:
    """The character, and its other case where that is one character too."""
    both = (character, character.lower(), character.upper())
    return list(dict.fromkeys(each for each in both if len(each) == 1))


def _glob_of_both(character: str) -> str:
    cases = _cases(character)
    return _glob(character) if len(cases) == 1 else f"[{''.join(cases)}]"


def _expression_of_both(character: str) -> str:
    if character in "*?":
        return ".*" if character == "*" else "."
    # As alternatives, for a database of no encoding has no characters, only bytes.
    written = "|".join(each if each.isalnum() else f"\\{each}" for each in _cases(character))
    return f"(?:{written})" if "|" in written and written != "\\|" else written


def _glob(pattern: str) -> str:
    return pattern.replace("[", "[[]")


def _like(pattern: str) -> str:
    for special in "!%_":
        pattern = pattern.replace(special, f"!{special}")
    return pattern.replace("*", "%").replace("?", "_")
