"""The profiles of the configuration file: which is used, what each names, whether it answers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from ordercli.base.configuration import read_configuration
from ordercli.base.errors import OrdercliError, unknown_name
from ordercli.base.language import _
from ordercli.base.settings import Settings, profile_settings
from ordercli.base.values import Kind
from ordercli.domain.columns import Field
from ordercli.operations.side_by_side import results_of_each
from ordercli.store.postgresql import shown_location

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ordercli.base.limits import Limits
    from ordercli.base.settings import Choice
    from ordercli.base.values import Row

SERVER = Field("server", "Server", Kind.TEXT)
PROFILE_FIELDS = (
    Field("profile", "Profile", Kind.TEXT),
    Field("used", "Used by", Kind.TEXT),
    Field("database", "Database", Kind.TEXT),
    Field("service", "Service", Kind.TEXT),
    Field("read_only", "Read-only", Kind.TEXT),
    Field("problem", "Problem", Kind.TEXT),
)
CHECKED_FIELDS = (*PROFILE_FIELDS[:-1], SERVER, PROFILE_FIELDS[-1])


@dataclass(frozen=True)
class Profile:
    """A profile, or a database that is used without one; what is wrong with it, if anything is.

    ``used`` says what made it the one that is used: an option, a variable, a key of the
    configuration file, ``embedded``; None for the others. ``server`` is what answered, once it was
    asked.
    """

    name: str | None
    used: str | None
    settings: Settings | None
    problem: str | None = None
    server: str | None = None

    def row(self) -> Row:
        """It as a row of ``CHECKED_FIELDS``; no value holds a secret."""
        found = self.settings
        service = found.service if found else None
        return {
            "profile": self.name,
            "used": self.used,
            "database": shown_location(found.database) if found else None,
            "service": service.url if service else None,
            "read_only": None if found is None else "yes" if found.read_only else "no",
            "server": self.server,
            "problem": self.problem,
        }


def configured_profiles(choice: Choice) -> list[Profile]:
    """Every profile, and the database that is used, if that is no profile's.

    Raises UsageError where the profile that is chosen is not there.
    """
    configuration = read_configuration()
    used = choice.named_by or "embedded"
    found = []
    for named in choice.profiles:
        if named not in configuration.profiles:
            what = _("no profile in {place} named '{name}'")
            raise unknown_name(
                what.format(place=configuration.path, name=named),
                str(named),
                configuration.profiles,
            )
    for name in configuration.profiles:
        is_used = choice.database is None and name in choice.profiles
        try:
            settings, problem = profile_settings(configuration, name), None
        except OrdercliError as error:
            settings, problem = None, str(error)
        found.append(Profile(name, used if is_used else None, settings, problem))
    if choice.database is not None:
        found.append(Profile(None, used, Settings(choice.database)))
    return found


def checked(profiles: Sequence[Profile], limits: Limits) -> list[Profile]:
    """The profiles after each was tried, all at the same time, without a login at a service."""
    return results_of_each([partial(_checked, each, limits) for each in profiles])


def _checked(profile: Profile, limits: Limits) -> Profile:
    from ordercli.service.client import require_answer  # noqa: PLC0415 - slow to import
    from ordercli.store.inspection import examine, unreadable_tables  # noqa: PLC0415 - slow, too
    from ordercli.store.opening import database_of  # noqa: PLC0415 - slow to import

    named, server = profile.settings, None
    if named is None:
        return profile
    try:
        database = database_of(named, limits)
        report = examine(database)
        server = report.server
        problem = "; ".join(unreadable_tables(report)) or None
        if named.service is not None:
            require_answer(named.service, limits)
    except OrdercliError as error:
        problem = str(error)
    return Profile(profile.name, profile.used, named, problem, server)
