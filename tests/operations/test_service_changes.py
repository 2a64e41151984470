"""Changes on a live service go through its API, and their outcomes are the service's own."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from harness.fill import add_order
from harness.program import run
from harness.service_outcomes import end_jobs_at_look, fill, requests
from harness.terminal import Terminal
from ordercli.base.limits import Limits

if TYPE_CHECKING:
    from pathlib import Path

    from harness.site import Site
    from ordercli.store.database import Database

UP_TO_1_5 = pytest.mark.parametrize("service_version", ["1.5"])
OLD_AND_NEW = pytest.mark.parametrize("service_version", ["1.5", "2.x"])
NEWEST = pytest.mark.parametrize("service_database", ["newest"], indirect=True)


# What the buttons do.


def test_pause_resume_and_cancel_do_what_the_buttons_do(site: Site) -> None:
    fill(site, "RUNNING", "PENDING", "DONE", "PAUSED", "DELETED")
    paused = site.run("pause", 1, 2, 3, 4, 99, "-m", "disk full")
    assert paused.exit_code == 3
    assert paused.stdout == ("1 paused (was running)\n2 paused (was pending)\n4 already paused\n")
    assert paused.stderr == (
        "ordercli: order 3 is done, it can't be paused\nordercli: no order 99\n"
    )
    assert site.run("resume", 1).stdout == "1 resumed (was pause)\n"
    cancelled = site.run("cancel", 1, 3, 5, "--yes", "-f", "json")
    assert cancelled.exit_code == 0
    assert [(each["id"], each["outcome"], each["from"], each["to"])
            for each in json.loads(cancelled.stdout)] == [
        (1, "changed", "running", "removed"), (3, "changed", "done", "removed"),
        (5, "already", "removed", "removed"),
    ]  # fmt: skip
    assert site.statuses() == {
        1: "DELETED", 2: "PAUSED", 3: "DELETED", 4: "PAUSED", 5: "DELETED",
    }  # fmt: skip
    who = "night-shift@ops"
    assert site.history() == [
        (1, "pause", "RUNNING", "PAUSED", who, "disk full"),
        (2, "pause", "PENDING", "PAUSED", who, "disk full"),
        (1, "resume", "PAUSED", "RUNNING", who, None),
        (1, "cancel", "RUNNING", "DELETED", who, None),
        (3, "cancel", "DONE", "DELETED", who, None),
    ]
    # Only orders that would change were asked for, and each of them once.
    assert requests(site) == Counter(
        [("pause", 1), ("pause", 2), ("resume", 1), ("pause", 1), ("cancel", 1), ("cancel", 3)]
    )


@NEWEST
def test_orders_are_chosen_by_filter_and_shown_before_they_change(site: Site) -> None:
    fill(site, "RUNNING", "RUNNING", "DONE")
    looked = site.run("pause", "-u", "hello*", "-s", "running", "-n")
    assert looked.stdout == "1 would be paused (is running)\n2 would be paused (is running)\n"
    assert (site.service.record, site.service.logins) == ([], 0)
    refused = site.run("pause", "-u", "hello*", "-s", "running", "--max", 1, "-y")
    assert refused.exit_code == 2
    assert site.run("pause", "-u", "hello*", stdin="").exit_code == 2
    assert (site.service.record, site.service.logins) == ([], 0)
    arguments = ["pause", "-u", "hello*", "-s", "running"]
    with Terminal(arguments, env=site.env) as terminal:
        terminal.expect("Pause 2 orders? [y/N]")
        terminal.send("y\r")
        assert terminal.exit_code() == 0
        assert "2 orders were paused" in terminal.screen()
    assert site.statuses() == {1: "PAUSED", 2: "PAUSED", 3: "DONE"}
    again = site.run(*arguments, "-y")
    assert (again.exit_code, again.stderr) == (0, "ordercli: no order matches\n")
    assert site.service.logins == 1


@NEWEST
def test_direct_writes_into_the_database_all_the_same(site: Site) -> None:
    fill(site, "RUNNING")
    assert site.run("pause", 1, "--direct").stdout == "1 paused (was running)\n"
    assert (site.status(1), site.service.record, site.service.logins) == ("PAUSED", [], 0)


def test_a_database_of_ours_has_no_service_behind_it(
    postgresql_database: Database, tmp_path: Path
) -> None:
    with postgresql_database.writing() as connection:
        add_order(connection, 1, status="RUNNING")
        add_order(connection, 2, status="FAILED")
    configuration = tmp_path / "config.toml"
    configuration.write_text(
        f'[profiles.ours]\ndatabase = "{postgresql_database.location}"\n'
        'service = "https://regards.example"\nproject = "prod"\n'
    )
    env = {"ORDERCLI_CONFIG": str(configuration), "ORDERCLI_PROFILE": "ours"}
    refused = run("pause", 1, env=env)
    assert refused.exit_code == 1
    assert refused.stderr == (
        "ordercli: 'db init' made this database: no live service is behind it that could pause;"
        " take it out of the profile, or write here with --direct; nothing was changed\n"
    )
    checked = run("db", "check", env={**env, "ORDERCLI_TOKEN": "x"})
    assert "the profile names a service that is not behind it" in checked.stdout
    assert run("pause", 1, "--direct", env=env).stdout == "1 paused (was running)\n"
    for words in (["retry", 2], ["remove", 2, "-y"], ["restart", 2, "--label", "again"]):
        elsewhere = run(*words, database=postgresql_database)
        assert elsewhere.exit_code == 1, words
        said = f"no live service is behind it that could {words[0]}; use the profile"
        assert said in elsewhere.stderr
        assert elsewhere.stderr.count("\n") == 1


@NEWEST
def test_without_a_history_one_line_says_so(site: Site) -> None:
    fill(site, "RUNNING", "PENDING")
    with site.database.writing() as connection:
        connection.execute(text("DROP TABLE ordercli_event"))
    result = site.run("pause", 1, 2)
    assert (result.exit_code, result.stderr.count("\n")) == (0, 1)
    assert "not recorded in a history" in result.stderr
    assert site.statuses() == {1: "PAUSED", 2: "PAUSED"}


# What the service refuses.


@NEWEST
@pytest.mark.parametrize(
    ("message", "english", "french"),
    [
        ("ORDER_MUST_BE_PENDING_OR_RUNNING", "its status does not allow it", "statut"),
        ("ORDER_NOT_COMPLETELY_PAUSED", "its jobs have not ended yet", "traitements"),
        ("USER_NOT_ALLOWED_TO_MANAGE_ORDER", "does not let the profile's user manage it",
         "utilisateur"),
        ("SOMETHING_NEW", "the service says SOMETHING_NEW", "SOMETHING_NEW"),
    ],
)  # fmt: skip
def test_a_refusal_is_told_in_plain_words(
    site: Site, message: str, english: str, french: str
) -> None:
    fill(site, "RUNNING")
    site.service.behaviour.refusal = message
    result = site.run("pause", 1)
    assert (result.exit_code, result.stdout, site.status(1)) == (3, "", "RUNNING")
    assert result.stderr.startswith("ordercli: order 1: ")
    assert english in result.stderr
    told = site.run("pause", 1, ORDERCLI_LANG="fr").stderr
    assert told.startswith("ordercli: commande 1")
    assert french in told
    assert site.history() == []


@NEWEST
def test_what_another_administrator_did_meanwhile(site: Site) -> None:
    fill(site, "RUNNING", "RUNNING", "RUNNING", "RUNNING")
    others = {1: "PAUSED", 2: "DONE", 3: "DELETED"}

    def meanwhile(action: str, order_id: int) -> None:
        status = others.pop(order_id, None)
        with site.database.writing() as connection:
            if status:
                update = text("UPDATE t_order SET status = :status WHERE id = :id")
                connection.execute(update, {"status": status, "id": order_id})
            if order_id == 4:
                connection.execute(text("DELETE FROM t_order WHERE id = 4"))

    site.service.behaviour.before = meanwhile
    result = site.run("pause", 1, 2, 3, 4)
    assert (result.exit_code, result.stdout) == (3, "1 already paused\n")
    assert result.stderr == (
        "ordercli: order 2 is done, it can't be paused\n"
        "ordercli: order 3 is removed, it can't be paused\n"
        "ordercli: order 4: the service knows no such order\n"
    )
    assert site.history() == []
    assert max(requests(site).values()) == 1


@UP_TO_1_5
@NEWEST
def test_resume_is_refused_while_jobs_still_run(site: Site) -> None:
    fill(site, "RUNNING")
    site.service.behaviour.job_seconds = 60
    assert site.run("pause", 1).exit_code == 0
    result = site.run_within(Limits(jobs_seconds=1), "resume", 1)
    assert (result.exit_code, site.status(1)) == (3, "PAUSED")
    assert "order 1: its jobs have not ended in 1 seconds" in result.stderr
    assert [each[1] for each in site.history()] == ["pause"]


@OLD_AND_NEW
@NEWEST
def test_resume_waits_for_the_jobs(site: Site) -> None:
    fill(site, "RUNNING")
    end_jobs_at_look(site, 2)
    assert site.run("pause", 1).exit_code == 0
    result = site.run("resume", 1)
    assert (result.exit_code, result.stdout) == (0, "1 resumed (was pause)\n")
    assert result.stderr == "waiting until the jobs of order 1 have ended\n"
    assert site.status(1) == "RUNNING"


# Cancelling what runs.


@OLD_AND_NEW
@NEWEST
@pytest.mark.parametrize(
    "behaviour",
    [
        {},
        {"while_jobs_end": "ORDER_MUST_BE_PAUSED"},
        {"pause_seconds": 0.6},  # it is looked for up to 1.4 s
    ],
    ids=["jobs that end late", "another message", "a slow pause"],
)
def test_cancel_pauses_and_waits_for_the_jobs(site: Site, behaviour: dict[str, Any]) -> None:
    fill(site, "RUNNING", "RUNNING", "PENDING")
    vars(site.service.behaviour).update(behaviour)
    end_jobs_at_look(site, 2)
    result = site.run("cancel", 1, 2, 3, "--yes", "-m", "too large")
    assert result.exit_code == 0
    assert result.stdout.count(" cancelled (was ") == 3
    assert result.stderr.count("waiting until the jobs of order") == 1
    assert set(site.statuses().values()) == {"DELETED"}
    assert [each[:4] for each in site.history()] == [
        (1, "cancel", "RUNNING", "DELETED"),
        (2, "cancel", "RUNNING", "DELETED"),
        (3, "cancel", "PENDING", "DELETED"),
    ]
    assert requests(site)["pause", 1] == 1
    # A service since 1.6 would cancel at once, and lose data: that is a violation.
    asked = requests(site)["cancel", 1]
    assert asked == 1 if site.service.version.links else asked > 1


@OLD_AND_NEW
@NEWEST
def test_cancel_gives_up_and_says_that_the_order_is_paused(site: Site) -> None:
    fill(site, "RUNNING")
    site.service.behaviour.job_seconds = 60
    result = site.run_within(Limits(jobs_seconds=1), "cancel", 1, "--yes")
    assert (result.exit_code, result.stdout, site.status(1)) == (3, "", "PAUSED")
    assert "order 1: it is paused, not cancelled: its jobs have not ended in 1 s" in result.stderr
    assert [each[:4] for each in site.history()] == [(1, "pause", "RUNNING", "PAUSED")]


@OLD_AND_NEW
@NEWEST
def test_a_cancel_that_is_interrupted_says_that_the_order_is_paused(site: Site) -> None:
    fill(site, "RUNNING")
    site.service.behaviour.job_seconds = 60
    with Terminal(["cancel", 1, "--yes"], columns=100, env=site.env) as terminal:
        terminal.expect("waiting until the jobs of order 1 have ended")
        terminal.send("\x03")
        assert terminal.exit_code() == 130
        shown = "\n".join(terminal.screen())
    assert "order 1: it is paused, not cancelled: stopped before its jobs had ended" in shown
    assert "0 of 1 order done, 1 only paused" in shown
    assert site.status(1) == "PAUSED"
    assert [each[:4] for each in site.history()] == [(1, "pause", "RUNNING", "PAUSED")]
    site.service.behaviour.job_seconds = 0
    site.service.orders.end_jobs()
    assert site.run("cancel", 1, "--yes").stdout == "1 cancelled (was pause)\n"


@OLD_AND_NEW
@NEWEST
def test_cancel_of_an_order_that_another_administrator_resumes(site: Site) -> None:
    fill(site, "RUNNING")

    def resume(action: str, order_id: int) -> None:
        if action in ("look", "cancel"):
            site.service.act("resume", order_id)

    site.service.behaviour.before = resume
    result = site.run_within(Limits(jobs_seconds=1), "cancel", 1, "--yes")
    assert (result.exit_code, result.stdout, site.status(1)) == (3, "", "RUNNING")
    assert "it runs again" in result.stderr
