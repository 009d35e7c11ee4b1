"""A link as a picture that a telephone reads: a QR code as one SVG path."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

import segno

QUIET = 4
"""Empty squares around the code, as the standard asks for."""


@dataclass(frozen=True, slots=True)
class Code:
    """`size` squares a side, the quiet zone included; `path`: the dark ones, as SVG path data."""

    size: int
    path: str


def drawn(text: str) -> Code:
    """The QR code of a text."""
    code = segno.make(text, error="m", micro=False)
    rows = [[bool(square) for square in row] for row in code.matrix_iter(border=QUIET)]
    return Code(len(rows), "".join(_runs(number, row) for number, row in enumerate(rows)))


def _runs(y: int, row: list[bool]) -> str:
    """The dark stretches of a row, each as one rectangle."""
    path, x = "", 0
    for is_dark, squares in groupby(row):
        length = len(list(squares))
        path += f"M{x} {y}h{length}v1h-{length}z" if is_dark else ""
        x += length
    return path
