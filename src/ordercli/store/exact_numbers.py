"""Integers of any size, which SQLite has not: its own end at 64 bits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

if TYPE_CHECKING:
    from sqlalchemy.sql.compiler import SQLCompiler


class ExactInteger(TypeDecorator[int]):
    """An integer as large as it has to be: PostgreSQL gives sums of ``bigint`` as ``numeric``."""

    impl = BigInteger
    cache_ok = True

    def process_result_value(self, value: Any, dialect: Any) -> int | None:
        """The value as an int."""
        return None if value is None else int(value)


class exact_number(FunctionElement[int]):  # noqa: N801 - it reads as the SQL function it is
    """The integer that two halves make, ``high * 2**32 + low``; 0 where they are NULL.

    SQLite has no integers past 64 bits: it gives the digits of one, which compare as it would.
    """

    type = ExactInteger()
    inherit_cache = True


@compiles(exact_number, "sqlite")
def _exact_number_sqlite(element: exact_number, compiler: SQLCompiler, **options: Any) -> str:
    high, low = (f"({compiler.process(half, **options)})" for half in element.clauses)
    return _sqlite_number(high, low)


@compiles(exact_number, "postgresql")
def _exact_number_postgresql(element: exact_number, compiler: SQLCompiler, **options: Any) -> str:
    high, low = (f"({compiler.process(half, **options)})" for half in element.clauses)
    return f"coalesce({high} * 4294967296 + {low}, 0)"


def _sqlite_number(high: str, low: str) -> str:
    carried, rest = f"({high} + ({low} >> 32))", f"({low} & 4294967295)"
    billions = f"({carried} % 1000000000 * 4294967296 + {rest})"
    first = f"{carried} / 1000000000 * 4294967296 + {billions} / 1000000000"
    digits = f"printf('%020d%09d', {first}, {billions} % 1000000000)"
    fitting = f"coalesce({carried} * 4294967296 + {rest}, 0)"
    return f"CASE WHEN {carried} >= 2147483648 THEN {digits} ELSE {fitting} END"


class exact_sum(FunctionElement[int]):  # noqa: N801 - as above
    """The sum of integers, 0 for none, however large: as ``exact_number`` gives it."""

    type = ExactInteger()
    inherit_cache = True


@compiles(exact_sum, "sqlite")
def _exact_sum_sqlite(element: exact_sum, compiler: SQLCompiler, **options: Any) -> str:
    number = compiler.process(element.clauses, **options)
    return _sqlite_number(f"sum({number} >> 32)", f"sum({number} & 4294967295)")


@compiles(exact_sum, "postgresql")
def _exact_sum_postgresql(element: exact_sum, compiler: SQLCompiler, **options: Any) -> str:
    return f"coalesce(sum({compiler.process(element.clauses, **options)}), 0)"
