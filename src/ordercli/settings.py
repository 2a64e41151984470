"""Flags, environment and configuration file become one frozen ``Settings``; and the clock."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ordercli.errors import FileError, UsageError, unknown_name
from ordercli.text import require_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_LONGEST_ACTOR = 200
_PROFILE_KEYS = ("database", "service", "project", "user")


@dataclass(frozen=True)
class Settings:
    """Where the orders are. ``database`` is a URL, or the path of a SQLite file."""

    database: str
    profile: str | None = None


def load_settings(database: str | None, profile: str | None) -> Settings:
    """The settings, in the order of the contract.

    The flag, ``ORDERCLI_DATABASE``, the profile (flag, then ``ORDERCLI_PROFILE``, then the
    configuration's default), the embedded database. Raises UsageError on an empty name, an unknown
    profile or a wrong configuration, and FileError where it can't be read.
    """
    for name, value in (("--database", database), ("--profile", profile)):
        if value is not None and not value.strip():
            raise UsageError(f"{name} is empty", "name one, or leave the option out")
    named = database or (None if profile else os.environ.get("ORDERCLI_DATABASE"))
    if named:
        return Settings(named)
    wanted = profile or os.environ.get("ORDERCLI_PROFILE")
    path = configuration_path()
    configuration = _read(path, required=bool(wanted) or "ORDERCLI_CONFIG" in os.environ)
    wanted = wanted or configuration.get("default_profile")
    if wanted is None:
        return Settings(str(embedded_path()))
    return Settings(_profile(configuration, wanted, path)["database"], wanted)


def configuration_path() -> Path:
    """The configuration file: ``ORDERCLI_CONFIG``, else the user's own."""
    named = os.environ.get("ORDERCLI_CONFIG")
    if named:
        return Path(named)
    from platformdirs import user_config_path  # noqa: PLC0415 - most runs name their database

    return user_config_path("ordercli") / "config.toml"


def embedded_path() -> Path:
    """The embedded database, in the user's data directory."""
    from platformdirs import user_data_path  # noqa: PLC0415 - as above

    return user_data_path("ordercli") / "orders.db"


def actor() -> str:
    """Who acts: ``ORDERCLI_ACTOR``, else the system's user and host. At most 200 characters."""
    named = os.environ.get("ORDERCLI_ACTOR")
    if named:
        return require_text(named, "ORDERCLI_ACTOR")[:_LONGEST_ACTOR]
    import getpass  # noqa: PLC0415 - only for changes
    import socket  # noqa: PLC0415 - as above

    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # a container's user may have no name
        user = str(os.getuid())
    return f"{user}@{socket.gethostname()}"[:_LONGEST_ACTOR]


def now() -> datetime:
    """The present moment, UTC: the only clock there is."""
    return datetime.now(UTC)


def _read(path: Path, *, required: bool) -> dict[str, Any]:
    import tomllib  # noqa: PLC0415 - as above

    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if required:
            raise UsageError(
                f"no configuration file {path}", "make it, or name one in ORDERCLI_CONFIG"
            ) from None
        return {}
    except OSError as error:
        raise FileError(f"can't read {path}: {error.strerror}", "check its rights") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is not TOML: {error}", "correct it") from None
    _check_keys(found, ("default_profile", "profiles"), str(path))
    return found


def _check_keys(keys: Iterable[str], known: Sequence[str], place: str) -> None:
    for key in keys:
        if key not in known:
            raise unknown_name(f"key in {place} named", key, known)


def _profile(configuration: dict[str, Any], name: Any, path: Path) -> dict[str, str]:
    profiles = configuration.get("profiles", {})
    if not isinstance(profiles, dict) or not isinstance(name, str):
        raise UsageError(
            f"{path}: 'profiles' or 'default_profile' is of the wrong kind", "see the README"
        )
    if name not in profiles:
        raise unknown_name(f"profile in {path} named", name, profiles)
    profile = profiles[name]
    if not isinstance(profile, dict) or not all(
        isinstance(value, str) for value in profile.values()
    ):
        raise UsageError(f"{path}: profile '{name}' must hold texts only", "correct it")
    _check_keys(profile, _PROFILE_KEYS, f"profile '{name}' of {path}")
    if not profile.get("database"):
        raise UsageError(f"{path}: profile '{name}' names no database", 'add database = "..."')
    return profile
