"""What a database allows: whom we reach it as, what is there, and which commands work."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Connection, func, select, text

from ordercli.base.files import shown_path
from ordercli.base.language import _, marked
from ordercli.domain.status import ACTIONS
from ordercli.store.conditions import WHOLE_TABLE_FILTERS, slow_filters
from ordercli.store.inventory import OPTIONAL, Inventory, inventory_of
from ordercli.store.tables import data_files, dataset_tasks, events, orders

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Table

    from ordercli.store.database import Database

CHANGED_COLUMNS = ("status", "status_date", "waiting_for_user")
"""The columns of ``t_order`` that a change writes."""

_SLOW_SUMS = marked(
    "t_dataset_task has no index on order_id: "
    "sizes and counts take a look at all of it (docs, Scale)"
)
_SLOW_FILES = marked(
    "t_data_file has no index on order_id: an order's files take a look at all of it (docs, Scale)"
)


@dataclass(frozen=True)
class TableReport:
    """What there is of one table: the columns that it lacks, and those that a right is missing to.

    ``fixed`` are those of a view that nobody can write, ``strange`` those of another type.

    Each is empty where all is well; ``exists`` is false where there is no such table.
    """

    name: str
    exists: bool
    missing: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()
    unwritable: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    strange: tuple[str, ...] = ()

    @property
    def readable(self) -> bool:
        """Whether all that is needed of it can be read."""
        return self.exists and not self.missing and OPTIONAL.issuperset(self.unreadable)

    @property
    def writable(self) -> bool:
        """Whether a change of status can be written to it."""
        return self.readable and not (self.unwritable or self.fixed or self.strange)


@dataclass(frozen=True)
class DatabaseReport:
    """All that ``db check`` tells.

    ``read_only`` is true where no role can write there now, ``sums_are_quick`` where the datasets
    of an order are found without reading those of all, ``files_are_quick`` the same of its files.
    No index helps the options ``slow_filters``. ``user`` is the role, ``schema`` where the orders
    are, both None on SQLite; ``version`` that of the service which its tables look like.
    """

    server: str
    user: str | None
    read_only: bool
    ours: bool
    orders: TableReport
    datasets: TableReport
    files: TableReport
    events: TableReport
    sums_are_quick: bool
    files_are_quick: bool
    slow_filters: tuple[str, ...] = ()
    schema: str | None = None
    version: str | None = None

    @property
    def can_read(self) -> bool:
        """Whether ``list`` works."""
        return self.orders.readable and self.datasets.readable

    @property
    def can_change(self) -> bool:
        """Whether a status can be written into this database."""
        return self.can_read and self.orders.writable and not self.read_only


def examine(database: Database) -> DatabaseReport:
    """What there is in the database, found without changing anything.

    Raises DatabaseError where it can't be reached.
    """
    with database.reading() as connection:
        there = inventory_of(connection)
        server, user, read_only = _server(connection, database)
        return DatabaseReport(
            server,
            user,
            read_only,
            there.ours,
            _table(there, orders, "UPDATE", CHANGED_COLUMNS),
            _table(there, dataset_tasks, "SELECT", ()),
            _table(there, data_files, "SELECT", ()),
            _table(there, events, "INSERT", ("order_id",)),
            _finds_by_order(there, dataset_tasks),
            _finds_by_order(there, data_files),
            tuple(slow_filters(there.tables["t_order"].indexed)) if there.has(orders.name) else (),
            there.schema,
            _version(there) if there.has(orders.name) and not there.ours else None,
        )


@dataclass(frozen=True)
class ServiceReport:
    """The live service that a profile names; ``problem`` is None where it takes our token.

    ``account`` says who the login is and what it may do, a line each.
    """

    url: str
    project: str
    problem: str | None = None
    account: tuple[str, ...] = ()


def newest_order(database: Database) -> int | None:
    """The largest id of an order; None where there is none. Raises DatabaseError."""
    with database.reading() as connection:
        return connection.execute(select(func.max(orders.c.id))).scalar()


def sentences(
    report: DatabaseReport, service: ServiceReport | None = None, *, read_only: bool = False
) -> Iterator[str]:
    """The report in plain words, a line each; ``service`` is the one that the profile names.

    ``read_only`` tells that this profile lets no command change anything.
    """
    reached = _("Reached {server}").format(server=report.server)
    role = _(" as {user}").format(user=report.user) if report.user else ""
    yield reached + role + (_(", read-only") if report.read_only else "")
    for table in (report.orders, report.datasets, report.files, report.events):
        yield _told(table.name, _table_state(table, ours=report.ours))
    yield from _slow_reading(report)
    if report.orders.exists:
        ours = report.ours
        yield _("Orders belong to this tool") if ours else _("Orders belong to a live service")
    if report.schema is not None:
        yield _("They are in the schema {schema}").format(schema=report.schema)
    if report.version is not None:
        yield _("The tables are as in version {version} of the service").format(
            version=_(report.version)
        )
    if service is not None:
        yield _told(service.url, _service_state(service))
        yield from service.account
    yield _told("list, show, summary", _works(report.can_read))
    yield _told("errors", _works(report.can_read and report.files.readable))
    yield _told("history", _works(report.events.readable))
    if read_only:
        changing = ", ".join(ACTIONS)
        yield _told(changing, _("do not work: the profile is read-only"))
        return
    yield _told("pause, resume, cancel", _changes(report, service))
    if service is not None and not report.ours:
        works = _works(report.can_read and service.problem is None)
        yield _told("restart, retry, remove", works)


def unreadable_tables(report: DatabaseReport) -> Iterator[str]:
    """What keeps ``list`` from working, a text for each table."""
    for table in (report.orders, report.datasets):
        if not table.readable:
            yield _told(table.name, _table_state(table, ours=report.ours))


def _slow_reading(report: DatabaseReport) -> Iterator[str]:
    """What no index helps."""
    if report.datasets.exists and not report.sums_are_quick:
        yield _(_SLOW_SUMS)
    if report.files.exists and not report.files_are_quick:
        yield _(_SLOW_FILES)
    if report.slow_filters:
        options = ", ".join(report.slow_filters)
        yield _("Filters without an index, which look at orders one by one: {options}").format(
            options=options
        )
    if report.orders.exists:
        options = ", ".join(WHOLE_TABLE_FILTERS)
        yield _("Filters that look at every dataset or file: {options}").format(options=options)


def _told(name: str, state: str) -> str:
    return _("{name}: {message}").format(name=name, message=state)


def _works(can: bool) -> str:
    return _("work") if can else _("do not work")


def _service_state(service: ServiceReport) -> str:
    if service.problem is not None:
        return service.problem
    return _("reached, token accepted, project {project}").format(project=service.project)


def _changes(report: DatabaseReport, service: ServiceReport | None) -> str:
    if service is not None and report.ours:
        return _("work with --direct only: the profile names a service that is not behind it")
    through_service = service is not None and service.problem is None and report.can_read
    if not (report.can_change or through_service):
        return _("can't be written here")
    works = _("work") if report.ours or through_service else _("work with --direct only")
    recorded = _("recorded") if report.events.writable else _("but not recorded in the history")
    return f"{works}, {recorded}"


def _table_state(table: TableReport, *, ours: bool) -> str:
    made_later = [events.name, data_files.name] if ours else [events.name]
    if not table.exists and table.name in made_later:
        return _("missing, 'ordercli db init' makes it")
    if not table.exists:
        return _("missing")
    faults = [
        _(fault).format(columns=", ".join(columns))
        for fault, columns in (
            (marked("lacks {columns}"), table.missing),
            (marked("no right to read {columns}"), table.unreadable),
            (marked("no right to write {columns}"), table.unwritable),
            (marked("a view in which nobody can write {columns}"), table.fixed),
            (marked("not of the service's types: {columns}"), table.strange),
        )
        if columns
    ]
    return "; ".join(faults) or _("complete")


def _server(connection: Connection, database: Database) -> tuple[str, str | None, bool]:
    """The server with its version, the role, and whether nothing can be written there."""
    if database.path is not None:
        version = connection.exec_driver_sql("SELECT sqlite_version()").scalar_one()
        file = database.path.resolve()
        writable = all(os.access(path, os.W_OK) for path in (file, file.parent))
        return f"SQLite {version}, {shown_path(database.path)}", None, not writable
    server, name, user, address, read_only = connection.execute(
        text(
            "SELECT split_part(current_setting('server_version'), ' ', 1), current_database(),"
            " current_user,"
            " host(inet_server_addr()) || ':' || inet_server_port(),"
            " pg_is_in_recovery() OR current_setting('default_transaction_read_only')::boolean"
        )
    ).one()
    place = _("PostgreSQL {version}, database {name} at {address}").format(
        version=server, name=name, address=address or _("a local socket")
    )
    return place, user, read_only


def _version(there: Inventory) -> str:
    """The versions of the service that made such tables."""
    if there.has(orders.name, "message"):
        return marked("1.12 or later")
    if "creation_date" in there.tables[orders.name].indexed:
        return marked("1.9 to 1.11")
    files = there.tables.get("t_data_file")
    return marked("1.5 to 1.8") if files and "order_id" in files.indexed else marked("1.3 or 1.4")


def _finds_by_order(there: Inventory, table: Table) -> bool:
    """Whether an index leads from an order to its rows of the table."""
    return there.has(table.name) and "order_id" in there.tables[table.name].indexed


def _table(there: Inventory, table: Table, right: str, written: tuple[str, ...]) -> TableReport:
    if not there.has(table.name):
        return TableReport(table.name, exists=False)
    columns = there.tables[table.name].columns
    wanted = [column.name for column in table.columns]
    present = [name for name in wanted if name in columns]
    return TableReport(
        table.name,
        True,
        tuple(name for name in wanted if name not in columns and name not in OPTIONAL),
        tuple(name for name in present if not columns[name].readable),
        tuple(name for name in written if name in columns and not columns[name].allows(right)),
        tuple(name for name in written if name in columns and columns[name].fixed),
        there.strange_columns if table.name == orders.name else (),
    )
