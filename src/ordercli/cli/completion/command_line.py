"""Reading a command line that is still being typed, the way the program would read it."""

from __future__ import annotations

from typing import Any, NamedTuple


class Offer(NamedTuple):
    """One thing to offer for the word that is being typed: what it is, and what it means."""

    value: str
    meaning: str = ""


HELP = "help"
"""What asks for the help of the command that follows it."""

FILES = (Offer(":files"),)
"""The shell is to offer the names of files."""


class CommandLine:
    """A command line as far as it is typed: its command, its options and its arguments."""

    def __init__(self, root: Any, settings: Any = None) -> None:
        """``settings`` say which database it is of, where words of it need not."""
        self.command = self._root = root
        self.settings = settings
        self.options: dict[str, str] = {}
        self.arguments: list[str] = []
        self.awaited: str | None = None
        self.only_arguments = False

    def take(self, word: str) -> None:
        """Read one more word; raises LookupError on a command that there is not."""
        if self.awaited:
            self._give(self.awaited, word)
        elif self.only_arguments or word == "-" or not word.startswith("-"):
            self._take_argument(word)
        elif word == "--":
            self.only_arguments = True
        elif word.startswith("--"):
            name, equals, value = word.partition("=")
            self._take_option(name, value if equals else None)
        else:
            self._take_letters(word[1:])

    def named(self, name: str) -> Any:
        """The option with this name, long or short; None where there is none."""
        for option in self.all_options():
            if name in option.opts:
                return option
        return None

    def all_options(self) -> list[Any]:
        """The options of the command."""
        return [each for each in self.command.params if each.param_type_name == "option"]

    def _take_argument(self, word: str) -> None:
        commands = getattr(self.command, "commands", None)
        if commands is None:
            self.arguments.append(word)
        elif word != HELP or self.command is not self._root:  # what follows help is a command too
            self.command = commands[word]

    def _take_option(self, name: str, value: str | None) -> None:
        option = self.named(name)
        if option is None:
            return
        if option.is_flag or value is not None:
            self._give(long_name(option), value or "")
        else:
            self.awaited = long_name(option)

    def _take_letters(self, letters: str) -> None:
        for place, letter in enumerate(letters, 1):
            option = self.named(f"-{letter}")
            if option is not None and not option.is_flag:
                self._take_option(f"-{letter}", letters[place:] or None)
                return
            self._take_option(f"-{letter}", None)

    def _give(self, name: str, value: str) -> None:
        self.options[name] = value
        self.awaited = None


def long_name(option: Any) -> str:
    """The long name of an option."""
    return next(str(name) for name in option.opts if name.startswith("--"))
