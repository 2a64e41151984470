"""The pictures of README and docs, taken of the real program; ``make pictures`` writes them."""

from __future__ import annotations

import html
import re
import tempfile
from io import StringIO
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from tools.readme import Shell, shell
from tools.top_pictures import top_pictures

PICTURES = Path(__file__).parent.parent / "docs" / "pictures"
COMMANDS = {
    "list.svg": "ordercli list --limit 14",
    "stats.svg": "ordercli stats --plot --by week --since 2026-01-26",
    "question.svg": "ordercli cancel --user 'a*' --status failed",
}
_QUESTION = "[y/N]"
_WIDTH = 124

# Rich's own picture, but with the reader's font in the place of one that is fetched; first the font
# of Linux, since some programs that make a PNG of it try only the first.
_FORMAT = (
    re.sub(r"@font-face {{.*?}}\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    .replace("Fira Code, monospace", "DejaVu Sans Mono, Menlo, Consolas, monospace")
    .replace("<svg ", '<svg xml:space="preserve" ')
    .replace("<!-- Generated with Rich https://www.textualize.io -->", "")
)

_TEXT = re.compile(r'<text( [^>]*) x="(.*?)"( [^>]*) textLength="(.*?)"( [^>]*)>([^<]*)</text>')


def pictures(folder: Path) -> dict[str, str]:
    """The text of every picture by its name; the program runs in ``folder``."""
    colours = {"NO_COLOR": "", "COLORTERM": "truecolor"}
    in_terminal = shell(folder, {**colours, "COLUMNS": str(_WIDTH)})
    of_commands = {
        name: drawn(command, _written(in_terminal, name, command).replace(str(folder), "~"))
        for name, command in COMMANDS.items()
    }
    drawings = of_commands | top_pictures(folder, folder / "bin" / "ordercli", _FORMAT)
    return {name: _TEXT.sub(_word_by_word, text) for name, text in drawings.items()}


def _word_by_word(match: re.Match[str]) -> str:
    """A text of a picture with each word in its own place.

    A font that lacks a sign takes it from another one, as wide as that has it: columns stay below
    each other all the same.
    """
    style, start, line, length, clip, escaped = match.groups()
    text = html.unescape(escaped)
    width = float(length) / max(cell_len(text), 1)
    return "".join(
        f'<text{style} x="{float(start) + cell_len(text[: word.start()]) * width:.6g}"{line}'
        f' textLength="{cell_len(word[0]) * width:.6g}"{clip}>{html.escape(word[0])}</text>'
        for word in re.finditer(r"[^\s\xa0]+", text)
    )


def _written(in_terminal: Shell, name: str, command: str) -> str:
    """What a command writes to a terminal; a question is answered with yes."""
    question = _QUESTION if name == "question.svg" else ""
    return in_terminal(command, question).raw.decode().replace("\r\n", "\n")


def drawn(command: str, output: str) -> str:
    """A window in which the command has written its output, as SVG."""
    window = Console(
        record=True, width=_WIDTH, file=StringIO(), force_terminal=True, color_system="truecolor",
        legacy_windows=False,
    )  # fmt: skip
    window.print(Text(f"$ {command}", style="bold"))
    window.print(Text.from_ansi(output), soft_wrap=True)
    return window.export_svg(title="ordercli", code_format=_FORMAT, unique_id="ordercli")


def main() -> None:
    """Write the pictures anew."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for name, text in pictures(Path(folder)).items():
            (PICTURES / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
