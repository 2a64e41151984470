"""What a status looks like: readable on any ground, and told apart without colours.

A contrast is counted as WCAG 2 does: of the relative luminances of sRGB, (lighter + 0.05) to
(darker + 0.05). It asks 4.5 of text, 3 of signs and bars. 4.5 on black and on white at once leaves
luminances from 0.175 to 0.183, which is at best 4.58 on both. The ground of Nord is lighter than
those of other dark themes: 4.5 on white leaves at best 2.78 on it, so none of these reaches 3.
"""

from __future__ import annotations

from rich.cells import cell_len
from rich.color import Color, ColorSystem
from rich.style import Style

from ordercli.domain.status import STATUSES
from ordercli.output.cells import ALARM, DIM, bar_cell, progress_cell, status_cell
from ordercli.output.console import Console

_CONSOLE = Console(None, None, None, terminal=True, width=80, colour=True, unicode=True)
_BLACK, _WHITE = Color.parse("#000000"), Color.parse("#ffffff")
_GROUNDS = {
    "Solarized dark": "#002b36", "Solarized light": "#fdf6e3", "Dracula": "#282a36",
    "Gruvbox dark": "#282828", "Gruvbox light": "#fbf1c7", "One Dark": "#282c34",
    "Monokai": "#272822", "Ubuntu": "#300a24", "VS Code": "#1e1e1e", "Tokyo Night": "#1a1b26",
}  # fmt: skip
_NORD = Color.parse("#2e3440")


def luminance(colour: Color) -> float:
    def linear(part: int) -> float:
        share = part / 255
        return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4

    red, green, blue = map(linear, colour.get_truecolor())
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Color, other: Color) -> float:
    darker, lighter = sorted(map(luminance, (one, other)))
    return (lighter + 0.05) / (darker + 0.05)


def colours_of_signs_and_bars() -> set[Color]:
    """Every colour that a table draws signs, bars and lines in."""
    cells = [bar_cell(500, 8, _CONSOLE)]
    for status in STATUSES:
        cells.append(status_cell(status.name, _CONSOLE))
        cells.append(progress_cell(50, {"status": status.name}, _CONSOLE))
    styles = [Style.parse(str(span.style)) for cell in cells for span in cell.spans]
    found = {style.color for style in [*styles, Style.parse(DIM)] if style.color}
    return {colour for colour in found if not colour.is_default}


def test_signs_and_bars_are_as_clear_on_black_as_on_white_and_seen_on_usual_grounds() -> None:
    found = colours_of_signs_and_bars()
    assert len(found) >= 7
    for colour in found:
        assert min(contrast(colour, _BLACK), contrast(colour, _WHITE)) >= 4.5, colour.name
        for name, ground in _GROUNDS.items():
            assert contrast(colour, Color.parse(ground)) >= 3, f"{colour.name} on {name}"
        assert contrast(colour, _NORD) >= 2.65, colour.name
        nearest = colour.downgrade(ColorSystem.EIGHT_BIT)
        assert min(contrast(nearest, _BLACK), contrast(nearest, _WHITE)) >= 3.8, colour.name


def test_words_are_in_the_readers_own_colour_or_bring_their_ground() -> None:
    for status in STATUSES:
        cell = status_cell(status.name, _CONSOLE)
        coloured = [span for span in cell.spans if Style.parse(str(span.style)).color]
        assert all(span.end <= 1 for span in coloured), status.name
    alarm = Style.parse(ALARM)
    assert alarm.color is not None
    assert alarm.bgcolor is not None
    assert contrast(alarm.color, alarm.bgcolor) >= 7


def test_every_status_has_a_sign_of_its_own_one_cell_wide() -> None:
    looks = [status.look for status in STATUSES]
    for signs in ([look.sign for look in looks], [look.plain_sign for look in looks]):
        assert len(set(signs)) == len(STATUSES)
        assert {cell_len(sign) for sign in signs} == {1}
    assert all(look.plain_sign.isascii() for look in looks)
