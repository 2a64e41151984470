"""Believable files of the sample's orders, and why some of them have failed."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_SEED = 20171009
_DELIVERED_FOR_ONE_LOST = 150
"""Files that were delivered for each that its user could not download."""

_KINDS = (
    ("RAWDATA", "application/x-netcdf", "nc"),
    ("RAWDATA", "application/zip", "zip"),
    ("DOCUMENT", "application/pdf", "pdf"),
    ("QUICKLOOK_SD", "image/png", "png"),
)
_STORAGE = (
    "storage nearline-{node} did not answer within 30000 ms:"
    " GET http://storage.example.org:9080/files/{checksum}"
)
_TRACE = (
    "\njava.net.SocketTimeoutException: Read timed out"
    "\n\tat org.example.storage.client.FileClient.read(FileClient.java:{line})"
    "\n\tat org.example.order.job.StorageFilesJob.run(StorageFilesJob.java:118)"
)
_CAUSES = (
    ("ERROR", _STORAGE + _TRACE),
    ("ERROR", "the file is offline: tape {tape} of the library is not mounted"),
    ("ERROR", "HTTP 403 Forbidden: the user's access to {urn} was taken away"),
    ("ERROR", "checksum of {urn} differs: expected {checksum}, found {other}"),
    ("PROCESSING_ERROR", "the process ended with exit code 137 after {line} s"),
    ("PROCESSING_ERROR", "no space left on device: /work/{checksum}/out.nc"),
    ("ERROR", None),
)
_LOST = ("DOWNLOAD_ERROR", "connection reset by {address} after {line} of 4096 blocks")


def files_of(order: Mapping[str, Any], datasets: Sequence[Mapping[str, Any]]) -> Iterator[Any]:
    """The rows of an order's files, without ids: as many have failed as the order has errors."""
    random = Random(_SEED + order["id"])  # noqa: S311 - it makes examples, no secrets
    usual = random.choice(_CAUSES)
    sizes = [size for dataset in datasets for size in _sizes(dataset)]
    failed = min(order["files_in_error"], len(sizes))
    there = len(sizes) * order["percent_complete"] // 100
    for place, size in enumerate(sizes):
        urn = f"URN:AIP:DATA:sample:{random.getrandbits(128):032x}:V1"
        data_type, mime_type, ending = random.choice(_KINDS)
        state, reason = "AVAILABLE" if place < there else "PENDING", None
        if place < failed:
            state, reason = usual if random.random() < 0.7 else random.choice(_CAUSES)
        elif state == "AVAILABLE" and not random.randrange(_DELIVERED_FOR_ONE_LOST):
            state, reason = _LOST
        yield {
            "order_id": order["id"],
            "name": f"{order['id']:06d}_{place + 1:04d}.{ending}",
            "size": size,
            "mime_type": mime_type,
            "data_type": data_type,
            "data_objects_ip_id": urn,
            "state": state,
            "download_error_reason": reason and _filled(reason, random, urn),
        }


def _sizes(dataset: Mapping[str, Any]) -> list[int]:
    """The bytes of each file of a dataset, which has as many in all."""
    number = dataset["files_count"] or 0
    return [dataset["files_size"] // number] * number if number else []


def _filled(reason: str, random: Random, urn: str) -> str:
    return reason.format(
        node=random.randint(1, 3),
        tape=f"T{random.randint(1, 400):04d}",
        checksum=f"{random.getrandbits(128):032x}",
        other=f"{random.getrandbits(128):032x}",
        address=f"192.0.2.{random.randint(1, 254)}",
        line=random.randint(20, 900),
        urn=urn,
    )
