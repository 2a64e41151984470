"""What opens above the table: a line to type in, a sheet to read, the question before a change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.reactive import reactive
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from ordercli.base.errors import OrdercliError
from ordercli.base.language import _
from ordercli.base.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual import events
    from textual.app import ComposeResult

_LONGEST_LINE = 300
_ACTIONS = {each.key: each.action for each in Binding.make_bindings(Input.BINDINGS)}


def safe(text: str) -> Text:
    """One line for the screen, which holds nothing that steers a terminal."""
    return Text(printable(text, _LONGEST_LINE), no_wrap=True, overflow="ellipsis")


class Line(Input):
    """A line to type in, whose cursor does not blink: nothing is sent while nothing happens.

    Each key is answered before the next one, also where many come at once: Textual would answer
    Ctrl-U and its like after the letters that follow.
    """

    cursor_blink = reactive(False)

    def __init__(self, value: str = "", **options: Any) -> None:
        super().__init__(value, select_on_focus=False, compact=True, **options)

    async def on_key(self, event: events.Key) -> None:
        """Do now what the key stands for."""
        action = _ACTIONS.get(event.key)
        if action is not None:
            event.stop()
            event.prevent_default()
            await self.run_action(action)


class LineDialog(ModalScreen[Any]):
    """Asks for one line, whose meaning ``read`` gives; what it raises is told below the line.

    It shows a ``problem`` from the start, and nothing of what is typed where that is ``secret``.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,ctrl+c", "dismiss(None)", priority=True)
    ]

    def __init__(
        self,
        title: str,
        value: str,
        read: Callable[[str], object],
        *,
        problem: str = "",
        secret: bool = False,
    ) -> None:
        super().__init__()
        self._title = title
        self._value = value
        self._read = read
        self._problem = problem
        self._secret = secret

    def compose(self) -> ComposeResult:
        """The line, what it is, and where errors are told."""
        with Vertical(id="line"):
            yield Static(safe(self._title), id="title")
            yield Line(self._value, password=self._secret)
            yield Static(Text(printable(self._problem)), id="problem")

    def on_input_changed(self, event: Input.Changed) -> None:
        """Forget what was wrong with an older line."""
        if event.value != self._value:
            self.query_one("#problem", Static).update("")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take the line, or tell what is wrong with it."""
        if not self.is_current:  # a second return, typed before the first was answered
            return
        try:
            found = self._read(event.value)
        except OrdercliError as error:
            self.query_one("#problem", Static).update(Text(printable(str(error))))
            return
        self.dismiss((found,))


class Sheet(ModalScreen[None]):
    """Shows a text that is already safe, with its colours, until a key closes it.

    ``hint`` names another key and what it does.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter,ctrl+c", "dismiss(None)", priority=True)
    ]

    def __init__(self, text: str, hint: str = "") -> None:
        super().__init__()
        self._text, self._hint = text, hint

    def compose(self) -> ComposeResult:
        """The text, which scrolls, and the keys that close it or lead on."""
        with VerticalScroll(id="sheet"):
            yield Static(self._shown(), id="text", expand=True)
        yield Static(self._keys(), id="hint", classes="keys")

    def show(self, text: str, hint: str) -> None:
        """Show another text, from its beginning."""
        self._text, self._hint = text, hint
        if self.is_attached:
            self.query_one("#text", Static).update(self._shown())
            self.query_one("#hint", Static).update(self._keys())
            self.query_one("#sheet").scroll_home(animate=False)

    def _shown(self) -> Text:
        return Text.from_ansi(self._text, no_wrap=True)

    def _keys(self) -> Text:
        keys = (self._hint, _("arrows scroll"), _("Esc closes"))
        return safe("  ".join(each for each in keys if each))


class _Reason(Line):
    """The line for the reason, which is left with Return.

    It takes its keys one by one, so that what is typed ahead after that Return is the answer.
    """

    def __init__(self, leave: Callable[[str], Input | None]) -> None:
        super().__init__(id="reason", disabled=True)
        self._leave = leave
        self._next: Input | None = None

    def on_focus(self) -> None:
        """Take keys again."""
        self._next = None

    async def on_key(self, event: events.Key) -> None:
        """Go on to the next line, or hand on what was meant for it."""
        following = self._next
        if following is None and event.key != "enter":
            return
        if following is None:
            self._next = self._leave(self.value)
        elif event.key == "enter":
            await following.action_submit()
        elif event.is_printable:
            following.insert_text_at_cursor(event.character or "")
        event.stop()
        event.prevent_default()


class ChangeDialog(ModalScreen[Any]):
    """The question before a change, and why it is made; gives the reason in a tuple, or None.

    ``agrees`` tells whether an answer means yes, ``foresee`` shows what would change. It is deaf
    for some seconds after it has opened, and names its keys once it hears them.
    """

    AUTO_FOCUS = None
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,ctrl+c", "refuse", priority=True),
        Binding("ctrl+n", "foresee", priority=True),
    ]

    def __init__(
        self,
        lines: Sequence[str],
        question: str,
        agrees: Callable[[str], bool],
        check_reason: Callable[[str], object],
        foresee: Callable[[], None],
        deaf_seconds: float,
    ) -> None:
        super().__init__()
        self._lines = lines
        self._question = question
        self._agrees = agrees
        self._check_reason = check_reason
        self._foresee = foresee
        self._deaf_seconds = deaf_seconds
        self._heard = False

    def compose(self) -> ComposeResult:
        """What would change, the reason, the question."""
        with Vertical(id="change"):
            for line in self._lines:
                yield Static(safe(line))
            yield Static(safe(_("Reason, for the history (may stay empty):")), classes="above")
            yield _Reason(self._take_reason)
            yield Static(safe(self._question), classes="above")
            yield Line(id="answer", disabled=True)
            yield Static("", id="problem")
            yield Static("", id="hint")

    def on_mount(self) -> None:
        """Listen in a moment."""
        self.set_timer(self._deaf_seconds, self._listen)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take the answer."""
        if not self.is_current:
            return
        reason = self.query_one("#reason", Input).value
        self.dismiss((reason.strip() or None,) if self._agrees(event.value.strip()) else None)

    def action_refuse(self) -> None:
        """Change nothing."""
        if self._heard:
            self.dismiss(None)

    def action_foresee(self) -> None:
        """Show what would change, and come back."""
        if self._heard:
            self._foresee()

    def tell(self, problem: str) -> None:
        """Show what is wrong, below the question."""
        self.query_one("#problem", Static).update(Text(printable(problem)))

    def _listen(self) -> None:
        self._heard = True
        for each in self.query(Input):
            each.disabled = False
        self.set_focus(self.query_one("#reason"))
        keys = _("Ctrl-N shows what would change  Esc changes nothing")
        self.query_one("#hint", Static).update(safe(keys))

    def _take_reason(self, reason: str) -> Input | None:
        """The line for the answer, which has the focus now; None where the reason can't be."""
        try:
            self._check_reason(reason)
        except OrdercliError as error:
            self.tell(str(error))
            return None
        self.tell("")
        answer = self.query_one("#answer", Input)
        self.set_focus(answer)
        return answer
