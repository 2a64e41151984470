"""Answers of a live service that have no end, and the way to it."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from harness.fill import add_order
from harness.program import command, environment
from harness.proxy import forwarding_proxy
from harness.service_client import client_of
from harness.service_faults import BOMB, WITHOUT_END, Odd
from harness.signals import send
from ordercli.base.errors import ServiceError
from ordercli.base.limits import Limits
from ordercli.service.answers import Verdict

if TYPE_CHECKING:
    from pathlib import Path

    from harness.site import Site

pytestmark = pytest.mark.parametrize("service_database", ["newest"], indirect=True)

IMPATIENT = Limits(service_answer_seconds=1.0)
MEGABYTES = 1 << 20
SOON = 25
"""Seconds: much more than the limits on a busy machine, and less than an answer without end."""


@pytest.fixture
def site(site: Site) -> Site:
    """The site, with thirty orders that run."""
    with site.database.writing() as connection:
        for number in range(1, 31):
            add_order(connection, number, status="RUNNING")
    return site


@pytest.mark.parametrize("odd", WITHOUT_END.values(), ids=WITHOUT_END)
def test_an_answer_without_end_is_given_up_in_time(site: Site, odd: Odd) -> None:
    site.service.behaviour.fault = lambda action, _order: odd if action != "login" else None
    with client_of(site.service, limits=IMPATIENT) as client:
        begun = time.monotonic()
        answer = client.send("pause", 1)
        assert time.monotonic() - begun < SOON
    assert answer.verdict in (Verdict.LOST, Verdict.STRANGE)
    assert answer.reason


def test_an_answer_without_end_to_a_login(site: Site) -> None:
    limits = Limits(service_answer_seconds=0.3, retry_pauses_seconds=(0.01,))
    for odd in WITHOUT_END.values():
        site.service.behaviour.login_odd = odd
        begun = time.monotonic()
        with pytest.raises(ServiceError), client_of(site.service, limits=limits):
            pass
        assert time.monotonic() - begun < SOON


def test_what_unpacks_without_end_takes_little_memory(site: Site) -> None:
    site.service.behaviour.fault = lambda _action, _order: BOMB
    script = (
        "import sys; from ordercli.cli.app import main\n"
        "sys.argv = ['ordercli', 'pause', '1']\n"
        "try:\n    main()\nexcept SystemExit: pass\n"
        "print(*[line for line in open('/proc/self/status') if line.startswith('VmHWM')])"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script],
        env=environment(env=site.env),
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert int(ended.stdout.split()[-2]) * 1024 < 100 * MEGABYTES
    # The service acted before it answered so, and the order's row says it.
    assert ended.stdout.startswith("1 paused (was running)\n")
    assert ended.stderr == ""


def test_a_service_that_freezes_is_given_up(site: Site) -> None:
    frozen = threading.Event()
    site.service.behaviour.before = lambda _action, _order: (frozen.wait(60), None)[1]
    try:
        with client_of(site.service, limits=IMPATIENT) as client:
            begun = time.monotonic()
            assert client.send("pause", 1).verdict is Verdict.LOST
            assert time.monotonic() - begun < SOON
    finally:
        frozen.set()


def test_ctrl_c_ends_a_program_that_waits_for_an_answer(site: Site) -> None:
    frozen = threading.Event()
    asked = threading.Event()

    def freeze(_action: str, _order: int) -> None:
        asked.set()
        frozen.wait(60)

    site.service.behaviour.before = freeze
    process = subprocess.Popen(
        command("pause", 1),
        env=environment(env=site.env),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert asked.wait(60)
        begun = time.monotonic()
        send(process.pid, signal.SIGINT)
        process.send_signal(signal.SIGINT)
        _stdout, stderr = process.communicate(timeout=60)
        assert time.monotonic() - begun < SOON
    finally:
        frozen.set()
        process.kill()
    assert process.returncode == 130
    assert "Traceback" not in stderr


# The way there.


def profile(site: Site, folder: Path, url: str) -> dict[str, Any]:
    """An environment whose profile names the service by this URL."""
    path = folder / "elsewhere.toml"
    before = (folder / "config.toml").read_text(encoding="utf-8")
    path.write_text(before.replace(site.service.url, url), encoding="utf-8")
    return {"ORDERCLI_CONFIG": str(path)}


def test_a_proxy_only_passes_on_tls(site: Site, tmp_path: Path) -> None:
    named = profile(site, tmp_path, f"https://regards.test:{site.service.port}")
    with forwarding_proxy() as (address, asked):
        for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
            del asked[:]
            site.service.act("resume", 1)
            through = site.run("pause", 1, **named, **{name: address})
            assert (through.exit_code, through.stderr) == (0, "")
            assert asked
            assert all(each.startswith(b"CONNECT regards.test:") for each in asked)
            assert not any(b"uthorization" in each for each in asked)
        del asked[:]
        with_login = address.replace("//", "//somebody:secret%20word@")
        assert site.run("pause", 2, **named, HTTPS_PROXY=with_login).exit_code == 0
        assert b"Proxy-Authorization: Basic " in asked[0]
        del asked[:]
        host_only = address.removeprefix("http://")
        assert site.run("pause", 3, **named, HTTPS_PROXY=host_only).exit_code == 0
        assert asked
        del asked[:]
        around = site.run("pause", 4, **named, HTTPS_PROXY=address, NO_PROXY=".test")
        assert (around.exit_code, asked, site.status(4)) == (1, [], "RUNNING")
        assert "does not answer" in around.stderr  # there is no such host
    gone = site.run("pause", 5, **named, HTTPS_PROXY="http://127.0.0.1:9")
    assert (gone.exit_code, site.status(5)) == (1, "RUNNING")
    for wrong in ("nonsense://x", "http://", "http://x:y", "socks5://x:1"):
        refused = site.run("pause", 5, **named, HTTPS_PROXY=wrong)
        assert (refused.exit_code, refused.stdout) == (1, "")
        assert "the proxy or the certificates that the environment names" in refused.stderr


def test_this_machine_is_never_reached_through_a_proxy(site: Site) -> None:
    with forwarding_proxy() as (address, asked):
        everything: dict[str, Any] = dict.fromkeys(
            ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), address
        )
        here = site.run("pause", 1, **everything)
        assert (here.exit_code, here.stderr, asked) == (0, "", [])
        for url in ("http://localhost:9", "http://127.0.0.1:9", "http://[::1]:9"):
            with (
                pytest.raises(ServiceError, match="does not answer"),
                client_of(site.service, url=url, http_proxy=address, all_proxy=address),
            ):
                pass
        assert asked == []
