"""French: the catalogue is whole, people read French, and programs never notice."""

from __future__ import annotations

import re
import string
from gettext import GNUTranslations
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest

from harness.fill import add_order
from harness.program import run, run_process
from harness.terminal import Terminal
from ordercli.base.language import CATALOGUE, in_french, is_french
from ordercli.domain.status import STATUSES, named
from tools import catalogue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ordercli.store.database import Database

FRENCH = {"ORDERCLI_LANG": "fr"}
NO_BREAK_SPACE = "\u00a0"


@pytest.fixture
def filled(sqlite_database: Database) -> Database:
    """A database with an order that runs and one that is done."""
    with sqlite_database.writing() as connection:
        add_order(connection, 1, status="RUNNING", percent_complete=40)
        add_order(connection, 2, status="DONE", percent_complete=100)
    return sqlite_database


def french(*arguments: object, database: Database, **env: str) -> str:
    """What the program writes to stdout and stderr for a reader of French."""
    ended = run_process(*arguments, database=database, env=env or FRENCH)
    return (ended.stdout + ended.stderr).decode().replace(NO_BREAK_SPACE, " ")


def translations() -> Iterator[Any]:
    return (message for message in catalogue.read() if message.id)


def entries(compiled: bytes) -> dict[Any, str]:
    """The messages of a compiled catalogue; not its head, which names the version of Babel."""
    found: dict[Any, str] = dict(vars(GNUTranslations(BytesIO(compiled)))["_catalog"])
    del found[""]
    return found


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_the_catalogue_has_exactly_the_messages_of_the_source() -> None:
    found = catalogue.read()
    assert catalogue.po(catalogue.renewed(found)) == catalogue.PO.read_bytes(), "make catalogue"
    assert not catalogue.read().obsolete


def test_every_message_is_translated() -> None:
    for message in translations():
        assert all(catalogue.texts(message.string)), message.id
        assert not message.fuzzy, message.id


def test_the_compiled_catalogue_is_that_of_the_source() -> None:
    made = entries(catalogue.mo(catalogue.read()))
    assert made == entries(CATALOGUE.read_bytes()), "make catalogue"


