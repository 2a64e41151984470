"""Logging in to a live service: where the login comes from, and that nobody ever sees it."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.fill import add_order
from harness.program import command, environment, run
from harness.service_faults import Fault
from harness.service_orders import USER
from harness.service_server import CLIENT_SECRET, PASSWORD, TOKEN
from harness.terminal import Terminal
from ordercli.base.limits import Limits
from ordercli.base.settings import Service, load_settings

if TYPE_CHECKING:
    from harness.site import Site

pytestmark = pytest.mark.parametrize("service_database", ["newest"], indirect=True)

READY = "canary-ready-token"
NO_PASSWORD = {"ORDERCLI_SERVICE_PASSWORD": None}
SECRETS = (PASSWORD, CLIENT_SECRET, TOKEN, READY)


@pytest.fixture
def site(site: Site) -> Site:
    """The site, with thirty orders that run."""
    with site.database.writing() as connection:
        for number in range(1, 31):
            add_order(connection, number, status="RUNNING")
    return site


def test_a_ready_token_needs_no_password(site: Site) -> None:
    site.service.accept_token(READY)
    result = site.run("pause", 1, ORDERCLI_TOKEN=READY, **NO_PASSWORD)
    assert (result.exit_code, result.stderr) == (0, "")
    assert (site.status(1), site.service.logins) == ("PAUSED", 0)


def test_a_ready_token_that_is_refused_stops_the_run(site: Site) -> None:
    result = site.run("pause", "-u", "*", "-y", ORDERCLI_TOKEN=READY)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        "ordercli: the service refuses the token of ORDERCLI_TOKEN: 0 of 30 orders done,"
        " the others unchanged; get a new one, or take it away to log in with a password\n"
    )
    assert len(site.service.record) <= 4
    assert (site.service.logins, set(site.statuses().values())) == (0, {"RUNNING"})
    for wrong in ("two words", "ligne\nfeinte", "é"):
        refused = site.run("pause", 1, ORDERCLI_TOKEN=wrong)
        assert (refused.exit_code, refused.stdout) == (2, "")
        assert wrong not in refused.stderr


def test_an_expired_token_is_asked_for_again_once(site: Site) -> None:
    site.service.behaviour.answer_seconds = 0.01
    expired = threading.Event()

    def expire(action: str, order_id: int) -> None:
        if order_id == 12 and not expired.is_set():
            expired.set()
            site.service.expire_tokens()

    site.service.behaviour.before = expire
    result = site.run("pause", "-u", "*", "-y", "-q")
    assert (result.exit_code, result.stderr) == (0, "")
    assert set(site.statuses().values()) == {"PAUSED"}
    assert site.service.logins == 2
    assert sorted(site.service.acted("pause")) == list(range(1, 31))


def test_tokens_that_expire_again_and_again(site: Site) -> None:
    site.service.behaviour.token_uses = 10
    assert site.run("pause", "-u", "*", "-y", "-q", "--jobs", 1).exit_code == 0
    assert site.service.logins == 3
    site.service.behaviour.token_uses = 0
    refused = site.run("resume", "-u", "*", "-y", "-q")
    assert refused.exit_code == 1
    assert "refuses the token that it gave: 0 of 30 orders done" in refused.stderr
    assert site.service.acted("resume") == []


def test_a_login_that_is_refused_in_the_middle_is_tried_once(site: Site) -> None:
    def expire(action: str, order_id: int) -> None:
        if order_id == 10:
            site.service.behaviour.login_status = 401
            site.service.expire_tokens()

    site.service.behaviour.before = expire
    result = site.run("pause", "-u", "*", "-y", "-q")
    assert result.exit_code == 1
    assert "refuses the login of admin@example.org for project prod" in result.stderr
    assert "of 30 orders done, the others unchanged" in result.stderr
    paused = [order for order, status in site.statuses().items() if status == "PAUSED"]
    assert sorted(site.service.acted("pause")) == sorted(paused)
    assert sorted(each[0] for each in site.history()) == sorted(paused)
    assert site.service.logins == 2  # a second try with four threads might lock the account


def test_the_login_itself_is_tried_again_when_it_is_cut(site: Site) -> None:
    cuts = iter([Fault.CUT_BEFORE, Fault.CUT_BEFORE])
    site.service.behaviour.fault = lambda action, _order: (
        next(cuts, None) if action == "login" else None
    )
    assert site.run("pause", 1).exit_code == 0
    assert site.service.logins == 3
    site.service.behaviour.login_status = 500
    result = site.run("pause", 2)
    assert (result.exit_code, site.status(2)) == (1, "RUNNING")
    assert "does not answer" in result.stderr


# Where the password comes from.


def test_a_wrong_password(site: Site) -> None:
    result = site.run("pause", 1, ORDERCLI_SERVICE_PASSWORD="canary-wrong")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "refuses the login of admin@example.org for project prod; check the" in result.stderr
    assert "canary" not in result.stderr
    assert site.service.logins == 1


def test_the_password_of_netrc(site: Site) -> None:
    path = Path.home() / ".netrc"
    path.write_text(f"machine localhost login {USER} password {PASSWORD}\n", encoding="utf-8")
    path.chmod(0o600)
    assert site.run("pause", 1, **NO_PASSWORD).exit_code == 0
    for content, mode, told in (
        (f"machine localhost login other password {PASSWORD}\n", 0o600, "no password for admin"),
        (f"machine localhost login {USER} password {PASSWORD}\n", 0o644, "~/.netrc can't be used"),
        (f"machine localhost {PASSWORD}\n", 0o600, "~/.netrc can't be used"),
    ):
        path.write_text(content, encoding="utf-8")
        path.chmod(mode)
        # Without a terminal that it could ask at.
        ended = subprocess.run(
            command("pause", 2),
            env=environment(env={**site.env, **NO_PASSWORD}),
            check=False,
            capture_output=True,
            text=True,
            start_new_session=True,
        )
        assert (ended.returncode, ended.stdout) == (2, ""), content
        assert told in ended.stderr
        assert ended.stderr.count("\n") == 1
        assert PASSWORD not in ended.stderr
    assert site.status(2) == "RUNNING"


def test_a_person_is_asked_and_nothing_is_echoed(site: Site) -> None:
    env = {**site.env, **NO_PASSWORD}
    with Terminal(["pause", 1], env=env) as terminal:
        terminal.expect("Password of admin@example.org at localhost:")
        terminal.send(f"{PASSWORD}\r")
        assert terminal.exit_code() == 0
        assert "1 paused (was running)" in terminal.screen()
        assert PASSWORD.encode() not in terminal.raw
    pipe = ["sh", "-c", "echo 2 | " + " ".join(command("pause", "-"))]
    with Terminal([], program=pipe, env={**env, "ORDERCLI_LANG": "fr"}) as terminal:
        terminal.expect("Mot de passe de admin@example.org")
        terminal.send(f"{PASSWORD}\r")
        assert terminal.exit_code() == 0
    assert site.status(2) == "PAUSED"
    with Terminal(["pause", 3], env=env) as terminal:
        terminal.expect("Password of")
        terminal.send("\x03")
        assert terminal.exit_code() == 130
    assert (site.status(3), site.service.logins) == ("RUNNING", 2)
    answers: tuple[tuple[str | bytes, str], ...] = (
        ("\x04", "no password for admin@example.org at localhost"),
        (b"p\xe4ss\r", "the password that was typed is not valid UTF-8"),
    )
    for typed, told in answers:
        with Terminal(["pause", 3], columns=200, env=env) as terminal:
            terminal.expect("Password of")
            terminal.send(typed)
            assert terminal.exit_code() == 2
            assert told in terminal.screen()[-1]
    spoilt = subprocess.run(
        command("pause", 3),
        env={**environment(env=env), "ORDERCLI_SERVICE_PASSWORD": os.fsdecode(b"p\xe4ss")},
        check=False,
        capture_output=True,
        text=True,
    )
    assert (spoilt.returncode, spoilt.stdout) == (2, "")
    assert "ORDERCLI_SERVICE_PASSWORD is not valid UTF-8" in spoilt.stderr
    assert (site.status(3), site.service.logins) == ("RUNNING", 2)


# The way there.


def test_a_certificate_that_nobody_vouches_for(site: Site, tmp_path: Path) -> None:
    for certificates in (None, str(tmp_path / "missing.pem")):
        result = site.run("pause", 1, SSL_CERT_FILE=certificates)
        assert (result.exit_code, result.stdout, site.status(1)) == (1, "", "RUNNING")
        assert "does not answer; check its address, its certificate" in result.stderr
        assert result.stderr.count("\n") == 1
    assert site.service.logins == 0


def test_a_service_that_freezes_is_given_up(site: Site) -> None:
    impatient = Limits(service_answer_seconds=0.3, retry_pauses_seconds=(0.01,))
    frozen = threading.Event()
    site.service.behaviour.before = lambda _action, _order: (frozen.wait(60), None)[1]
    try:
        begun = time.monotonic()
        result = site.run_within(impatient, "pause", 1)
        assert time.monotonic() - begun < 25
    finally:
        frozen.set()
    assert result.exit_code == 1
    assert "order 1 is unknown" in result.stderr


# The profile.


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ('service = "http://regards.example"\nproject = "p"', "is not the URL of a service"),
        ('service = "regards.example"\nproject = "p"', "write https://HOST"),
        ('service = ""\nproject = "p"', "write https://HOST"),
        ('service = "https://u:canary@regards.example"\nproject = "p"', "write https://HOST"),
        ('service = "https://regards.example:x"\nproject = "p"', "write https://HOST"),
        ('service = "https://a..b"\nproject = "p"', "write https://HOST"),
        ('service = "https://regards.example"', "names a service, and no project"),
        ('servcie = "https://regards.example"', "did you mean 'service'?"),
        ('service = "https://regards.example"\nproject = "p"\nclient_secret = "canary"',
         "others can read"),
    ],
)  # fmt: skip
def test_a_profile_that_is_wrong(site: Site, tmp_path: Path, lines: str, told: str) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(f"[profiles.prod]\ndatabase = '{site.database.location}'\n{lines}\n")
    path.chmod(0o644)
    result = site.run("pause", 1, "--profile", "prod", ORDERCLI_CONFIG=str(path))
    assert (result.exit_code, result.stdout) == (2, "")
    assert told in result.stderr
    assert "canary" not in result.stderr
    assert result.stderr.count("\n") == 1


def test_what_a_profile_holds(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "right.toml"
    path.write_text(
        "[profiles.prod]\ndatabase = 'x'\nservice = 'http://localhost:8080/'\nproject = 'p'\n"
        "user = 'u'\nclient_id = 'c'\nclient_secret = 's'\n"
    )
    path.chmod(0o640)
    monkeypatch.setenv("ORDERCLI_CONFIG", str(path))
    wanted = Service("http://localhost:8080", "p", "u", "c", "s")
    assert load_settings(None, "prod").service == wanted
    monkeypatch.setenv("ORDERCLI_CLIENT_SECRET", "t")
    found = load_settings(None, "prod").service
    assert found is not None
    assert (found.client_secret, "'t'" in repr(found)) == ("t", False)
    assert load_settings("other", None).service is None
    # A database that was named otherwise has no service.
    refused = run("pause", 1, database=site.database)
    assert refused.exit_code == 1
    assert "name the service in a profile, or --direct" in refused.stderr


# Secrets.


def test_no_secret_is_ever_shown(site: Site, tmp_path: Path) -> None:
    fault: list[Fault | None] = [None]
    site.service.behaviour.fault = lambda _action, _order: fault[0]
    seen: list[bytes] = []

    def gather(*words: object, **env: str | None) -> None:
        process = subprocess.Popen(
            command(*words, "--debug"),
            env=environment(env={**site.env, "ORDERCLI_DEBUG": "1", **env}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        lines = Path(f"/proc/{process.pid}/cmdline")
        while process.poll() is None and len(seen) < 10_000:
            seen.append(lines.read_bytes())
            time.sleep(0.02)
        seen.extend(process.communicate(timeout=60))

    gather("pause", 1, "-m", "why", "-f", "json")
    gather("cancel", 1, "--yes")
    gather("db", "check")
    gather("history", "-f", "json")
    gather("db", "check", ORDERCLI_SERVICE_PASSWORD="canary-wrong")
    gather("pause", 2, ORDERCLI_TOKEN=READY)
    gather("pause", 2, ORDERCLI_TOKEN=f"{READY} {READY}")
    gather("pause", 2, ORDERCLI_CLIENT_SECRET="canary-other")
    gather("pause", 2, SSL_CERT_FILE=None)
    gather("pause", 2, HTTPS_PROXY="http://u:canary-proxy@127.0.0.1:9")
    fault[0] = Fault.CUT_AFTER
    gather("pause", 3)
    gather("restart", 3, "--label", "x")
    site.service.behaviour.refusal = "USER_NOT_ALLOWED_TO_MANAGE_ORDER"
    fault[0] = None
    gather("pause", 4)
    site.service.stop_listening()
    gather("pause", 5)
    everything = b"\n".join(seen)
    assert b"1 cancelled (was pause)" in everything
    assert b"ordercli/service/" in everything  # --debug tells places
    assert b"canary" not in everything
    for secret in SECRETS:
        assert secret.encode() not in everything
    assert "canary" not in repr(site.history())


def test_a_server_s_words_never_reach_a_terminal_raw(site: Site) -> None:
    site.service.behaviour.refusal = "A_B"
    assert "the service says A_B" in site.run("pause", 1).stderr
    for raw in ("A_B\x1b[2J", "É_B", "a_b"):  # no message of state: then it is the login
        site.service.behaviour.refusal = raw
        result = site.run("pause", 1)
        assert result.exit_code == 1
        assert "refuses the token that it gave" in result.stderr
        assert raw not in result.stderr
    site.service.violations.clear()  # such messages are against the API


def test_a_server_that_is_no_service(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for status in (204, 302):
        site.service.behaviour.login_status = status
        result = site.run("pause", 1)
        assert (result.exit_code, site.status(1)) == (1, "RUNNING")
        assert f"answers {status}, as no service of REGARDS does" in result.stderr
    site.service.violations.clear()  # as above
