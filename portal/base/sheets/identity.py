"""Numbers that are names: staff numbers and national identity numbers. Their text is kept."""

from __future__ import annotations

import re
from datetime import date

from flask_babel import gettext as _

from portal.base.sheets.days import EARLIEST
from portal.base.sheets.doubts import Doubt, narrow, unreadable
from portal.base.sheets.tables import Cell, Kind

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def as_staff_no(  # noqa: PLR0911 (a list of cases)
    cell: Cell, width: int | None = None
) -> str | Doubt:
    """A staff number: text of digits. `width`: how many digits it must have, where that is known.

    A number cell, or too few digits, is a doubt that offers the number with its zeros again.
    """
    doubt = unreadable(cell)
    if doubt:
        return doubt
    text = narrow(cell).removeprefix("'")
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?[Ee][+-]?[0-9]+", text):
        return _exponent(text)
    if cell.kind not in {Kind.TEXT, Kind.NUMBER} or not re.fullmatch(r"[0-9]{1,20}", text):
        says = _("“%(value)s”不是工号：工号只有数字。", value=cell.text[:40])
        return Doubt("not_a_staff_no", says)
    if width is None:
        if not cell.was_number:
            return text
        says = _("“%(value)s”存成了数字，前面的零可能丢了。", value=text)
        return Doubt("lost_zeros", says, fatal=False, offer=text)
    if len(text) > width:
        return Doubt("wrong_width", _("“%(value)s”超过 %(width)s 位。", value=text, width=width))
    if len(text) == width:
        return text
    offer = text.rjust(width, "0")
    says = _("“%(value)s”不足 %(width)s 位，前面的零可能丢了；是 %(offer)s 吗？",
             value=text, width=width, offer=offer)  # fmt: skip
    return Doubt("lost_zeros", says, fatal=False, offer=offer)


def _exponent(text: str) -> Doubt:
    says = _("“%(value)s”被 Excel 变成了科学计数，后面的数字已经丢了。", value=text[:40])
    return Doubt("exponent", says)


def national_id_check(first_17: str) -> str:
    """The check sign of a national identity number: ISO 7064 MOD 11-2, as in GB 11643-1999."""
    total = sum(weight * int(digit) for weight, digit in zip(WEIGHTS, first_17, strict=True))
    return "10X98765432"[total % 11]


def birth_of(national_id: str) -> date:
    """The day of birth inside a right national identity number."""
    return date(int(national_id[6:10]), int(national_id[10:12]), int(national_id[12:14]))


def as_national_id(cell: Cell) -> str | Doubt:  # noqa: PLR0911 (a list of cases)
    """A national identity number of 18 signs, its day of birth and its check sign right."""
    doubt = unreadable(cell)
    if doubt:
        return doubt
    text = narrow(cell).removeprefix("'").replace(" ", "").upper()
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?E[+-]?[0-9]+", text) or (cell.was_number and len(text) > 15):
        return _exponent(cell.text)
    if re.fullmatch(r"[0-9]{15}", text):
        return Doubt("old_id", _("这是 15 位的旧身份证号，请换成 18 位的。"))
    if not re.fullmatch(r"[0-9]{17}[0-9X]", text):
        return Doubt("not_an_id", _("身份证号应是 18 位：17 位数字，加一位数字或 X。"))
    try:
        born = birth_of(text)
    except ValueError:
        return Doubt("id_birth", _("身份证号里的出生日期不存在。"))
    if born < EARLIEST:
        return Doubt("id_birth", _("身份证号里的出生日期不存在。"))
    if text[17] != national_id_check(text[:17]):
        return Doubt("id_check", _("身份证号的校验位不对，可能有一位写错了。"))
    return text
