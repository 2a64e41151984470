"""The pictures of README and docs show what the program prints, and need nothing but themselves."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tools.pictures import COMMANDS, PICTURES, pictures
from tools.readme import README
from tools.top_pictures import TOP_PICTURES

if TYPE_CHECKING:
    from pathlib import Path


def test_every_picture_is_what_the_program_shows_now(tmp_path: Path) -> None:
    kept = {each.name: each.read_text(encoding="utf-8") for each in PICTURES.iterdir()}
    assert pictures(tmp_path) == kept, "run 'make pictures' and look at them"


def test_every_picture_is_in_readme_and_docs_and_fetches_nothing() -> None:
    readme = README.read_text(encoding="utf-8")
    docs = (PICTURES.parent / "index.md").read_text(encoding="utf-8")
    full_screen = (PICTURES.parent / "top.md").read_text(encoding="utf-8")
    for name in (*COMMANDS, "top.svg"):
        assert f"(docs/pictures/{name})" in readme
        assert f"(pictures/{name})" in docs
    for name in TOP_PICTURES:
        assert f"(pictures/{name})" in full_screen
    for name in (*COMMANDS, *TOP_PICTURES):
        picture = (PICTURES / name).read_text(encoding="utf-8")
        assert set(re.findall(r"\w+://[^\s\"')]+", picture)) == {"http://www.w3.org/2000/svg"}
