"""A cell into a number, a duration or a share."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum

from flask_babel import gettext as _

from portal.base.sheets.doubts import Doubt, narrow, unreadable
from portal.base.sheets.tables import Cell, Kind

GROUPED = re.compile(r"-?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]*)?")
NUMBER = re.compile(r"[+-]?([0-9]{1,40}\.?[0-9]{0,40}|\.[0-9]{1,40})([Ee][+-]?[0-9]{1,3})?")
CLOCK = re.compile(r"(?:([0-9]{1,4}):)?([0-9]{1,4}):([0-9]{2})")
SPOKEN = re.compile(r"(?:([0-9]{1,4})小?时)?(?:([0-9]{1,4})分钟?)?(?:([0-9]{1,4})秒)?")


class ShareRule(StrEnum):
    """How the bare numbers of a column of shares are meant."""

    FRACTION = "fraction"  # 0.9876
    PERCENT = "percent"  # 98.76
    MIXED = "mixed"


def as_number(cell: Cell) -> Decimal | Doubt:
    """A number: 1234, 1,234.5, -3, 1.2E-2. Percent signs, units and words are doubts."""
    doubt = unreadable(cell)
    if doubt:
        return doubt
    text = narrow(cell).replace("−", "-")
    plain = text.replace(",", "") if GROUPED.fullmatch(text) else text
    if cell.kind in {Kind.TEXT, Kind.NUMBER} and NUMBER.fullmatch(plain):
        number = Decimal(plain)
        if abs(number) < 10**15:
            return number
        says = _("“%(value)s”太长，后面的数字已经丢了。", value=text[:40])
        return Doubt("precision", says)
    return Doubt("not_a_number", _("“%(value)s”不是数字。", value=cell.text[:40]))


def as_whole(cell: Cell, least: int = 0, most: int = 10**12) -> int | Doubt:
    """A whole number from `least` to `most`."""
    number = as_number(cell)
    if isinstance(number, Doubt):
        return number
    if number != number.to_integral_value():
        return Doubt("not_whole", _("“%(value)s”不是整数。", value=cell.text))
    if not least <= number <= most:
        says = _("“%(value)s”不在 %(least)s 到 %(most)s 之间。",
                 value=cell.text, least=least, most=most)  # fmt: skip
        return Doubt("out_of_range", says)
    return int(number)


def as_seconds(cell: Cell) -> int | Doubt:  # noqa: PLR0911 (a list of cases)
    """A duration in seconds: 203, 03:23 (minutes), 1:02:03 (hours), 3分23秒, or a time cell."""
    doubt = unreadable(cell)
    if doubt:
        return doubt
    if isinstance(cell.raw, timedelta):
        return _seconds_of_span(cell)
    text = narrow(cell)
    match = CLOCK.fullmatch(text) or SPOKEN.fullmatch(text)
    if match and any(match.groups()):
        hours, minutes, seconds = (int(part or 0) for part in match.groups())
        if seconds > 59 or (hours and minutes > 59):
            return Doubt("not_a_duration", _("“%(value)s”的分或秒超过了 59。", value=text))
        return hours * 3600 + minutes * 60 + seconds
    number = as_number(cell)
    if isinstance(number, Doubt):
        says = _("“%(value)s”不是时长。请写成 03:23 或秒数 203。", value=cell.text[:40])
        return Doubt("not_a_duration", says)
    if number < 0 or number >= 10**7 or 0 < number < 1:
        return Doubt("out_of_range", _("时长“%(value)s”不对。", value=cell.text))
    whole = int(number.to_integral_value())
    if whole == number:
        return whole
    says = _("“%(value)s”带小数；取整为 %(whole)s 秒吗？", value=cell.text, whole=whole)
    return Doubt("fraction", says, fatal=False, offer=whole)


def _seconds_of_span(cell: Cell) -> int | Doubt:
    """Excel takes a typed 03:13 for thirteen past three: where seconds are missing, ask."""
    assert isinstance(cell.raw, timedelta)  # noqa: S101
    seconds = round(cell.raw.total_seconds())
    if seconds < 0:
        return Doubt("out_of_range", _("时长“%(value)s”不对。", value=cell.text))
    if seconds < 3600 or seconds % 60:
        return seconds
    meant = seconds // 60
    says = _("Excel 把它存成了 %(text)s；是 %(minutes)s 分 %(seconds)s 秒吗？",
             text=cell.text, minutes=meant // 60, seconds=meant % 60)  # fmt: skip
    return Doubt("clock_time", says, fatal=False, offer=meant)


def share_rule(cells: Iterable[Cell]) -> ShareRule:
    """How the bare numbers of this column are meant, told from all of them together."""
    small = large = False
    for cell in cells:
        number = as_number(cell)
        if not isinstance(number, Doubt):
            small |= 0 < number < 1
            large |= number > 1
    if small and large:
        return ShareRule.MIXED
    return ShareRule.PERCENT if large else ShareRule.FRACTION


def as_share(cell: Cell, rule: ShareRule) -> Decimal | Doubt:
    """A share from 0 to 1. With a percent sign it speaks for itself; else by the column's rule."""
    doubt = unreadable(cell)
    if doubt:
        return doubt
    text = narrow(cell)
    signed = text.endswith("%")
    bare = cell._replace(text=text.removesuffix("%").strip(), kind=Kind.TEXT) if signed else cell
    number = as_number(bare)
    if isinstance(number, Doubt):
        return Doubt("not_a_share", _("“%(value)s”不是比率。", value=cell.text[:40]))
    share = number / 100 if signed or rule is ShareRule.PERCENT else number
    if rule is ShareRule.MIXED and not signed and number:
        share = number / 100 if number > 1 else number
        shown = f"{share:.2%}"
        says = _("这一列里小数和百分数混着；“%(value)s”是 %(shown)s 吗？",
                 value=cell.text, shown=shown)  # fmt: skip
        return Doubt("mixed_share", says, fatal=not 0 <= share <= 1, offer=share)
    if not 0 <= share <= 1:
        return Doubt("out_of_range", _("比率“%(value)s”不在 0 到 100%% 之间。", value=cell.text))
    return share
