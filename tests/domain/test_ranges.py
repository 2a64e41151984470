"""Ranges of numbers and sizes mean what the contract says, and nothing else passes for one."""

from __future__ import annotations

import pytest

from ordercli.base.errors import UsageError
from ordercli.domain.ranges import NumberRange, parse_number_range


@pytest.mark.parametrize(
    ("text", "lowest", "highest"),
    [
        ("3", 3, 3),
        ("1..99", 1, 99),
        ("5..5", 5, 5),
        ("1..", 1, None),
        ("..99", None, 99),
        (" ..99% ", None, 99),
        ("-2..0", -2, 0),
        ("9223372036854775807", 2**63 - 1, 2**63 - 1),
    ],
)
def test_numbers(text: str, lowest: int | None, highest: int | None) -> None:
    assert parse_number_range(text) == NumberRange(lowest, highest)


@pytest.mark.parametrize(
    ("text", "lowest", "highest"),
    [
        ("10G..", 10**10, None),
        ("..1.5M", None, 1_500_000),
        ("1k", 1000, 1000),
        ("1kB..1KiB", 1000, 1024),
        ("1 GiB..2TiB", 2**30, 2**41),
        ("89.45kB", 89_450, 89_450),
        ("0", 0, 0),
        ("7B", 7, 7),
    ],
)
def test_sizes(text: str, lowest: int | None, highest: int | None) -> None:
    assert parse_number_range(text, sizes=True) == NumberRange(lowest, highest)


@pytest.mark.parametrize(
    "text", ["", "..", "a", "1..2..3", "9..1", "1.5", "1,000", "9223372036854775808", "10G", "--"]
)
def test_no_range_of_numbers(text: str) -> None:
    with pytest.raises(UsageError):
        parse_number_range(text)


@pytest.mark.parametrize(
    "text", ["", "10g", "1m", "1K", "1iB", "5 G B", "2G..1G", "99999999P", "-1"]
)
def test_no_range_of_sizes(text: str) -> None:
    with pytest.raises(UsageError):
        parse_number_range(text, sizes=True)
