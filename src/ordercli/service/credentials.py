"""Where the login of a live service comes from: never a flag, never the configuration file."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from ordercli.base.errors import UsageError
from ordercli.base.language import _
from ordercli.base.text import require_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from ordercli.base.settings import Service

_TOKEN = re.compile(r"[\x21-\x7e]+")


def ready_token() -> str | None:
    """The token of ``ORDERCLI_TOKEN``; raises UsageError, without it, where it can't be one."""
    token = os.environ.get("ORDERCLI_TOKEN", "").strip()
    if token and not _TOKEN.fullmatch(token):
        raise UsageError(
            _("ORDERCLI_TOKEN holds no token"), _("give it the token alone, or take it away")
        )
    return token or None


def password_of(service: Service, ask: Callable[[str], str | None]) -> str:
    """The password of the service's user: of the environment, of ``.netrc``, else asked for.

    ``ask`` gives None where there is no one to ask. Raises UsageError where there is no password.
    """
    if not service.user:
        raise UsageError(
            _("the profile names no user for the service"),
            _('add user = "...", or set ORDERCLI_TOKEN'),
        )
    found = os.environ.get("ORDERCLI_SERVICE_PASSWORD")
    if found:
        return require_text(found, "ORDERCLI_SERVICE_PASSWORD")
    found = _of_netrc(service)
    if found:
        return found
    question = _("Password of {user} at {host}:").format(user=service.user, host=service.host)
    answer = _typed(question, ask)
    if not answer:
        raise UsageError(
            _("no password for {user} at {host}").format(user=service.user, host=service.host),
            _("set ORDERCLI_SERVICE_PASSWORD, or keep it in ~/.netrc; nothing was changed"),
        )
    return answer


def _typed(question: str, ask: Callable[[str], str | None]) -> str | None:
    """What is typed; None where there is no one to ask, or Ctrl-D is the answer."""
    try:
        answer = ask(question)
        if answer:
            answer.encode()
    except EOFError:
        return None
    except UnicodeError:
        raise UsageError(
            _("the password that was typed is not valid UTF-8"), _("check the terminal's encoding")
        ) from None
    return answer


def _of_netrc(service: Service) -> str | None:
    from netrc import NetrcParseError, netrc  # noqa: PLC0415 - only for a password

    try:
        entry = netrc().authenticators(service.host)
    except OSError:
        return None
    except (NetrcParseError, UnicodeError):  # whose message may hold the password
        raise UsageError(
            _("~/.netrc can't be used: it is malformed, or others can read it"),
            _("correct it, or run chmod 600 on it"),
        ) from None
    if entry is None or entry[0] not in ("", service.user):
        return None
    return entry[2] or None
