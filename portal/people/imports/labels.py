"""The words for imports: states, fields, reasons, counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from portal.people.imports.mapping import Kind
from portal.people.models import BatchState, Severity

STATES: dict[BatchState, tuple[str, Any]] = {
    BatchState.MAPPING: ("sky", _l("等你指认各列")),
    BatchState.READING: ("sky", _l("正在核对")),
    BatchState.CHECKED: ("sun", _l("等你确认")),
    BatchState.APPLYING: ("sky", _l("正在导入")),
    BatchState.APPLIED: ("leaf", _l("已导入")),
    BatchState.UNDOING: ("sky", _l("正在撤销")),
    BatchState.UNDONE: ("plain", _l("已撤销")),
    BatchState.FAILED: ("rose", _l("没有成功")),
}
TONES: dict[str, tuple[str, str, Any]] = {
    Severity.FATAL.value: ("rose", "warn", _l("要改")),
    Severity.DOUBT.value: ("sun", "question", _l("请看看")),
    Severity.CHANGE.value: ("sky", "swap", _l("改动")),
    Severity.NOTE.value: ("plain", "info", _l("说明")),
}
KINDS: dict[Kind, Any] = {
    Kind.PEOPLE: _l("人员"),
    Kind.UNITS: _l("部门"),
    Kind.UNIT_HISTORY: _l("历年部门"),
    Kind.TITLE_HISTORY: _l("历年岗位"),
    Kind.MANAGERS: _l("历任经理"),
    Kind.SHIFTS: _l("班次"),
}
FIELD_LABELS: dict[str, Any] = {
    "staff_no": _l("工号"), "name": _l("姓名"), "gender": _l("性别"),
    "national_id": _l("身份证号"), "birth_date": _l("出生日期"),
    "birth_calendar": _l("生日历法"), "ethnicity": _l("民族"), "phone": _l("手机号"),
    "email": _l("邮箱"), "since": _l("入职日期"), "contract": _l("用工形式"),
    "site": _l("站点"), "department": _l("部门"), "team": _l("班组"), "title": _l("岗位"),
    "grade": _l("星级"), "shift": _l("班次"), "superior": _l("直接上级工号"),
    "education": _l("学历"), "status": _l("在职状态"), "last_day": _l("离职日期"),
    "code": _l("编号"), "unit": _l("单位"), "from": _l("开始"), "to": _l("结束"),
    "starts": _l("上班"), "ends": _l("下班"), "unit_id": _l("单位"),
    "superior_id": _l("直接上级"), "on_leave": _l("休假"), "leads": _l("带领"),
    "history": _l("任职"),
}  # fmt: skip
REASONS: dict[str, Any] = {
    "empty": _l("空格"), "error_value": _l("公式错误"), "control": _l("控制字符"),
    "too_long": _l("太长"), "not_a_day": _l("不是日期"), "no_such_day": _l("没有这一天"),
    "year": _l("年份不对"), "has_time": _l("带着时刻"), "serial": _l("像日期编号"),
    "no_day": _l("缺日"), "two_digit_year": _l("两位年份"),
    "ambiguous_day": _l("日期有两种读法"), "not_a_staff_no": _l("不是工号"),
    "lost_zeros": _l("丢了前面的零"), "wrong_width": _l("位数不对"),
    "exponent": _l("变成科学计数"), "old_id": _l("旧身份证号"), "not_an_id": _l("不是身份证号"),
    "id_birth": _l("身份证里的生日"), "id_check": _l("身份证校验位"),
    "birth_against_id": _l("生日与身份证不符"), "leaves_before_coming": _l("离职早于入职"),
    "left_without_day": _l("离职没有日期"), "unknown_value": _l("不认得的说法"),
    "not_a_time": _l("不是时刻"), "number_twice": _l("工号重复"),
    "number_of_another": _l("别人的工号"), "new_needs_more": _l("新同事缺资料"),
    "two_periods_at_once": _l("任职重叠"), "two_at_once": _l("时间重叠"),
    "other_site": _l("不是你的站点"), "other_name": _l("名字变了"),
    "superior_missing": _l("没有这个上级"), "superior_circle": _l("上级成圈"),
    "already_gone": _l("已经离职"), "unknown_site": _l("新的站点"),
    "team_elsewhere": _l("同名班组"), "unknown_number": _l("没有这个工号"),
    "unknown_unit": _l("没有这个单位"), "ends_before": _l("结束早于开始"),
    "no_place": _l("没有单位"), "before_service": _l("早于入职"), "code_twice": _l("编号重复"),
    "no_site": _l("没有站点"), "own_role": _l("给自己授权"),
    "new_unit": _l("新建单位"), "new_person": _l("新同事"),
    "person": _l("个人资料"), "term": _l("任职"), "position": _l("岗位与单位"),
    "leader": _l("带班"), "unit": _l("单位"), "shift": _l("班次"),
}  # fmt: skip
COUNTS: dict[str, Any] = {
    "rows": _l("行"), "people_new": _l("新的人"), "people_changed": _l("资料有改动"),
    "employments_new": _l("新的任职"), "employments_changed": _l("任职有改动"),
    "leavers": _l("离职"), "units_new": _l("新的单位"), "units_changed": _l("单位改名"),
    "leaders_new": _l("新的带班"), "leaders_changed": _l("带班有改动"),
    "leaders_ended": _l("带班结束"), "shifts_new": _l("新的班次"),
    "shifts_changed": _l("班次有改动"), "rows_left_out": _l("不能用的行"),
}  # fmt: skip


def reason(severity: str, code: str) -> str:
    """A kind of finding in a word or two."""
    return str(REASONS.get(code) or TONES[severity][2])


def counts(found: Mapping[str, int]) -> list[tuple[str, int]]:
    """What is (or would be) done, in the order in which it is told."""
    return [(str(label), found[name]) for name, label in COUNTS.items() if found.get(name)]


def has_changes(found: Mapping[str, int]) -> bool:
    """The file says something that the house does not know yet."""
    return any(found.get(name) for name in COUNTS if name not in {"rows", "rows_left_out"})


def address(letters: str | None, row: int | None) -> str:
    """Where a cell stands: 第 5 行 · D 列."""
    if row is None:
        return ""
    if not letters:
        return str(_("第 %(row)s 行", row=row))
    return str(_("第 %(row)s 行 · %(column)s 列", row=row, column=letters))
