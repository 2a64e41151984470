"""What a shell may offer for the word that is being typed.

The scripts in ``ordercli/completions`` hand over the words; what comes back is one offer a line, a
value and what it means separated by a tab, or ``:files`` for the shell's own file names. Nothing
that a shell could run is ever offered, and whatever goes wrong offers nothing, silently.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from textwrap import shorten
from threading import Timer
from typing import TYPE_CHECKING, Any

from ordercli.base.language import _, marked
from ordercli.cli.completion.command_line import FILES, CommandLine, Offer, long_name
from ordercli.cli.selections import SIGN, takes_selections

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_DEADLINE_SECONDS = 1.0
_SAFE = re.compile(r"[A-Za-z0-9._%+@,=-]+")
_EXCLUDING = "!"
_WIDEST = 60
HELP_OPTION = "--help"


def answer(root: Any, shell: str, words: Sequence[str]) -> None:
    """Write the offers for these words to stdout, for the script of this shell; never fail.

    The process ends at the deadline: a person waits at the prompt, and no offer is none.
    """
    deadline = Timer(_DEADLINE_SECONDS, os._exit, [0])
    deadline.daemon = True
    deadline.start()
    with suppress(Exception, KeyboardInterrupt):
        found = _lines(root, shell, words).encode()
        deadline.cancel()
        os.write(1, found)


def offers(root: Any, words: Sequence[str], settings: Any = None) -> list[Offer]:
    """What to offer for the last of the words, which follow the program's name.

    ``root`` is the root command, or another where the words follow its name; ``settings`` are those
    of the database, where the words name none. Raises LookupError on a command that there is not,
    and whatever the configuration or the database raises.
    """
    *before, current = words
    typed = CommandLine(root, settings)
    for word in before:
        typed.take(word)
    found = _all_offers(typed, current)
    if found is FILES:
        return list(FILES)
    matching = [offer for offer in found if offer.value.startswith(current)]
    # Only who has typed an exclamation mark is offered one: it means something to shells.
    typed_mark = _EXCLUDING if _EXCLUDING in current else ""
    return [offer for offer in matching if _SAFE.fullmatch(offer.value.replace(typed_mark, ""))]


def _all_offers(typed: CommandLine, current: str) -> Iterable[Offer]:
    """What may stand where the current word is, whatever it starts with."""
    if typed.awaited:
        return _values_of_option(typed, typed.awaited, current)
    if current.startswith("-") and not typed.only_arguments:
        name, equals, value = current.partition("=")
        option = typed.named(name)
        if not equals or option is None or option.is_flag:
            return _options(typed)
        found = _values_of_option(typed, long_name(option), value)
        return found if found is FILES else [
            Offer(f"{name}={offer.value}", offer.meaning) for offer in found
        ]  # fmt: skip
    commands = getattr(typed.command, "commands", None)
    if commands is not None:
        return [Offer(*each) for each in typed.command.summaries().items()]
    if current.startswith(SIGN):
        return _selections(typed)
    return _arguments(typed, current)


def _options(typed: CommandLine) -> list[Offer]:
    found = [
        Offer(long_name(option), option.help or "")
        for option in typed.all_options()
        if not option.hidden and (option.multiple or long_name(option) not in typed.options)
    ]
    return [*found, Offer(HELP_OPTION, _(marked("Show this message and exit.")))]


def _selections(typed: CommandLine) -> list[Offer]:
    """The saved selections, of which each word may name one."""
    if typed.only_arguments or not takes_selections(typed.command):
        return []
    from ordercli.base.configuration import read_configuration  # noqa: PLC0415 - as for values

    return [Offer(f"{SIGN}{name}") for name in read_configuration().selections]


def _arguments(typed: CommandLine, current: str) -> Iterable[Offer]:
    from ordercli.cli.completion.values import values_of_argument  # noqa: PLC0415 - slow to import

    for argument in typed.command.params:
        if argument.param_type_name == "argument" and (argument.nargs == -1 or not typed.arguments):
            return values_of_argument(typed, argument.name, current)
    return ()


def _values_of_option(typed: CommandLine, name: str, current: str) -> Iterable[Offer]:
    from ordercli.cli.completion.values import values_of_option  # noqa: PLC0415 - slow to import

    return values_of_option(typed, name, current)


def _lines(root: Any, shell: str, words: Sequence[str]) -> str:
    if shell == "bash":
        line, fragment = words
        found = _for_bash(root, line, fragment)
    else:
        found = offers(root, words)
    return "".join(f"{each.value}\t{shorten(each.meaning, _WIDEST)}\n" for each in found)


def _for_bash(root: Any, line: str, fragment: str) -> list[Offer]:
    """The offers for a line up to the cursor.

    Bash puts them in place of the ``fragment``, what follows the last ``=``, ``:`` or ``@``.
    """
    _, *words = typed_words(line)
    found = offers(root, words)
    if found == list(FILES) or not words[-1].endswith(fragment):
        return found
    kept = len(words[-1]) - len(fragment)
    return [Offer(offer.value[kept:]) for offer in found]


def typed_words(line: str) -> list[str]:
    """The words of a line whose last one may lack its closing quote."""
    import shlex  # noqa: PLC0415 - some shells split lines themselves

    for closing in ("", '"', "'"):
        with suppress(ValueError):
            *before, last = shlex.split(f"{line}x{closing}")
            return [*before, last[:-1]]
    return []
