"""Pause, resume, cancel and undo from the screen: asked about first, made beside the screen."""

from __future__ import annotations

from functools import partial
from queue import SimpleQueue
from typing import TYPE_CHECKING

from ordercli.base.errors import OrdercliError
from ordercli.base.language import _
from ordercli.domain.history import SHORT_OPERATION
from ordercli.domain.status import UNDO
from ordercli.output.prompts import CHOICE, typed_words
from ordercli.top.background import Finished, do_beside
from ordercli.top.changing import Proposal, Run, carry_out, foreseen, propose, propose_undo
from ordercli.top.dialogs import ChangeDialog, LineDialog, Sheet

if TYPE_CHECKING:
    from collections.abc import Callable

    from ordercli.domain.status import Transition
    from ordercli.top.app import TopApp


class ChangeFlow:
    """One change at a time, from its key to its last result. ``runs`` are all that were begun."""

    def __init__(self, app: TopApp) -> None:
        self._app = app
        self._planning = False
        self._running: Run | None = None
        self._leave: Callable[[], None] | None = None
        self.runs: list[Run] = []
        self._undoable: Run | None = None
        self._password: LineDialog | None = None

    @property
    def busy(self) -> bool:
        """Whether a change is planned or made."""
        return self._planning or self._running is not None

    def propose(self, transition: Transition) -> None:
        """Plan a change of the orders that are chosen, and ask about it."""
        ids = self._app.table.chosen_ids()
        if ids:
            words = self._app.view.words
            self._plan(partial(propose, self._app.request, transition, ids, words))

    def propose_undo(self) -> None:
        """Plan to take the last change back, and ask about it."""
        if self._undoable is None:
            self._app.tell(_("there is nothing to undo"))
            return
        self._plan(partial(propose_undo, self._app.request, self._undoable.change.operation))

    def leave(self, end: Callable[[], None]) -> None:
        """End now, or when the batch that is being changed has come to its end."""
        if self._running is None:
            end()
            return
        self._leave = end
        self._running.stop = True
        if self._password is not None and self._password.is_current:
            self._password.dismiss(None)
        self._app.tell(_("stopping; what has begun comes to its end first"))

    def _plan(self, plan: Callable[[], Proposal]) -> None:
        if self.busy:
            self._app.tell(_("one change at a time"))
            return
        try:
            self._app.request.changes.require()
        except OrdercliError as error:
            self._app.tell_error(error)
            return
        self._planning = True
        self._app.tell(_("looking what would change"))
        do_beside(self._app, plan, self._ask, self._fail)

    def _ask(self, proposal: Proposal) -> None:
        self._app.tell("")
        plan, transition = proposal.plan, proposal.transition
        if not plan.shown:
            self._planning = False
            past = _(transition.past)
            line = _("nothing to change: what is chosen can't be {past} as it is now")
            self._app.tell(line.format(past=past))
            return
        words = proposal.words
        asked = _(CHOICE) if words is None else typed_words(words)
        begin = self._app.request.changes.begin
        dialog = ChangeDialog(
            proposal.lines, f"{proposal.question} {asked}", proposal.agrees,
            lambda text: begin(transition, text.strip() or None),
            lambda: self._foresee(dialog, proposal), self._app.request.limits.deaf_seconds,
        )  # fmt: skip
        self._app.push_screen(dialog, partial(self._begin, proposal))

    def _foresee(self, dialog: ChangeDialog, proposal: Proposal) -> None:
        """Show above the question what a dry run would."""

        def take(text: str) -> None:
            if self._app.screen is dialog:
                self._app.push_screen(Sheet(text))

        do_beside(
            self._app, partial(foreseen, self._app.request, proposal), take,
            lambda error: dialog.tell(str(error)),
        )  # fmt: skip

    def _begin(self, proposal: Proposal, answer: tuple[str | None] | None) -> None:
        self._planning = False
        if answer is None:
            self._app.tell(_("not confirmed; nothing was changed"))
            return
        change = self._app.request.changes.begin(proposal.transition, answer[0])
        run = Run(change, proposal.plan)
        self._running = run
        self.runs.append(run)
        self._progress()
        ask = partial(self._ask_password, run)
        do_beside(
            self._app, partial(carry_out, self._app.request, run, self._took, ask), self._end,
            partial(self._stop, run),
        )  # fmt: skip

    def _ask_password(self, run: Run, question: str, problem: str) -> str | None:
        """Ask a person, from the thread of a run, which waits; None where there is no answer."""
        answers: SimpleQueue[str | None] = SimpleQueue()

        def take(answer: tuple[str] | None) -> None:
            self._password = None
            answers.put(None if answer is None else answer[0])

        def open_dialog() -> None:
            if run.stop:
                answers.put(None)
                return
            self._password = LineDialog(question, "", str, problem=problem, secret=True)
            self._app.push_screen(self._password, take)

        self._app.post_message(Finished(open_dialog))
        return answers.get()

    def _took(self) -> None:
        self._app.post_message(Finished(self._progress))

    def _progress(self) -> None:
        if self._running is not None:
            self._app.tell(self._running.progress())

    def _end(self, run: Run) -> None:
        told = run.line()
        if run.can_be_undone():
            self._undoable = run
            operation = run.change.operation[:SHORT_OPERATION]
            told = _("{line}; u undoes {operation}").format(line=told, operation=operation)
        elif run.change.transition is UNDO:
            self._undoable = None
        self._finish(run, told)

    def _stop(self, run: Run, error: OrdercliError | OSError) -> None:
        run.failure = str(error)
        if run.can_be_undone():
            self._undoable = run
        self._finish(run, str(error))

    def _finish(self, run: Run, told: str) -> None:
        self._running = None
        self._app.tell(told)
        self._app.table.unmark(run.changed)
        self._app.refresh_orders()
        if self._leave is not None:
            self._leave()
        elif run.problems:
            self._app.push_screen(Sheet("\n".join(run.shown_problems())))

    def _fail(self, error: OrdercliError | OSError) -> None:
        self._planning = False
        self._app.tell_error(error)