def test_translations_have_the_placeholders_of_their_messages() -> None:
    for message in translations():
        wanted = placeholders("".join(catalogue.texts(message.id)))
        for text in catalogue.texts(message.string):
            assert placeholders(text) == wanted, message.id


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"ORDERCLI_LANG": "fr"}, True),
        ({"ORDERCLI_LANG": "en", "LC_ALL": "fr_FR.UTF-8"}, False),
        ({"ORDERCLI_LANG": "de", "LC_ALL": "fr_FR.UTF-8"}, False),
        ({"ORDERCLI_LANG": "", "LC_ALL": "fr_FR.UTF-8"}, True),
        ({"LC_ALL": "fr_CA"}, True),
        ({"LC_ALL": "C.UTF-8", "LANG": "fr_FR.UTF-8"}, False),
        ({"LC_MESSAGES": "fr_FR.UTF-8", "LANG": "en_US.UTF-8"}, True),
        ({"LANG": "fr_FR.UTF-8"}, True),
        ({"LANG": "fi_FI.UTF-8"}, False),
        ({}, False),
    ],
)
def test_the_environment_chooses_the_language(
    variables: dict[str, str], expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LC_ALL")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert is_french() is expected


def test_tables_are_in_french(filled: Database) -> None:
    table = french("list", "-f", "table", database=filled)
    assert "Nombre d'erreurs  Statut" in table
    assert "40 %" in table
    assert "en cours" in table
    assert "| terminée" in french("list", "-f", "github", database=filled)


def test_one_order_is_in_french(filled: Database) -> None:
    shown = french("show", "1", database=filled)
    assert "Statut              ► en cours" in shown
    assert "Statut enregistré   RUNNING" in shown
    assert "Aucun changement inscrit" in shown


@pytest.mark.parametrize("variable", ["ORDERCLI_LANG", "LANG"])
def test_help_is_in_french(variable: str, filled: Database) -> None:
    env = {"LC_ALL": "", variable: "fr_FR.UTF-8"}
    shown = french("list", "--help", database=filled, **env)
    assert shown.startswith("Usage : ordercli list [OPTIONS] [@NAME]...\n\n  Lister les commandes")
    assert "Afficher :\n" in shown
    assert "[défaut : -creation]" in " ".join(shown.split())
    assert "Afficher cette aide et quitter." in shown
    assert "Regarder : list Lister" in " ".join(french("-h", database=filled, **env).split())


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (
            ["show", "9"],
            "aucune commande 9 ; « ordercli list --all » montre les commandes qu'il y a",
        ),
        (["list", "--limit", "x"], "valeur refusée pour '--limit' : ce n'est pas un nombre entier"),
        (
            ["list", "--sort", "Taille"],
            "aucune clé de tri « Taille » ; vouliez-vous dire « total_size »",
        ),
        (["list", "-k"], "aucune option -k ; voyez « ordercli list --help »"),
        (["lst"], "aucune action « lst » ; vouliez-vous dire « list » ? au choix : list, show"),
        (["list", "-s", "finie"], "aucun statut « finie » ; "),
        (["restart", "1"], "il manque l'option '--label'"),
        (["pause", "2"], "la commande 2 est « terminée », elle ne peut pas être mise en pause"),
        (["pause", "{id}"], "« {id} » n'est pas l'identifiant d'une commande"),
        (["list", "-u", "nobody"], "aucune commande ne correspond"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_errors_are_in_french(arguments: list[str], expected: str, filled: Database) -> None:
    assert f"ordercli: {expected}" in french(*arguments, database=filled)


def test_the_check_of_the_database_is_in_french(filled: Database) -> None:
    told = french("db", "check", database=filled)
    assert "t_order : complète\n" in told
    assert "pause, resume, cancel : possible, avec trace dans l'historique\n" in told


def test_a_question_is_asked_and_answered_in_french(filled: Database) -> None:
    with Terminal(["cancel", "1"], database=filled, env=FRENCH) as terminal:
        terminal.expect(f"Annuler 1 commande{NO_BREAK_SPACE}? [o/N]")
        terminal.send("oui\r")
        terminal.expect("1 annulée (auparavant en cours)")
        assert terminal.exit_code() == 0


def test_the_count_below_a_list_is_in_french(sqlite_database: Database) -> None:
    run("db", "init", "--sample", "1234", database=sqlite_database)
    with Terminal(
        ["list", "--limit", "2"], columns=150, database=sqlite_database, env=FRENCH
    ) as terminal:
        terminal.expect(f"2 sur 1{NO_BREAK_SPACE}234 commandes")


@pytest.mark.parametrize(
    "arguments",
    [
        *(["list", "-f", style] for style in ("json", "jsonl", "csv", "tsv")),
        ["list", "-q"],
        ["list"],
        ["summary"],
        ["summary", "--layout", "regards"],
        ["show", "1", "-f", "json"],
        ["pause", "1", "2", "9", "-n", "-f", "json"],
        ["wait", "2", "--for", "done"],
        ["history", "-f", "json"],
    ],
    ids=" ".join,
)
def test_what_programs_read_is_the_same_in_both_languages(
    arguments: list[str], filled: Database
) -> None:
    english = run_process(*arguments, database=filled)
    translated = run_process(*arguments, database=filled, env=FRENCH)
    assert without_ages(translated.stdout) == without_ages(english.stdout)
    assert translated.exit_code == english.exit_code


def without_ages(output: bytes) -> bytes:
    """The output without how long an order has had its status, which grows between two runs."""
    return re.sub(rb'"in_status": \d+', b'"in_status": 0', output)


def test_the_history_keeps_the_same_statuses(filled: Database) -> None:
    french("pause", "1", database=filled)
    events = run("history", "-f", "csv", database=filled).stdout.splitlines()
    assert ",1,pause,running,pause," in events[1]


def test_statuses_are_accepted_in_both_languages(filled: Database) -> None:
    for env in ({"ORDERCLI_LANG": "en"}, FRENCH):
        for words in ("done", "terminée", "TERMINEE", "terminée,en attente", "en-attente,done"):
            assert run("list", "-q", "-s", words, database=filled, env=env).stdout == "2\n", words
        assert run("list", "-q", "-s", "!Terminée", database=filled, env=env).stdout == "1\n"


def test_each_status_has_a_french_name_of_its_own() -> None:
    names = {in_french(status.name): status for status in STATUSES}
    assert len(names) == len(STATUSES)
    for name, status in names.items():
        assert named(name) is status


def test_english_reads_no_catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "ordercli.base.language.in_french", lambda _message: pytest.fail("it was read")
    )
    assert "List orders" in run("--help").stdout


def test_what_french_sets_apart_stays_on_its_line() -> None:
    texts = [text for each in catalogue.read() for text in catalogue.texts(each.string)]
    assert not [text for text in texts if re.search(r"\w [:;!](\s|$)|« | »", text)]
