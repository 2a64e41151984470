"""A report with pandas: bytes by user and month, and how many of their orders had errors."""

from __future__ import annotations

import sys

import pandas as pd

from ordercli.api import Filters, open_project

COLUMNS = "user,creation,total_size,errors_count,status"


def main(profile: str | None = None) -> None:
    """Print both tables, of the orders of a year, of this profile or of the database in use."""
    project = open_project(profile)
    frame = pd.DataFrame(project.rows(Filters(since="1y"), COLUMNS), columns=COLUMNS.split(","))
    frame["month"] = pd.to_datetime(frame.creation).dt.strftime("%Y-%m")
    frame["failed"] = frame.errors_count > 0

    sizes = frame.pivot_table(index="user", columns="month", values="total_size", aggfunc="sum")
    largest = sizes.sum(axis=1).nlargest(5).index
    print((sizes.loc[largest].fillna(0) / 1e9).round(1).to_string())

    failing = frame.groupby("user").failed.agg(["sum", "count"])
    failing["percent"] = (100 * failing["sum"] / failing["count"]).round(1)
    print(failing.nlargest(5, "percent").to_string())


if __name__ == "__main__":
    main(*sys.argv[1:])
