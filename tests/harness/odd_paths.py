"""Paths that few people expect: each has to work, or to be refused in one clear line."""

from __future__ import annotations

import os
from pathlib import Path

from harness.program import Result, run

_TEXTS = (
    " ", "a b", " a", "a ", "a\nb", "\n", "a\tb", "a\rb", "\x1b[31m", "\x07", "\x7f", "?", "a?b",
    "?mode=memory", "#", "a#b", "%", "%20", "a%zz", "%00", "&", "a&b=c", "=", ":", "a:b",
    ":memory:", "::", ";", "a;b", "'", '"', "a'b\"c", "`id`", "$(id)", "$HOME", "\\", "a\\b", "*",
    "[a]", "{a}", "!", "|", "<", ">", "(", ")", ",", "+", "@", "a@b", "^", "~", "~x", "-", "--",
    "-x", "--help", "--database", "-d", ".", "..", "...", ".hidden", "a.", "con", "nul", "NUL",
    "é", "e\u0301", "日本語", "😀", "𝒜", "\u00a0", "\u200b", "\u202eabc", "\ufeff", "\u2028",
    "İ", "ß", "\udcff", "a\udc80b", "\udce9", "db", "db-journal", "db-wal", "x" * 200, "x" * 246,
    "x" * 247, "x" * 255, "x" * 256, "é" * 127, "é" * 128, "x" * 5000, "a/b/c", "a//b", "a/./b",
    "a/../b", "no/../b", "a/", "file/below",
)  # fmt: skip
_LINKS = ("link", "dangling", "dangling/below", "far", "loop", "loop/below", "two", "chain")

NAMES = (*_TEXTS, *_LINKS)
"""Names below a directory in which ``prepare`` has made files and links."""


def prepare(directory: Path) -> None:
    """Make the file, the directories and the links that the names speak of."""
    (directory / "file").write_text("no database\n")
    (directory / "target").mkdir()
    for name, target in (
        ("link", "target/linked"), ("dangling", "nowhere"), ("far", "no/such/place"),
        ("loop", "loop"), ("two", "three"), ("three", "two"), ("chain", "link"),
    ):  # fmt: skip
        (directory / name).symlink_to(target)


def check_name(name: str) -> bool:
    """Make a database of that name here, look at it, and write and read a report beside it.

    Gives whether it worked; asserts that it was refused in one clear line where it did not.
    """
    path = name if name[:1] == "/" else f"./{name}"
    return all([_works_as_database(path), _works_as_report(path)])


def _works_as_database(path: str) -> bool:
    made = run("db", "init", "--sample", "2", "-d", path)
    listed = run("list", "-q", "-d", path)
    if not _is_clear(made, 1, 2):
        assert not _is_clear(listed, 1, 2), path
        return False
    assert sorted(listed.stdout.split()) == ["1", "2"], path
    changed = run("pause", "2", "-d", path)
    assert changed.exit_code in (0, 3), path
    assert (os.lstat(os.path.realpath(path)).st_mode & 0o777) == 0o600
    os.unlink(os.path.realpath(path))  # noqa: PTH108 - as above
    return True


def _works_as_report(path: str) -> bool:
    source = run("db", "init", "--sample", "2", "-d", "source.db")
    assert source.exit_code in (0, 1)
    written = run("summary", "-d", "source.db", "-o", path)
    if not _is_clear(written, 1, 2):
        return False
    assert Path(path).read_text(encoding="utf-8").count("\n") == 3, path
    loaded = run("db", "load", "--update", path, "-d", "source.db")
    assert loaded.exit_code == 0, path
    os.unlink(os.path.realpath(path))  # noqa: PTH108 - as above
    return True


def _is_clear(result: Result, *codes: int) -> bool:
    """Whether it worked; if not, it was refused as it should be."""
    if result.exit_code == 0:
        return True
    assert result.exit_code in codes, result
    assert result.stdout == ""
    line = result.stderr.splitlines()[-1]
    assert line.startswith("ordercli: "), line
    assert "; " in line
    assert "unexpected" not in line
    assert "the output" not in line
    return False
