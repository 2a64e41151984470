"""The configuration file: profiles and saved selections, each checked where it is used."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ordercli.base.errors import FileError, UsageError, unknown_name
from ordercli.base.language import _

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping


@dataclass(frozen=True)
class Configuration:
    """What a configuration file holds. A wrong profile or selection hurts only who uses it."""

    path: Path
    content: Mapping[str, Any]

    @property
    def default_profile(self) -> Any:
        """What it names as the default profile; None where it names none."""
        return self.content.get("default_profile")

    @property
    def profiles(self) -> Mapping[str, Any]:
        """The profiles by name, unchecked; raises UsageError where they are none."""
        return self._table("profiles")

    @property
    def selections(self) -> Mapping[str, Any]:
        """The saved selections by name, unchecked; raises UsageError where they are none."""
        return self._table("selections")

    def _table(self, name: str) -> Mapping[str, Any]:
        table = self.content.get(name, {})
        if not isinstance(table, dict):
            raise UsageError(
                _("{path}: '{name}' is of the wrong kind").format(path=self.path, name=name),
                _("see 'man ordercli'"),
            )
        return table


def read_configuration(*, required: bool = False) -> Configuration:
    """What the configuration file holds; nothing where there is none, unless it is ``required``.

    Raises UsageError where it is no such file or others may write to it, and FileError where it
    can't be read.
    """
    path = configuration_path()
    content = _read(path, required=required)
    require_known(content, ("default_profile", "profiles", "selections"), str(path))
    return Configuration(path, content)


def configuration_path() -> Path:
    """The configuration file: ``ORDERCLI_CONFIG``, else the user's own."""
    named = os.environ.get("ORDERCLI_CONFIG")
    if named:
        return Path(named)
    from platformdirs import user_config_path  # noqa: PLC0415 - most runs name their database

    return of_user(user_config_path) / "config.toml"


def of_user(directory: Callable[[str], Path]) -> Path:
    """A directory of the user's, for this program; raises UsageError where none is known."""
    try:
        return directory("ordercli")
    except RuntimeError:
        raise UsageError(
            _("no home directory is known"), _("set HOME, or name a database with --database")
        ) from None


def require_known(keys: Iterable[str], known: Collection[str], place: str) -> None:
    """Raise UsageError on a key that is not known; ``place`` says where it stands."""
    for key in keys:
        if key not in known:
            what = _("no key in {place} named '{name}'").format(place=place, name=key)
            raise unknown_name(what, key, known)


def _read(path: Path, *, required: bool) -> dict[str, Any]:
    import tomllib  # noqa: PLC0415 - only for profiles

    try:
        if path.is_fifo() or (path.is_char_device() and path != Path(os.devnull)):  # has no end
            raise FileError(
                _("{path} is not a file").format(path=path), _("name another in ORDERCLI_CONFIG")
            )
        text = path.read_text(encoding="utf-8-sig")
        _require_own(path)
        found = tomllib.loads(text)
    except FileNotFoundError:
        if required:
            from ordercli.base.files import shown_path  # noqa: PLC0415 - only where it is missing

            raise UsageError(
                _("no configuration file {path}").format(path=shown_path(path)),
                _("make it, or name one in ORDERCLI_CONFIG"),
            ) from None
        return {}
    except OSError as error:
        raise FileError(
            _("can't read {name}: {reason}").format(name=path, reason=error.strerror),
            _("check its rights"),
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(
            _("{path} is not TOML: {reason}").format(path=path, reason=error), _("correct it")
        ) from None
    return found


def _require_own(path: Path) -> None:
    """Raise UsageError where others could write into a file that says where secrets go."""
    mode = path.stat().st_mode
    if stat.S_ISREG(mode) and mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise UsageError(
            _("others can write to {path}").format(path=path), _("run chmod go-w on it")
        )
