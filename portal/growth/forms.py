"""What may be typed about growth files: sheets, honours, the purpose of a look."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import Field, SelectChoice  # type: ignore[attr-defined]  # newer than its types
from wtforms.validators import ValidationError

from portal.base.forms import (
    Cards,
    Choice,
    Day,
    Form,
    Keyed,
    Lines,
    Sheet,
    Text,
    Tick,
    clean,
)
from portal.growth.models import FIGURES, KINDS, LEVELS, HonourKind, HonourLevel
from portal.growth.rules import Award


def month_of(text: str) -> date | None:
    """The first day of a month written 2026-01 (or 202601, 2026年1月)."""
    match = re.fullmatch(r"(20[0-9]{2})(?:[-/.]?(0[1-9]|1[0-2])|年\s*([1-9]|1[0-2])\s*月)", text)
    return date(int(match[1]), int(match[2] or match[3]), 1) if match else None


def _is_month(_form: Any, field: Field) -> None:
    if field.data and month_of(field.data) is None:
        raise ValidationError(_("请写成 2026-01 的样子。"))


class SheetForm(Keyed):
    """Bring a sheet in."""

    file = Sheet(_l("绩效表"))
    month = Text(
        _l("月份"),
        most=10,
        needed=False,
        checks=[_is_month],
        description=_l("表名和标题里看不出月份时才需要填，例如 2026-01。"),
        render_kw={"placeholder": "2026-01", "autocomplete": "off"},
    )

    def values(self) -> dict[str, Any]:
        upload = self.file.data
        content = upload.stream.read()
        upload.stream.seek(0)
        return {
            "content": content,
            "name": upload.filename or "",
            "month": month_of(self.month.data or ""),
        }


class TakeOverForm(Keyed):
    """Take a judged sheet over."""

    accept = Tick(_l("下面问到的几处我都看过了，就这样读。"))


class SureForm(Keyed):
    """One button that does one thing."""


def columns_form(names: Sequence[str], places: dict[str, str]) -> Form:
    """A form with a choice of column for each figure. places: what is chosen now, by key."""
    named = [SelectChoice(name, name) for name in names if name]
    choices = [SelectChoice("", _("没有这一列")), *named]

    class ColumnsForm(Form):
        staff_no = Choice(_l("工号"), choices=named)
        name = Choice(_l("姓名"), choices=choices, needed=False)

    for key, label in FIGURES.items():
        setattr(ColumnsForm, key, Choice(label, choices=choices, needed=False))
    return ColumnsForm(data=places)


def _choices(texts: dict[str, Any]) -> list[SelectChoice]:
    return [SelectChoice(str(key), text) for key, text in texts.items()]


class HonourForm(Keyed):
    """Record an honour."""

    kind = Cards(_l("给谁的"), choices=_choices(KINDS), default=HonourKind.PERSONAL.value)
    name = Text(_l("荣誉名称"), most=120)
    level = Choice(_l("级别"), choices=_choices(LEVELS), default=HonourLevel.CENTRE.value)
    issuer = Text(_l("授予单位"), most=120)
    awarded_on = Day(_l("授予日期"))
    document_no = Text(_l("文号"), most=80, needed=False)
    holders = Lines(
        _l("获得荣誉的同事"),
        most=8000,
        needed=False,
        description=_l("一行一位：工号，空一格可以再写证书编号。集体荣誉可以不写。"),
        render_kw={"rows": 4, "placeholder": "003217\n003588 RY-2026-0012"},
    )
    unit = Text(
        _l("班组、部门或站点"),
        most=80,
        needed=False,
        description=_l("集体荣誉写这里；重名时写成“站点/部门”。"),
    )

    def values(self) -> dict[str, Any]:
        return {
            "kind": HonourKind(self.kind.data),
            "level": HonourLevel(self.level.data),
            "name": self.name.data,
            "issuer": self.issuer.data,
            "awarded_on": self.awarded_on.data,
            "document_no": self.document_no.data or None,
            "holders": awards_in(self.holders.data or ""),
            "unit_name": self.unit.data or "",
        }


def awards_in(text: str) -> list[Award]:
    """The people written one a line: a staff number, then perhaps a certificate number."""
    found = []
    for line in text.splitlines():
        parts = clean(line).replace("，", " ").replace(",", " ").split()
        if parts:
            found.append(Award(parts[0][:30], " ".join(parts[1:])[:80] or None))
    return found


class WithdrawForm(Keyed):
    """Take an honour back."""

    reason = Text(_l("为什么撤回"), most=200, description=_l("会留在荣誉簿里。"))


class PurposeForm(Form):
    """Open the identity fields of somebody's file."""

    purpose = Text(
        _l("为了什么"),
        most=100,
        description=_l("会和你的名字一起记下来，本人看得到。"),
    )


class OpenForm(Form):
    """Open one's own identity fields."""
