"""Small drawn pictures for the made-up shop: flat shapes on a warm ground."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

SIDE, HEIGHT, FINE = 320, 240, 3
"""Drawn three times as large and made smaller again, so that edges are smooth."""
Shape = tuple[str, Sequence[float], str]
"""What it is (box, oval, line, form), its numbers, its colour. box: x0 y0 x1 y1 radius;
oval: x0 y0 x1 y1; line: x0 y0 x1 y1 width; form: x and y of each corner."""

INK, WHITE = "#4a3f35", "#ffffff"
GROUNDS = {"sun": "#fff3da", "leaf": "#e4f3ec", "sky": "#e6f0fa", "rose": "#fbe7ea",
           "plum": "#f0e9f7"}  # fmt: skip

DRAWINGS: dict[str, tuple[str, tuple[Shape, ...]]] = {
    "lozenges": ("leaf", (
        ("oval", (80, 60, 240, 190), "#29704f"),
        ("oval", (90, 56, 230, 172), "#6cc39a"),
        ("oval", (118, 78, 202, 150), WHITE),
        ("form", (160, 90, 178, 114, 160, 138, 142, 114), "#29704f"),
    )),
    "breakfast": ("sun", (
        ("oval", (70, 120, 250, 200), "#c97d05"),
        ("oval", (70, 112, 250, 190), "#f5a524"),
        ("oval", (104, 84, 216, 168), WHITE),
        ("line", (160, 86, 160, 112, 4), "#e7dfd2"),
        ("line", (140, 92, 150, 114, 4), "#e7dfd2"),
        ("line", (180, 92, 170, 114, 4), "#e7dfd2"),
    )),
    "mask": ("plum", (
        ("line", (30, 110, 290, 110, 10), "#6d4b94"),
        ("box", (60, 80, 260, 165, 42), "#6d4b94"),
        ("oval", (140, 128, 180, 180), "#f0e9f7"),
        ("line", (88, 120, 128, 126, 5), "#c3a4e6"),
        ("line", (192, 126, 232, 120, 5), "#c3a4e6"),
    )),
    "notebook": ("sky", (
        ("box", (105, 45, 225, 195, 10), "#2b6cb0"),
        ("box", (115, 45, 225, 195, 8), "#86b8ea"),
        ("box", (135, 75, 205, 110, 4), WHITE),
        ("line", (130, 45, 130, 195, 4), "#2b6cb0"),
        ("form", (195, 195, 211, 195, 211, 218, 203, 210, 195, 218), "#b4354a"),
    )),
    "bag": ("sun", (
        ("oval", (125, 40, 195, 130), "#8a5200"),
        ("oval", (133, 48, 187, 122), "#fff3da"),
        ("form", (85, 90, 235, 90, 250, 205, 70, 205), "#f3e3c3"),
        ("oval", (135, 120, 185, 170), "#f5a524"),
    )),
    "plant": ("leaf", (
        ("oval", (105, 40, 165, 140), "#29704f"),
        ("oval", (155, 30, 215, 140), "#6cc39a"),
        ("oval", (130, 60, 190, 150), "#3f9169"),
        ("form", (115, 135, 205, 135, 192, 205, 128, 205), "#c9734f"),
        ("box", (108, 128, 212, 146, 4), "#b4603d"),
    )),
    "warmer": ("rose", (
        ("box", (95, 60, 225, 190, 56), "#f08ea0"),
        ("box", (108, 70, 212, 176, 46), "#fbe7ea"),
        ("oval", (130, 95, 164, 129), "#b4354a"),
        ("oval", (156, 95, 190, 129), "#b4354a"),
        ("form", (132, 120, 188, 120, 160, 156), "#b4354a"),
    )),
    "umbrella": ("sky", (
        ("line", (160, 50, 160, 190, 6), INK),
        ("oval", (150, 176, 186, 208), INK),
        ("oval", (158, 170, 178, 200), "#e6f0fa"),
        ("oval", (60, 50, 260, 210), "#2b6cb0"),
        ("form", (50, 130, 270, 130, 270, 240, 50, 240), "#e6f0fa"),
        ("line", (160, 110, 160, 192, 6), INK),
        ("line", (160, 192, 182, 192, 6), INK),
    )),
    "flask": ("sun", (
        ("box", (130, 32, 190, 76, 12), "#8a5200"),
        ("box", (118, 62, 202, 208, 20), "#f5a524"),
        ("box", (130, 76, 146, 194, 8), "#ffd48a"),
        ("box", (118, 150, 202, 164, 0), "#8a5200"),
    )),
    "pillow": ("plum", (
        ("oval", (75, 45, 245, 205), "#c3a4e6"),
        ("oval", (118, 85, 202, 175), "#f0e9f7"),
        ("form", (130, 150, 190, 150, 206, 215, 114, 215), "#f0e9f7"),
    )),
    "tickets": ("rose", (
        ("form", (80, 70, 230, 50, 242, 130, 92, 150), "#f08ea0"),
        ("box", (85, 105, 240, 180, 8), "#b4354a"),
        ("oval", (76, 132, 96, 152), "#fbe7ea"),
        ("oval", (230, 132, 250, 152), "#fbe7ea"),
        ("form", (152, 122, 152, 164, 186, 143), WHITE),
    )),
    "earphones": ("leaf", (
        ("box", (100, 110, 220, 200, 34), WHITE),
        ("line", (100, 148, 220, 148, 3), "#cfe3d9"),
        ("oval", (110, 50, 150, 90), "#29704f"),
        ("box", (122, 70, 138, 118, 8), "#29704f"),
        ("oval", (170, 50, 210, 90), "#29704f"),
        ("box", (182, 70, 198, 118, 8), "#29704f"),
    )),
}  # fmt: skip


def drawn(name: str) -> bytes:
    """The picture of this name, as a PNG."""
    from PIL import Image, ImageDraw

    ground, shapes = DRAWINGS[name]
    picture = Image.new("RGB", (SIDE * FINE, HEIGHT * FINE), GROUNDS[ground])
    pen = ImageDraw.Draw(picture)
    for kind, numbers, colour in shapes:
        _draw(pen, kind, [number * FINE for number in numbers], colour)
    made = io.BytesIO()
    picture.resize((SIDE * 3 // 2, HEIGHT * 3 // 2)).save(made, "PNG", compress_level=1)
    return made.getvalue()


def _draw(pen: Any, kind: str, numbers: list[float], colour: str) -> None:
    if kind == "box":
        pen.rounded_rectangle(numbers[:4], radius=numbers[4], fill=colour)
    elif kind == "oval":
        pen.ellipse(numbers, fill=colour)
    elif kind == "line":
        pen.line(numbers[:4], fill=colour, width=int(numbers[4]))
    else:
        pen.polygon(numbers, fill=colour)
