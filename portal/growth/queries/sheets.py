"""The sheets that were brought in, and what was found in them."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, case, false, select, true

from portal.base.access import Viewer
from portal.base.db import session
from portal.growth.models import FIGURES, PerformanceSheet, SheetFinding

SENTENCES: dict[str, Any] = {
    "absent": _l("上一版里有 %(count)s 位这一版没有，他们的数字不变。"),
    "clock_time": _l("Excel 把它存成了钟点；按 %(offer)s 秒读，可以吗？"),
    "control": _l("里面有看不见的控制字符。"),
    "empty": _l("这一格是空的。"),
    "error_value": _l("这一格是公式的错误值。"),
    "exponent": _l("被 Excel 变成了科学计数，后面的数字已经丢了。"),
    "fraction": _l("带小数；取整为 %(offer)s，可以吗？"),
    "lost_zeros": _l("前面的零可能丢了；按 %(offer)s 读，可以吗？"),
    "mixed_share": _l("这一列里小数和百分数混着；按 %(offer)s 读，可以吗？"),
    "month_range": _l("%(month)s 不在可以导入的月份之内。"),
    "months_differ": _l("标题、文件名和填写的月份不一致：%(months)s。"),
    "name": _l("姓名和花名册不同：花名册上是 %(name)s。是同一个人吗？"),
    "no_column": _l("没有找到“%(field)s”这一列，这一项会是空的，可以吗？"),
    "no_header": _l("没有找到表头。"),
    "no_month": _l("看不出这是哪个月的表。"),
    "no_rows": _l("表头下面没有一行数据。"),
    "no_staff_no": _l("没有找到工号这一列，请指给我们看。"),
    "no_totals": _l("没有合计行，没法核对总数。"),
    "not_a_duration": _l("不是时长。请写成 03:23 或秒数 203。"),
    "not_a_number": _l("不是数字。"),
    "not_a_share": _l("不是比率。"),
    "not_a_staff_no": _l("不是工号：工号只有数字。"),
    "not_in_service": _l("这位同事 %(month)s 不在职。"),
    "not_whole": _l("不是整数。"),
    "other_site": _l("这位同事不在你负责的站点。"),
    "out_of_range": _l("超出了合理的范围。"),
    "precision": _l("太长，后面的数字已经丢了。"),
    "total": _l("合计和各行对不上：各行算出来是 %(made)s。可能少了行，要继续吗？"),
    "twice": _l("这个工号在第 %(row)s 行已经有了。"),
    "unknown": _l("花名册里没有这个工号。"),
    "unused": _l("“%(name)s”这一列没有用到。"),
    "wrong_width": _l("位数太多，不是这里的工号。"),
}
"""What a finding says, by its code; the facts of the finding fill the gaps."""


def sentence(finding: SheetFinding) -> str:
    """The finding in words."""
    facts = dict(finding.facts)
    if "field" in facts:
        facts["field"] = str(FIGURES[facts["field"]])
    words = SENTENCES.get(finding.code)
    return str(words) % facts if words is not None else _("这一格看不明白。")


def address(finding: SheetFinding) -> str:
    """Where to find the cell; empty for what is about the whole sheet."""
    if finding.row is None:
        return ""
    spot = _("第 %(row)s 行 · %(column)s 列", row=finding.row, column=finding.column_letters)
    return " · ".join(part for part in (finding.table_name, spot, finding.column_name) if part)


def sheets_visible_to(viewer: Viewer) -> ColumnElement[bool]:
    """The twin of `policy.may_see_sheet`."""
    units = viewer.units_as("hr")
    if units is None:
        return true()
    return PerformanceSheet.imported_by_id == viewer.id if units else false()


def recent_sheets(
    viewer: Viewer, *, before: int | None = None, limit: int = 12
) -> list[PerformanceSheet]:
    """The latest sheets, newest first, keyset-paged: `limit` and one more."""
    statement = (
        select(PerformanceSheet)
        .where(sheets_visible_to(viewer))
        .order_by(PerformanceSheet.id.desc())
        .limit(limit + 1)
    )
    if before is not None:
        statement = statement.where(PerformanceSheet.id < before)
    return list(session().scalars(statement))


def findings_of(sheet_id: int, limit: int = 100) -> list[SheetFinding]:
    """What was found in a sheet: what stops it first, then what must be answered, then notes."""
    weight = case(
        (SheetFinding.severity == "stop", 0), (SheetFinding.severity == "ask", 1), else_=2
    )
    return list(
        session().scalars(
            select(SheetFinding)
            .where(SheetFinding.sheet_id == sheet_id)
            .order_by(weight, SheetFinding.id)
            .limit(limit)
        )
    )
