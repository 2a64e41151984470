"""Work beside the screen: what takes time is done in a thread, what comes of it is shown."""

from __future__ import annotations

import gc
import sys
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeVar

from textual.message import Message

from ordercli.base.errors import OrdercliError

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import App

T = TypeVar("T")


_OBJECTS_BEFORE_GARBAGE = 5_000
_SWITCH_SECONDS = 0.0005


class Finished(Message):
    """Something that a thread has for the screen."""

    def __init__(self, take: Callable[[], None]) -> None:
        super().__init__()
        self.take = take


def do_beside(
    app: App[Any],
    work: Callable[[], T],
    take: Callable[[T], None],
    fail: Callable[[OrdercliError | OSError], None],
) -> None:
    """Do the work in a thread, and hand what it gives, or an error of ours, to the screen.

    The program does not wait for the thread when it ends: nobody needs a page that nobody sees.
    Any other error ends the program, as it would anywhere.
    """

    def run() -> None:
        try:
            found = work()
        except (OrdercliError, OSError) as error:
            failed = error
            app.post_message(Finished(lambda: fail(failed)))
        except BaseException as error:
            unexpected = error
            app.post_message(Finished(lambda: _raise(unexpected)))
        else:
            app.post_message(Finished(lambda: take(found)))

    Thread(target=run, daemon=True).start()


def give_way_to_keys() -> None:
    """Have threads give way ten times as soon as they would: a key waits for it several times."""
    sys.setswitchinterval(_SWITCH_SECONDS)


def look_for_garbage() -> None:
    """Have Python look for garbage again, which a command that ends soon does seldom.

    What is there by now stays for as long as the screen: to look through it takes longer than a
    key may wait.
    """
    gc.freeze()
    gc.set_threshold(_OBJECTS_BEFORE_GARBAGE)


def _raise(error: BaseException) -> None:
    raise error
