"""What makes a change, by whose orders they are."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from ordercli.base.limits import Limits
    from ordercli.base.settings import Service
    from ordercli.domain.change import Change, Plan
    from ordercli.operations.change_run import Changer
    from ordercli.service.client import Client
    from ordercli.store.database import Database


@contextmanager
def changer_of(
    database: Database,
    service: Service | None,
    change: Change,
    plan: Plan,
    limits: Limits,
    *,
    direct: bool,
    jobs: int,
    log_in: Callable[[Service], AbstractContextManager[Client]],
    waiting: Callable[[int], None],
) -> Iterator[Changer | None]:
    """The database itself or the live service; None where there is nothing to ask it for.

    ``log_in`` gives a client of the service, ``waiting`` is as ``ServiceChanger`` takes it.
    """
    if plan.of_service and not (plan.shown or direct):
        yield None
    elif service is None or not plan.of_service or direct:
        from ordercli.operations.change_database import (  # noqa: PLC0415 - one of the two
            DatabaseChanger,
        )

        yield DatabaseChanger(database, change, plan, limits)
    else:
        from ordercli.operations.change_service import (  # noqa: PLC0415 - slow to import
            ServiceChanger,
        )

        with log_in(service) as client:
            yield ServiceChanger(database, client, change, plan, jobs, waiting, limits)
