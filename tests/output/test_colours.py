"""What a status looks like: readable on black and on white, and told apart without colours."""

from __future__ import annotations

from rich.cells import cell_len
from rich.color import Color

from ordercli.domain.status import STATUSES, UNKNOWN

_LEAST_CONTRAST = 3.8
"""Of text and ground, as WCAG counts it: 3 is asked of large text, 4.5 of small text."""


def luminance(colour: str) -> float:
    def linear(part: int) -> float:
        share = part / 255
        return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4

    red, green, blue = map(linear, Color.parse(colour).get_truecolor())
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_the_colours_can_be_read_on_black_and_on_white() -> None:
    for status in STATUSES:
        if status is not UNKNOWN:  # it has the reader's own colour
            light = luminance(status.look.colour)
            assert (light + 0.05) / 0.05 >= _LEAST_CONTRAST, status.name
            assert 1.05 / (light + 0.05) >= _LEAST_CONTRAST, status.name


def test_every_status_has_a_sign_of_its_own_one_cell_wide() -> None:
    looks = [status.look for status in STATUSES]
    for signs in ([look.sign for look in looks], [look.plain_sign for look in looks]):
        assert len(set(signs)) == len(STATUSES)
        assert {cell_len(sign) for sign in signs} == {1}
    assert all(look.plain_sign.isascii() for look in looks)
