"""What a parser answers instead of a value: a doubt, in words. And plain texts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from portal.base.forms import CONTROL, clean
from portal.base.sheets.export import FORMULA_STARTS
from portal.base.sheets.tables import Cell, Kind

WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a cell has no certain value.

    reason_code: stable, for programs. text: for the person, without the address. fatal: the row
    cannot be used; else `offer` is what it would be if the person says so.
    """

    reason_code: str
    text: str
    fatal: bool = True
    offer: Any = None


def narrow(cell: Cell) -> str:
    """The text, with full-width digits and signs as plain ones."""
    return clean(cell.text).translate(WIDE).strip()


def unreadable(cell: Cell) -> Doubt | None:
    if cell.kind is Kind.EMPTY or not clean(cell.text):
        return Doubt("empty", _("这一格是空的。"))
    if cell.kind is Kind.ERROR or re.fullmatch(r"#[A-Z0-9/_]+[!?]?", cell.text):
        return Doubt("error_value", _("这一格是公式的错误值 %(value)s。", value=cell.text))
    return None


def as_text(cell: Cell, most: int = 200) -> str | Doubt:
    """One line of at most `most` characters, empty when the cell is.

    The apostrophe that our own export sets before a formula start is taken off again.
    """
    if cell.kind is Kind.ERROR:
        return unreadable(cell) or ""
    text = re.sub(r"[ \t\r\n]+", " ", clean(cell.text))
    if CONTROL.search(text):
        return Doubt("control", _("里面有看不见的控制字符。"))
    if text.startswith("'") and text[1:].startswith(FORMULA_STARTS):
        text = text[1:]
    if len(text) > most:
        return Doubt("too_long", _("太长了：最多 %(most)s 个字。", most=most))
    return text
