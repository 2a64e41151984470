"""The docs hang together: no link leads nowhere, and the site is made without a warning."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tools.readme import PAGES, PROJECT, page_name

LINKING = [*PAGES, *(PROJECT / name for name in ("CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md",
                                                 "benchmarks/README.md"))]  # fmt: skip
FILES_OF_USERS = {"config.toml"}
_CODE = re.compile(r"^```.*?^```$|`[^`\n]+`", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


@pytest.mark.parametrize("page", LINKING, ids=page_name)
def test_every_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    for link in links(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.is_file(), link
        assert target.is_relative_to(PROJECT), link
        if anchor:
            assert anchor in anchors(target), link


def test_the_site_has_every_page_and_links_to_nothing_outside_of_it() -> None:
    site = tomllib.loads((PROJECT / "zensical.toml").read_text(encoding="utf-8"))["project"]
    in_menu = sorted(name for entry in site["nav"] for name in entry.values())
    docs = PROJECT / site["docs_dir"]
    assert in_menu == sorted(page.name for page in docs.glob("*.md"))
    for page in docs.glob("*.md"):
        for link in links(page):
            assert not link.startswith(".."), (page.name, link)


def test_the_readme_and_the_first_page_of_the_site_name_every_page() -> None:
    pages = {page.name for page in PAGES if page.parent.name == "docs"} - {"index.md"}
    assert {Path(link).name for link in links(PROJECT / "README.md")} >= pages
    assert set(links(PROJECT / "docs" / "index.md")) >= pages


def test_a_site_is_made_of_them_without_a_warning(tmp_path: Path) -> None:
    text = (PROJECT / "zensical.toml").read_text(encoding="utf-8").replace(".venv/site", "site")
    (tmp_path / "zensical.toml").write_text(text, encoding="utf-8")
    shutil.copytree(PROJECT / "docs", tmp_path / "docs")
    built = build(tmp_path)
    assert built.returncode == 0, built.stdout + built.stderr
    assert len(list((tmp_path / "site").glob("*.html"))) == len(PAGES)
    reference = (tmp_path / "site" / "reference.html").read_text(encoding="utf-8")
    assert 'id="ordercli-list"' in reference
    live = (tmp_path / "site" / "live-service.html").read_text(encoding="utf-8")
    assert "```" not in live


def test_a_link_that_leads_nowhere_is_found_when_the_site_is_made(tmp_path: Path) -> None:
    (tmp_path / "zensical.toml").write_text('[project]\nsite_name = "x"\n', encoding="utf-8")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "index.md").write_text("# X\n\n[y](y.md)\n", encoding="utf-8")
    assert build(tmp_path).returncode != 0


def links(page: Path) -> list[str]:
    """The links of a page to other files and to headings."""
    text = _CODE.sub("", page.read_text(encoding="utf-8"))
    return [link for link in _LINK.findall(text) if "://" not in link]


def anchors(page: Path) -> set[str]:
    """What the headings of a page are called in a link, on GitHub and in the site alike."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.M)
    slugs = [re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-")
             for each in _HEADING.findall(text)]  # fmt: skip
    return {slug for slug in slugs if slugs.count(slug) == 1 and "--" not in slug}


def build(folder: Path) -> subprocess.CompletedProcess[str]:
    """The generator's run in a folder."""
    words = [str(Path(sys.executable).parent / "zensical"), "build", "--strict"]
    return subprocess.run(words, cwd=folder, check=False, capture_output=True, text=True)


def test_every_file_that_the_docs_name_exists() -> None:
    package = PROJECT / "src" / "ordercli"
    tests = {each.name for each in (PROJECT / "tests").rglob("test_*.py")}
    for page in LINKING:
        named = re.findall(r"`([\w./]+\.(?:py|toml|md|yaml))`", page.read_text(encoding="utf-8"))
        places = (PROJECT, package, page.parent)
        missing = [each for each in named if not any((place / each).is_file() for place in places)]
        assert set(missing) <= tests | FILES_OF_USERS, page_name(page)


def test_the_architecture_names_every_package_and_no_other() -> None:
    text = (PROJECT / "docs" / "architecture.md").read_text(encoding="utf-8")
    floors = text.partition("## The floors")[2].partition("\n## ")[0]
    packages = {each.parent.name for each in (PROJECT / "src" / "ordercli").glob("*/__init__.py")}
    assert set(re.findall(r"^\| `(\w+)` \|", floors, re.MULTILINE)) == packages
