"""A QR code as one SVG path: the squares it paints are those of the encoder."""

from __future__ import annotations

import re

import segno

from portal.base import qr

LINK = "https://example.org/rewards/desk/123456"


def painted(path: str) -> set[tuple[int, int]]:
    """The squares that a path of horizontal stretches covers."""
    runs = re.findall(r"M(\d+) (\d+)h(\d+)v1h-(\d+)z", path)
    assert "".join(f"M{x} {y}h{there}v1h-{back}z" for x, y, there, back in runs) == path
    return {(int(x) + step, int(y)) for x, y, there, _back in runs for step in range(int(there))}


def test_it_paints_the_encoders_squares_inside_a_quiet_zone() -> None:
    code = qr.drawn(LINK)
    matrix = segno.make(LINK, error="m", micro=False).matrix
    dark = {
        (x + qr.QUIET, y + qr.QUIET)
        for y, row in enumerate(matrix)
        for x, square in enumerate(row)
        if square
    }
    assert painted(code.path) == dark
    assert code.size == len(matrix) + 2 * qr.QUIET
