"""Totals of orders: sorted, cut, and summed up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ordercli.domain.periods import in_longer_periods, with_empty_periods
from ordercli.domain.statistics import DAY, LONGER_PERIODS, ORDERS, sorted_totals, sum_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ordercli.base.values import Row
    from ordercli.domain.statistics import Group, Span, TotalsKey, TotalsQuery
    from ordercli.operations.reading import Reading


@dataclass(frozen=True)
class Statistics:
    """Totals: the rows, how many there would be without a limit, and the sum of all of these."""

    rows: list[Row]
    number: int
    sum: dict[str, int]

    @property
    def orders(self) -> int:
        """How many orders there are in all."""
        return self.sum[ORDERS.key]


def read_statistics(
    reading: Reading,
    query: TotalsQuery,
    sort: Sequence[TotalsKey],
    limit: int | None = None,
    *,
    span: Span | None = None,
) -> Statistics:
    """The totals of each group, sorted, so many at most.

    With a ``span`` each period within it has a row, also without an order. Of several databases
    they are summed up together. Raises DatabaseError as ``Reading`` does.
    """
    rows = reading.totals(query)
    if span is not None and query.period is not None:
        rows = with_empty_periods(rows, query.period.key, span, utc=query.utc)
    rows = sorted_totals(rows, sort, query.groups)
    return Statistics(rows[:limit], len(rows), sum_of(rows))


def shortest_periods(days: Statistics, most: int) -> tuple[Group, Statistics]:
    """The totals of days as those of the shortest period of which there are so many at most.

    Where even the years are more, it gives years.
    """
    period, rows = DAY, days.rows
    for longer in LONGER_PERIODS:
        if len(rows) <= most:
            break
        period, rows = longer, in_longer_periods(days.rows, longer.key)
    return period, Statistics(rows, len(rows), days.sum)
