"""Believable orders, to try things out: the same ones for the same number and moment."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import chain, islice, product
from itertools import count as count_from
from random import Random
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeVar

from ordercli.operations.sample_files import files_of
from ordercli.store.insert_orders import insert_files, insert_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection

_SEED = 20171008
_BATCH = 1000
_USUAL_PAUSE = timedelta(hours=5)
_LONGEST_PAST = timedelta(days=1200)
_KEPT_FOR = timedelta(days=30)
_RECENT_FOR = timedelta(days=27)
_SOON = timedelta(minutes=25)
_LONGEST_WORK = timedelta(hours=3)
_INTERESTS = 5
_NEWEST_WITH_FILES = 20
_NEWEST_WITH_ERRORS = 200

_Row = dict[str, Any]
_Choice = TypeVar("_Choice")


class _Situation(NamedTuple):
    """A stored status, with what an order in it looks like.

    ``percent`` is the lowest and the highest, ``ends`` when its files can no longer be downloaded.
    """

    status: str
    percent: tuple[int, int] = (100, 100)
    ends: Literal["never", "later", "soon", "past"] = "later"
    waiting: bool = False
    fails: bool = False


_PENDING = _Situation("PENDING", (0, 0), "never")
_RUNNING = _Situation("RUNNING", (1, 99))
_WAITING = _Situation("RUNNING", (1, 99), waiting=True)
_PAUSED = _Situation("PAUSED", (1, 99))
_DONE = _Situation("DONE")
_ENDING = _Situation("DONE", ends="soon")
_KEPT = _Situation("DONE", ends="never")
_WARNING = _Situation("DONE_WITH_WARNING", fails=True)
_EXPIRED = _Situation("EXPIRED", ends="past")
_FAILED = _Situation("FAILED", ends="never", fails=True)
_ERROR = _Situation("ERROR", (0, 0), "never", fails=True)
_DELETED = _Situation("DELETED", (0, 99))
_REMOVED = _Situation("REMOVED", (0, 99), "never")
_NEVER_SEEN = _Situation("QUARANTINED", (1, 99), "never")

_NEWEST = (
    (_PENDING, 1), (_RUNNING, 2), (_ENDING, 1), (_WAITING, 1), (_PAUSED, 3), (_WARNING, 6),
    (_FAILED, 0), (_DELETED, 1), (_NEVER_SEEN, 1), (_EXPIRED, 2),
)  # fmt: skip
"""What became of the newest orders, newest first, and how many datasets they have."""

_RECENT = (
    *[_DONE] * 30, *[_WAITING] * 10, *[_KEPT] * 6, *[_WARNING] * 6, *[_RUNNING] * 4, *[_PAUSED] * 3,
    *[_PENDING] * 2, *[_FAILED] * 3, _ERROR, *[_DELETED] * 3, _REMOVED, *[_EXPIRED] * 4,
)  # fmt: skip
_LONG_AGO = (
    *[_EXPIRED] * 30, *[_KEPT] * 6, *[_DELETED] * 4, *[_FAILED] * 3, _ERROR, *[_REMOVED] * 2,
)  # fmt: skip
_DATASETS = (0, *[1] * 12, *[2] * 5, *[3] * 2, 4, 5, 7)

_NAMES = (
    "ada.laurent", "akira.mori", "amina.diallo", "anna.kowalska", "archive-bot", "bao.tran",
    "carla.rossi", "chloe.martin", "daniel.okafor", "elena.petrova", "emil.jensen", "fatima.haddad",
    "greta.lindqvist", "hugo.bernard", "ines.costa", "ivan.novak", "jonas.weber", "julie.moreau",
    "kenji.sato", "lars.nilsson", "lea.fontaine", "liam.oneil", "lucia.fernandez", "mei.chen",
    "nadia.benali", "noah.fischer", "olga.ivanova", "omar.rahman", "paul.girard", "priya.nair",
    "quicklook-service", "rosa.silva", "sofia.marino", "tomas.dvorak", "yara.haddad", "zoe.lambert",
)  # fmt: skip
_USERS = tuple(
    f"{name}@example.{'com' if number % 3 == 2 else 'org'}" for number, name in enumerate(_NAMES)
)
_EARTH = product(
    (
        "CFOSAT SWIM", "IASI L1C", "Jason-3 GDR", "MicroCarb XCO2", "Pleiades stereo",
        "Sentinel-1 SLC", "Sentinel-2 L1C", "SMOS L3", "SPOT 5 archive", "SWOT L2 HR",
    ),
    ("Alps", "Amazon basin", "Arctic", "Bay of Biscay", "Camargue", "Garonne", "Reunion", "Sahel"),
)  # fmt: skip
_SPACE = product(
    (
        "Cluster FGM", "CoRoT N2", "DEMETER ICE", "Gaia DR3", "PICARD SODISM", "Rosetta ROSINA",
        "Solar Orbiter RPW", "SVOM GRM",
    ),
    ("calibration", "campaign A", "first light", "full mission", "quiet days", "storm events"),
)  # fmt: skip
_TOPICS = tuple(chain(_EARTH, _SPACE))
_CONTENTS = (
    "level 1 products", "level 2 products", "quicklooks", "orbit files", "calibration files",
    "quality reports", "auxiliary data",
)  # fmt: skip


def fill(connection: Connection, count: int, now: datetime) -> None:
    """Fill empty tables with ``count`` orders, ids from 1 on, all created before ``now``.

    From ten orders on they show every status, and one of them expires within the hour.
    """
    made = _made_orders(count, now)
    dataset_ids, file_ids = count_from(1), count_from(1)
    while batch := list(islice(made, _BATCH)):
        datasets = [dataset for _, each in batch for dataset in each]
        for dataset in datasets:
            dataset["id"] = next(dataset_ids)
        insert_rows(connection, [order for order, _ in batch], datasets)
        files = [file for each in batch if _has_files(each[0], count) for file in files_of(*each)]
        for file in files:
            file["id"] = next(file_ids)
        insert_files(connection, files)


def _made_orders(count: int, now: datetime) -> Iterator[tuple[_Row, list[_Row]]]:
    """The orders, oldest first, each with its datasets, which have no ids yet."""
    random = Random(_SEED)  # noqa: S311 - it makes examples, no secrets
    pause = min(_USUAL_PAUSE, _LONGEST_PAST / max(count, 1))
    for order_id in range(1, count + 1):
        newer = count - order_id
        age = pause * (newer + 0.2 + 0.6 * random.random())
        situation, size = _situation(random, newer, age)
        user = int(len(_USERS) * random.random() ** 2)  # a few users order most
        interest = user * _INTERESTS + _between(random, 1, _INTERESTS)
        topic, place = _TOPICS[interest % len(_TOPICS)]
        labels = [f"{topic} {content}" for content in _CONTENTS[:size]]
        datasets = [_dataset(random, situation, order_id, label) for label in labels]
        files = sum(dataset["files_count"] or 0 for dataset in datasets)
        progress = _between(random, *situation.percent)
        errors = _errors(random, situation, files)
        yield (
            {
                "id": order_id,
                "owner": _USERS[user],
                "label": f"{topic}, {place} #{order_id}",
                "percent_complete": progress,
                "files_in_error": errors,
                "status": situation.status,
                "waiting_for_user": situation.waiting,
                "message": f"{errors} of {max(files, errors)} files in error" if errors else None,
                **_dates(random, situation, now, age),
            },
            datasets,
        )


def _has_files(order: _Row, count: int) -> bool:
    """Whether the files of an order are listed: all of them would be a hundred rows for each."""
    newer = count - order["id"]
    failed = order["files_in_error"] > 0 and newer < _NEWEST_WITH_ERRORS
    return bool(failed) or newer < _NEWEST_WITH_FILES


def _situation(random: Random, newer: int, age: timedelta) -> tuple[_Situation, int]:
    """The situation of an order of this age that ``newer`` others follow, and its datasets."""
    if newer < len(_NEWEST):
        return _NEWEST[newer]
    situations = _RECENT if age < _RECENT_FOR else _LONG_AGO
    return _one_of(random, situations), _one_of(random, _DATASETS)


def _dates(random: Random, situation: _Situation, now: datetime, age: timedelta) -> _Row:
    creation = _whole_milliseconds(now - age)
    changed = creation + min(age * 0.9, _LONGEST_WORK) * random.random()
    expiration = _expiration(situation, now, creation)
    if situation is _PENDING:
        changed = creation
    elif situation is _EXPIRED and expiration:
        changed = expiration
    return {
        "creation_date": creation,
        "expiration_date": expiration,
        "status_date": _whole_milliseconds(changed),
    }


def _expiration(situation: _Situation, now: datetime, creation: datetime) -> datetime | None:
    if situation.ends == "never":
        return None
    if situation.ends == "soon":
        return now + _SOON
    if situation.ends == "past":
        return _whole_milliseconds(creation + min(_KEPT_FOR, (now - creation) * 0.8))
    return creation + _KEPT_FOR


def _errors(random: Random, situation: _Situation, files: int) -> int:
    """The number of errors: of an order that failed, as many as it has files."""
    if not situation.fails:
        return 0
    most = max(files, 1)
    return most if situation is _FAILED else min(most, _between(random, 1, 9))


def _dataset(random: Random, situation: _Situation, order_id: int, label: str) -> _Row:
    """A dataset; of an order that was not begun, what it holds has not been counted."""
    row: _Row = {"order_id": order_id, "dataset_label": label}
    if situation.percent == (0, 0):
        return row | {"files_count": None, "files_size": None, "objects_count": None}
    objects = _between(random, 1, 40)
    files = objects * _between(random, 1, 8)
    size = files * _between(random, 20_000, 200_000_000)
    return row | {"files_count": files, "files_size": size, "objects_count": objects}


def _whole_milliseconds(moment: datetime) -> datetime:
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _between(random: Random, lowest: int, highest: int) -> int:
    return lowest + int((highest - lowest + 1) * random.random())


def _one_of(random: Random, choices: Sequence[_Choice]) -> _Choice:
    return choices[int(len(choices) * random.random())]
