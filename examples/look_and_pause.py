"""Look at the orders of a project, pause some, and take that back."""

from __future__ import annotations

from ordercli.api import Filters, HistoryFilters, open_project


def main() -> None:
    """Print what is looked at; in the end every order is as it was."""
    project = open_project()  # as a command: a profile, ORDERCLI_DATABASE, ...

    troubled = Filters(status=["failed", "warning"], ranges={"errors": "2.."})
    for order in project.orders(troubled, sort="-total_size", limit=3):
        print(order.id, order.user, order.creation.date(), order.total_size)
    print(project.count(), "orders")
    print(project.totals("status", troubled)[0])

    detail = project.order(1)
    print(detail.status, [dataset.label for dataset in detail.datasets])
    for file in project.files(order.id, failed=True, limit=1):
        print(file.name, file.size, file.state)

    pause = project.plan("pause", Filters(status="running"), reason="disk full", most=100)
    print(pause.orders, "would be paused")
    for result in pause.run():  # each comes as soon as it is certain
        print(result.order_id, result.outcome.name, result.was)
    for event in project.history(HistoryFilters(operation=pause.operation), limit=1):
        print(event.date.isoformat(), event.order_id, event.action, event.reason)
    back = project.undo(pause.operation, reason="there was room")
    print(len(back), "put back")


if __name__ == "__main__":
    main()
