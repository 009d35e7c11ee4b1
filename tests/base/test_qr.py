"""A QR code as one path; without the encoder there is none, and words do."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

from portal.base import qr


class Made:
    """What segno answers: rows of squares with a border."""

    @staticmethod
    def matrix_iter(border: int) -> Iterator[list[int]]:
        assert border == qr.QUIET
        yield from ([0, 1, 1, 0, 1], [0, 0, 0, 0, 0], [1, 0, 0, 0, 0])


def test_each_dark_stretch_is_one_rectangle(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {}
    segno: Any = ModuleType("segno")
    segno.make = lambda text, **options: asked.update(options, text=text) or Made()
    monkeypatch.setitem(sys.modules, "segno", segno)
    monkeypatch.setattr(qr, "find_spec", lambda _name: True)
    code = qr.drawn("https://example.org/rewards/desk/123456")
    assert code == qr.Code(3, "M1 0h2v1h-2zM4 0h1v1h-1zM0 2h1v1h-1z")
    assert asked == {
        "text": "https://example.org/rewards/desk/123456", "error": "m", "micro": False,
    }  # fmt: skip


def test_without_the_encoder_there_is_no_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(qr, "find_spec", lambda _name: None)
    assert qr.drawn("anything") is None
