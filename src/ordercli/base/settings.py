"""Flags, environment and configuration file become one frozen ``Settings``."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ordercli.base.errors import FileError, UsageError, unknown_name
from ordercli.base.language import _
from ordercli.base.text import require_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from urllib.parse import SplitResult

_LONGEST_ACTOR = 200
_PROFILE_KEYS = (
    "database", "schema", "service", "project", "user", "client_id", "client_secret",
)  # fmt: skip


@dataclass(frozen=True)
class Service:
    """The live service that changes the orders: its URL, and what it takes to log in there.

    ``user`` and ``client_id`` may be empty: a token that is ready needs neither.
    """

    url: str
    project: str
    user: str
    client_id: str
    client_secret: str = field(repr=False)

    @property
    def host(self) -> str:
        """The name of the service's host."""
        return urlsplit(self.url).hostname or ""

    @property
    def is_local(self) -> bool:
        """Whether it runs on this machine, where nobody listens in between."""
        return _is_local(self.host)


@dataclass(frozen=True)
class Settings:
    """Where the orders are. ``database`` is a URL, or the path of a SQLite file.

    ``service`` is the live service that the profile names, if any, and ``schema`` where the orders
    are, should they not be found.
    """

    database: str
    profile: str | None = None
    service: Service | None = None
    schema: str | None = None


def load_settings(database: str | None, profile: str | None) -> Settings:
    """The settings, in the order of the contract.

    ``--database``, ``--profile``, ``ORDERCLI_DATABASE``, ``ORDERCLI_PROFILE``, the configuration's
    default, the embedded database. Raises UsageError on an empty name, an unknown profile, also
    beside a database, or a wrong configuration, and FileError where it can't be read.
    """
    for name, value in (("--database", database), ("--profile", profile)):
        if value is not None and not value.strip():
            raise UsageError(
                _("{what} is empty").format(what=name), _("name one, or leave the option out")
            )
    named = database or (None if profile else os.environ.get("ORDERCLI_DATABASE"))
    if named and not profile:
        return Settings(named)
    wanted = profile or os.environ.get("ORDERCLI_PROFILE")
    path = configuration_path()
    configuration = _read(path, required=bool(wanted) or "ORDERCLI_CONFIG" in os.environ)
    wanted = wanted or configuration.get("default_profile")
    if wanted is None:
        return Settings(str(embedded_path()))
    chosen = _profile(configuration, wanted, path)
    if named:
        return Settings(named)
    place = _("profile '{name}' of {path}").format(name=wanted, path=path)
    service = _service(chosen, place, path)
    return Settings(chosen["database"], wanted, service, chosen.get("schema"))


def profile_names() -> tuple[str, ...]:
    """The profiles of the configuration file; raises UsageError and FileError as above."""
    profiles = _read(configuration_path(), required=False).get("profiles", {})
    return tuple(profiles) if isinstance(profiles, dict) else ()


def configuration_path() -> Path:
    """The configuration file: ``ORDERCLI_CONFIG``, else the user's own."""
    named = os.environ.get("ORDERCLI_CONFIG")
    if named:
        return Path(named)
    from platformdirs import user_config_path  # noqa: PLC0415 - most runs name their database

    return _of_user(user_config_path) / "config.toml"


def embedded_path() -> Path:
    """The embedded database, in the user's data directory."""
    from platformdirs import user_data_path  # noqa: PLC0415 - most runs name their database

    return _of_user(user_data_path) / "orders.db"


def _of_user(directory: Callable[[str], Path]) -> Path:
    try:
        return directory("ordercli")
    except RuntimeError:
        raise UsageError(
            _("no home directory is known"), _("set HOME, or name a database with --database")
        ) from None


