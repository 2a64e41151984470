"""Secrets go to the service that the profile names, over TLS, and to nobody else."""

from __future__ import annotations

import base64
import socket
import threading
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.fill import add_order
from harness.proxy import forwarding_proxy
from harness.service_faults import redirect
from harness.service_server import CLIENT_ID, CLIENT_SECRET, PASSWORD, TOKEN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.site import Site

pytestmark = [
    pytest.mark.usefixtures("impatient"),
    pytest.mark.parametrize("service_database", ["newest"], indirect=True),
]

READY = "canary-ready-token"
_SECRETS = (PASSWORD, CLIENT_SECRET, TOKEN, READY)
_PAIR = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode())
COMMANDS = (["db", "check"], ["pause", 1], ["cancel", 1, "--yes"], ["retry", 2],
            ["restart", 2, "--label", "again"], ["remove", 3, "--yes"])  # fmt: skip


@pytest.fixture
def site(site: Site) -> Site:
    """The site, with orders for every command."""
    with site.database.writing() as connection:
        for number, status in enumerate(("RUNNING", "FAILED", "DELETED"), start=1):
            add_order(connection, number, status=status)
    return site


def hits(heard: list[bytes]) -> list[bytes]:
    """What was heard that holds a secret."""
    wanted = [secret.encode() for secret in _SECRETS]
    return [each for each in heard if _PAIR in each or any(one in each for one in wanted)]


@contextmanager
def listener() -> Iterator[tuple[int, list[bytes]]]:
    """A port of this machine, and all that is sent to it in clear."""
    heard: list[bytes] = []
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                client, _address = server.accept()
            except OSError:
                return
            with client, suppress(OSError):
                client.settimeout(0.05)
                heard.append(client.recv(65536))
                with suppress(TimeoutError):  # a body may come by itself
                    heard[-1] += client.recv(65536)
                client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield server.getsockname()[1], heard
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join()


def run_all(site: Site, **env: str | None) -> str:
    """Everything that goes to the service, with a password and with a token; what it printed."""
    site.service.accept_token(READY)
    printed = []
    for words in COMMANDS:
        for login in ({}, {"ORDERCLI_TOKEN": READY}):
            result = site.run(*words, "--debug", **env, **login)
            printed.append(result.stdout + result.stderr)
    return "\n".join(printed)


def elsewhere(site: Site, folder: Path, **lines: str) -> str:
    """A configuration like the site's, with other lines in the profile."""
    path = folder / "elsewhere.toml"
    before = (folder / "config.toml").read_text(encoding="utf-8").splitlines()
    kept = [line for line in before if line.partition(" ")[0] not in lines]
    added = [f'{name} = "{value}"' for name, value in lines.items()]
    path.write_text("\n".join([*kept, *added]) + "\n", encoding="utf-8")
    path.chmod(0o600)
    return str(path)


def test_no_proxy_hears_a_secret(site: Site, tmp_path: Path) -> None:
    named = elsewhere(site, tmp_path, service=f"https://regards.test:{site.service.port}")
    with forwarding_proxy() as (address, asked):
        for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "https_proxy", "http_proxy"):
            printed = run_all(site, ORDERCLI_CONFIG=named, **{name: address})
            assert "canary" not in printed
        assert asked
        assert {each.split()[0] for each in asked} == {b"CONNECT"}
        assert hits(asked) == []


def test_a_proxy_that_answers_itself_hears_no_secret(site: Site, tmp_path: Path) -> None:
    named = elsewhere(site, tmp_path, service="https://regards.test")
    with listener() as (port, heard):
        run_all(site, ORDERCLI_CONFIG=named, HTTPS_PROXY=f"http://127.0.0.1:{port}")
        assert heard
        assert hits(heard) == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_takes_a_secret_along(site: Site, status: int) -> None:
    with listener() as (port, heard):
        odd = redirect(f"http://127.0.0.1:{port}/api", status)
        site.service.behaviour.fault = lambda action, _order: odd if action != "login" else None
        printed = run_all(site)
        site.service.behaviour.login_odd = odd
        printed += run_all(site)
        assert heard == []
        assert "canary" not in printed
    assert site.statuses() == {1: "RUNNING", 2: "FAILED", 3: "DELETED"}


def test_another_host_s_profile_has_no_secret_of_this_one(site: Site, tmp_path: Path) -> None:
    netrc = Path.home() / ".netrc"
    here = f"machine localhost login admin@example.org password {PASSWORD}\n"
    there = "machine 127.0.0.1 login admin@example.org password another\n"
    path = tmp_path / "two.toml"
    common = (
        f'database = "{site.database.location}"\nproject = "prod"\nuser = "admin@example.org"\n'
    )
    env: dict[str, str | None] = {
        "ORDERCLI_CONFIG": str(path),
        "ORDERCLI_CLIENT_SECRET": None,
        "ORDERCLI_SERVICE_PASSWORD": None,
    }
    with listener() as (port, heard):
        path.write_text(
            f'[profiles.here]\nservice = "{site.service.url}"\nclient_secret = "{CLIENT_SECRET}"\n'
            f'{common}[profiles.there]\nservice = "http://127.0.0.1:{port}"\n{common}'
        )
        path.chmod(0o600)
        for entries in (here, here + there):
            netrc.write_text(entries)
            netrc.chmod(0o600)
            result = site.run("pause", 1, "--profile", "there", **env)
            assert (result.exit_code, result.stdout) == (2 if entries == here else 1, "")
            assert bool(heard) == (entries != here)
        assert b"another" in heard[0]
        assert hits(heard) == []
    assert site.service.logins == 0


def test_plain_http_hears_a_secret_on_this_machine_only(site: Site, tmp_path: Path) -> None:
    for host in ("regards.test", "127.evil.test", "localhost.evil.test", "10.0.0.1", "0.0.0.0"):
        named = elsewhere(site, tmp_path, service=f"http://{host}")
        result = site.run("pause", 1, ORDERCLI_CONFIG=named)
        assert (result.exit_code, result.stdout) == (2, "")
        assert "'service' is not the URL of a service; write https://HOST" in result.stderr


def test_a_file_that_others_may_write_sends_a_secret_nowhere(site: Site, tmp_path: Path) -> None:
    with listener() as (port, heard):
        named = elsewhere(site, tmp_path, service=f"http://127.0.0.1:{port}")
        for mode in (0o620, 0o602, 0o666):
            (tmp_path / "elsewhere.toml").chmod(mode)
            printed = run_all(site, ORDERCLI_CONFIG=named)
            assert "others can write to" in printed
            assert "canary" not in printed
        assert heard == []
    assert site.service.logins == 0
