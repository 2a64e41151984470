"""Flags, environment and configuration file become one frozen ``Settings``."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from ordercli.base.configuration import of_user, read_configuration, require_known
from ordercli.base.errors import DatabaseError, OrdercliError, UsageError, unknown_name
from ordercli.base.language import _
from ordercli.base.text import require_text

if TYPE_CHECKING:
    from urllib.parse import SplitResult

    from ordercli.base.configuration import Configuration

_LONGEST_ACTOR = 200
_TEXTS = ("database", "schema", "service", "project", "user", "client_id", "client_secret")
_READ_ONLY = "read_only"
_POSTGRESQL_PORT = 5432


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
    are, should they not be found. ``read_only`` says that no command may change anything there.
    """

    database: str
    profile: str | None = None
    service: Service | None = None
    schema: str | None = None
    read_only: bool = False


class Choice(NamedTuple):
    """Which database is used, a profile's or one named by itself, and what says so.

    ``named_by`` is the option, the variable or the key of the configuration file; empty for the
    embedded database, which nothing names.
    """

    named_by: str
    profile: Any = None
    database: str | None = None

    @property
    def profiles(self) -> tuple[Any, ...]:
        """The profiles that are named, which may be several with commas between; none at times."""
        if not isinstance(self.profile, str):
            return () if self.profile is None else (self.profile,)
        return tuple(dict.fromkeys(name.strip() for name in self.profile.split(",")))


def load_settings(database: str | None, profile: str | None) -> Settings:
    """The settings of the database that is used: see ``choose``.

    Raises UsageError on an unknown profile, also beside a database, or a wrong configuration, and
    FileError where it can't be read.
    """
    return chosen_settings(choose(database, profile))


def chosen_settings(choice: Choice) -> Settings:
    """The settings of what is chosen; raises as above, also where it is several profiles."""
    found = None
    if choice.profile is not None:
        named = choice.profiles[0] if len(choice.profiles) == 1 else choice.profile
        found = profile_settings(read_configuration(required=True), named)
    return found if choice.database is None and found else Settings(str(choice.database))


def choose(database: str | None, profile: str | None) -> Choice:
    """Which database is used, in the order of the contract.

    ``--database``, ``--profile``, ``ORDERCLI_DATABASE``, ``ORDERCLI_PROFILE``, the configuration's
    default, the embedded database. Raises UsageError on an empty name, and as above.
    """
    profiles = () if profile is None else profile.split(",")
    for name, value in (("--database", database), *(("--profile", each) for each in profiles)):
        if value is not None and not value.strip():
            raise UsageError(
                _("{what} is empty").format(what=name), _("name one, or leave the option out")
            )
    if database:
        return Choice("--database", profile, database)
    if profile:
        return Choice("--profile", profile)
    if location := os.environ.get("ORDERCLI_DATABASE"):
        return Choice("ORDERCLI_DATABASE", None, location)
    if named := os.environ.get("ORDERCLI_PROFILE"):
        return Choice("ORDERCLI_PROFILE", named)
    default = read_configuration(required="ORDERCLI_CONFIG" in os.environ).default_profile
    if default is not None:
        return Choice("default_profile", default)
    return Choice("", None, str(embedded_path()))


def profile_settings(configuration: Configuration, name: Any) -> Settings:
    """The settings of a profile; raises UsageError where there is none, or it is wrong."""
    profile = _profile(configuration, name)
    path = configuration.path
    place = _("profile '{name}' of {path}").format(name=name, path=path)
    service = _service(profile, place, path)
    read_only = bool(profile.get(_READ_ONLY))
    return Settings(profile["database"], name, service, profile.get("schema"), read_only)


def profile_names() -> tuple[str, ...]:
    """The profiles of the configuration file; raises UsageError and FileError as above."""
    return tuple(read_configuration().profiles)


def require_changeable(settings: Settings) -> None:
    """Raise DatabaseError where the profile is read-only.

    Also where a database that is named without a profile is that of a read-only one, as far as its
    name tells.
    """
    name = settings.profile if settings.read_only else None
    if settings.profile is None:
        name = _read_only_profile(settings.database)
    if name is not None:
        raise DatabaseError(
            _("the profile '{name}' is read-only: no command changes anything there").format(
                name=name
            ),
            _("use another profile, or take read_only out of it; nothing was changed"),
        )


def embedded_path() -> Path:
    """The embedded database, in the user's data directory."""
    from platformdirs import user_data_path  # noqa: PLC0415 - most runs name their database

    return of_user(user_data_path) / "orders.db"


def _read_only_profile(database: str) -> str | None:
    """The read-only profile that has this database; None where there is none, or no such file."""
    try:
        profiles = read_configuration().profiles
    except OrdercliError:  # a database named by itself works beside any configuration file
        return None
    for name, profile in profiles.items():
        if isinstance(profile, dict) and profile.get(_READ_ONLY):
            location = profile.get("database")
            if isinstance(location, str) and _identity(location) == _identity(database):
                return name
    return None


def _identity(location: str) -> object:
    """What two names of one database have in common: the file, or the server and the name there."""
    scheme, separator, rest = location.partition("://")
    try:
        if not separator or scheme == "sqlite":
            path = rest.removeprefix("/") if separator else location
            return Path(path).expanduser().resolve()
        url = urlsplit(f"postgresql://{rest}")
        return url.hostname, url.port or _POSTGRESQL_PORT, url.path
    except (ValueError, RuntimeError, OSError):  # several hosts, no home, or no name of a database
        return location


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


def _profile(configuration: Configuration, name: Any) -> dict[str, Any]:
    path, profiles = configuration.path, configuration.profiles
    if not isinstance(name, str):
        raise UsageError(
            _("{path}: '{name}' is of the wrong kind").format(path=path, name="default_profile"),
            _("see 'man ordercli'"),
        )
    if name not in profiles and "," in name:
        raise UsageError(
            _("'{name}' is several profiles, and this command takes one").format(name=name),
            _("only list, summary and stats read several"),
        )
    if name not in profiles:
        what = _("no profile in {place} named '{name}'").format(place=path, name=name)
        raise unknown_name(what, name, profiles)
    profile = profiles[name]
    if not isinstance(profile, dict):
        what = _("{path}: profile '{name}' is no table").format(path=path, name=name)
        raise UsageError(what, _("correct it"))
    place = _("profile '{name}' of {path}").format(name=name, path=path)
    require_known(profile, (*_TEXTS, _READ_ONLY), place)
    for key, value in profile.items():
        if key == _READ_ONLY and not isinstance(value, bool):
            raise UsageError(
                _("{place}: '{key}' is not true or false").format(place=place, key=key),
                _("write it without quotes"),
            )
        if key in _TEXTS and not (isinstance(value, str) and "\0" not in value):
            raise UsageError(
                _("{place}: '{key}' is no text").format(place=place, key=key), _("correct it")
            )
    if not profile.get("database"):
        what = _("{path}: profile '{name}' names no database").format(path=path, name=name)
        raise UsageError(what, _('add database = "..."'))
    return profile


def _service(profile: dict[str, Any], place: str, path: Path) -> Service | None:
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