def actor() -> str:
    """Who acts: ``ORDERCLI_ACTOR``, else the system's user and host. At most 200 characters."""
    named = os.environ.get("ORDERCLI_ACTOR")
    if named:
        return require_text(named, "ORDERCLI_ACTOR")[:_LONGEST_ACTOR]
    import getpass  # noqa: PLC0415 - only for changes
    import socket  # noqa: PLC0415 - only for changes

    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # a container's user may have no name
        user = str(os.getuid())
    return f"{user}@{socket.gethostname()}"[:_LONGEST_ACTOR]


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
            raise UsageError(
                _("no configuration file {path}").format(path=path),
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
    _check_keys(found, ("default_profile", "profiles"), str(path))
    return found


def _check_keys(keys: Iterable[str], known: Sequence[str], place: str) -> None:
    for key in keys:
        if key not in known:
            what = _("no key in {place} named '{name}'").format(place=place, name=key)
            raise unknown_name(what, key, known)


def _profile(configuration: dict[str, Any], name: Any, path: Path) -> dict[str, str]:
    profiles = configuration.get("profiles", {})
    if not isinstance(profiles, dict) or not isinstance(name, str):
        raise UsageError(
            _("{path}: 'profiles' or 'default_profile' is of the wrong kind").format(path=path),
            _("see 'man ordercli'"),
        )
    if name not in profiles:
        what = _("no profile in {place} named '{name}'").format(place=path, name=name)
        raise unknown_name(what, name, profiles)
    profile = profiles[name]
    if isinstance(profile, dict):
        place = _("profile '{name}' of {path}").format(name=name, path=path)
        _check_keys(profile, _PROFILE_KEYS, place)
    if not isinstance(profile, dict) or not all(
        isinstance(value, str) and "\0" not in value for value in profile.values()
    ):
        what = _("{path}: profile '{name}' must hold texts only").format(path=path, name=name)
        raise UsageError(what, _("correct it"))
    if not profile.get("database"):
        what = _("{path}: profile '{name}' names no database").format(path=path, name=name)
        raise UsageError(what, _('add database = "..."'))
    return profile


def _service(profile: dict[str, str], place: str, path: Path) -> Service | None:
    """The live service of a profile; raises UsageError where it is named by half, or unsafely."""
    if "service" not in profile:
        return None
    if not profile.get("project"):
        what = _("{place} names a service, and no project").format(place=place)
        raise UsageError(what, _('add project = "..."'))
    if profile.get("client_secret") and path.stat().st_mode & stat.S_IROTH:
        raise UsageError(
            _("others can read {path}, which holds a client_secret").format(path=path),
            _("run chmod o-r on it"),
        )
    return Service(
        _service_url(profile["service"], place),
        profile["project"],
        profile.get("user", ""),
        profile.get("client_id", ""),
        os.environ.get("ORDERCLI_CLIENT_SECRET") or profile.get("client_secret", ""),
    )


def _service_url(text: str, place: str) -> str:
    """The URL of a service, without a slash at its end; it is not repeated where it is wrong."""
    try:
        url = urlsplit(text)
        host, _port = url.hostname, url.port
        (host or "").encode("idna")  # ValueError, too, for a..b
        text.encode()
    except ValueError:
        host = None
    if not host or url.username is not None or url.query or url.fragment or not _is_safe(url):
        what = _("{place}: 'service' is not the URL of a service").format(place=place)
        raise UsageError(what, _("write https://HOST, without a user and a password"))
    return text.rstrip("/")


def _is_safe(url: SplitResult) -> bool:
    """Whether passwords may go there: through TLS, or no further than this machine."""
    return url.scheme == "https" or (url.scheme == "http" and _is_local(url.hostname or ""))


def _is_local(host: str) -> bool:
    from ipaddress import ip_address  # noqa: PLC0415 - only for a service

    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _require_own(path: Path) -> None:
    """Raise UsageError where others could write into a file that says where secrets go."""
    mode = path.stat().st_mode
    if stat.S_ISREG(mode) and mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise UsageError(
            _("others can write to {path}").format(path=path), _("run chmod go-w on it")
        )
