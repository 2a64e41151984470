"""Gauges in the text format of Prometheus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from ordercli.base.files import whole_file

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from ordercli.operations import metrics
    from ordercli.output.console import Console


def write_gauges(gauges: Iterable[metrics.Gauge], path: Path | None, console: Console) -> None:
    """Write gauges into a file, whole or not at all, or to stdout.

    Raises FileError where the file can't be written.
    """
    text = _exposed(gauges)
    if path is None:
        console.write_blocks([text])
        return
    with whole_file(path) as stream:
        stream.write(text)


def _exposed(gauges: Iterable[metrics.Gauge]) -> bytes:
    registry = CollectorRegistry()
    for gauge in gauges:
        shown = Gauge(gauge.name, gauge.help, gauge.labels, registry=registry)
        for labels, number in gauge.values.items():
            (shown.labels(*labels) if labels else shown).set(number)
    return generate_latest(registry)
