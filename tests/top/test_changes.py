"""Changes from ``top``: what its question tells, the dry run, and how they end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from textual.widgets import Input

from harness.fill import add_order
from harness.page import Page, on_page
from harness.service_server import CLIENT_SECRET, PASSWORD
from ordercli.base.settings import load_settings

if TYPE_CHECKING:
    from harness.site import Site
    from ordercli.base.limits import Limits
    from ordercli.store.database import Database

_WRONG = "canary-wrong"


def test_a_dry_run_leads_back_to_the_question(page: Database) -> None:
    async def steps(shown: Page) -> None:
        await shown.expect("3 orders", "order 1")
        await shown.press("space", "space", "space", "p")
        await shown.expect("filter of the page: -u 'x1*'", "2 orders of 1 user, 0 B, in")
        await shown.expect("besides, 1 already paused")
        await shown.until(lambda: shown.focused == "reason")
        await shown.press("ctrl+n")
        await shown.expect("1 would be paused (is pending)", "3 already paused")
        await shown.expect("2 orders would be paused, 1 already paused")
        await shown.press("escape")
        await shown.expect("Pause 2 orders? [y/N]")
        await shown.press("enter", "y")
        answer = shown.app.screen.query_one("#answer", Input)
        await answer.action_submit()
        await answer.action_submit()  # a return that comes too soon answers nothing else
        await shown.expect("2 orders were paused, 1 already paused; u undoes", "pause 3")
        await shown.press("u")
        await shown.expect("operation", "pause by", "Put 2 orders back?")
        await shown.until(lambda: shown.focused == "reason")
        await shown.press("ctrl+n")
        await shown.expect("1 would be pending again", "2 would be running again")
        await shown.press("escape", "escape")
        await shown.expect("not confirmed; nothing was changed")

    on_page(page, steps, "-u 'x1*'")


def test_what_the_server_warns_of_is_shown_once(postgresql_database: Database) -> None:
    with postgresql_database.writing() as connection:
        for number in (1, 2):
            add_order(connection, number, status="RUNNING")
        connection.exec_driver_sql(
            "CREATE FUNCTION warn() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            " IF NEW.id = 1 THEN RAISE WARNING 'disk nearly full'; END IF; RETURN NEW; END $$;"
            " CREATE TRIGGER warns BEFORE UPDATE ON t_order"
            " FOR EACH ROW EXECUTE FUNCTION warn()"
        )

    async def steps(shown: Page) -> None:
        await shown.expect("2 orders", "order 1")
        for key, warned in (("home", True), ("end", False)):
            await shown.press(key, "p")
            await shown.until(lambda: shown.focused == "reason")
            await shown.press("enter", "y", "enter")
            if warned:
                await shown.expect("the server warns: disk nearly full")
                await shown.press("escape")
            await shown.expect("1 order was paused", f"pause {1 if warned else 2}")
            assert "disk nearly full" not in shown.shown()

    on_page(postgresql_database, steps, "--sort id")


@pytest.fixture
def without_password(site: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A site with two orders that run, whose administrator has no password configured."""
    with site.database.writing() as connection:
        for number in (1, 2):
            add_order(connection, number, status="RUNNING")
    for name, value in {**site.env, "ORDERCLI_SERVICE_PASSWORD": ""}.items():
        monkeypatch.setenv(name, value)
    return site


async def change(shown: Page, key: str) -> None:
    """Answer the question that the key asks with yes."""
    await shown.press(key)
    await shown.expect("in prod at localhost")
    await shown.until(lambda: shown.focused == "reason")
    await shown.press("enter", "y", "enter")


@pytest.mark.parametrize("service_database", ["newest"], indirect=True)
def test_a_password_is_asked_for_until_it_is_right(
    without_password: Site, impatient: Limits
) -> None:
    site = without_password
    screens: list[str] = []

    async def steps(shown: Page) -> None:
        await shown.expect("2 orders", "order 1")
        await change(shown, "p")
        await shown.expect("Password of", "at localhost:")
        await shown.press("escape")
        await shown.expect("no password for", "set ORDERCLI_SERVICE_PASSWORD")
        await change(shown, "p")
        await shown.expect("Password of")
        await shown.type(_WRONG)
        await shown.expect("the service refuses the login")
        screens.append(shown.shown())
        await shown.type(PASSWORD)
        await shown.expect("1 order was paused; u undoes")
        screens.append(shown.shown())
        await change(shown, "u")  # the password is known by now
        await shown.expect("1 order was put back")
        screens.append(shown.shown())

    on_page(site.database, steps, settings=load_settings(None, None), limits=impatient)
    assert set(site.statuses().values()) <= {"RUNNING", "PENDING"}
    assert [row[1] for row in site.history()] == ["pause", "undo"]
    assert site.service.logins == 3
    for secret in (PASSWORD, _WRONG, CLIENT_SECRET):
        assert not [screen for screen in screens if secret in screen]


@pytest.mark.parametrize("service_database", ["newest"], indirect=True)
def test_it_ends_while_it_asks_for_a_password(without_password: Site) -> None:
    async def steps(shown: Page) -> None:
        await shown.expect("2 orders", "order 1")
        await change(shown, "p")
        await shown.expect("Password of")
        shown.app.action_leave(143)
        await shown.until(lambda: shown.app.return_value == 143)

    site = without_password
    assert on_page(site.database, steps, settings=load_settings(None, None)) == 143
    assert (site.service.logins, set(site.statuses().values())) == (0, {"RUNNING"})
