"""What may be typed about people and at the door."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import Field, SelectChoice, SelectMultipleField  # type: ignore[attr-defined]
from wtforms.validators import ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from portal.base import clock
from portal.base.errors import Refused
from portal.base.forms import Choice, Day, Form, Keyed, Secret, Sheet, Text, Tick
from portal.base.sheets import Header, national_id_check
from portal.people.fields import PersonField, UnitField
from portal.people.imports.labels import FIELD_LABELS
from portal.people.imports.mapping import FIELDS, NEEDED, Mapping, parse
from portal.people.models import Role, UnitKind


def _staff_no(_form: Any, field: Field) -> None:
    if field.data and not re.fullmatch(r"[0-9A-Za-z-]{1,30}", field.data):
        raise ValidationError(_("工号只用数字和字母。"))


def _national_id(_form: Any, field: Field) -> None:
    text = field.data = (field.data or "").upper()
    if text and not (
        re.fullmatch(r"[0-9]{17}[0-9X]", text) and national_id_check(text[:17]) == text[17]
    ):
        raise ValidationError(_("身份证号应是 18 位，最后一位校验要对得上。"))


class SignInForm(Form):
    staff_no = Text(
        _l("工号"), most=30,
        render_kw={"autocomplete": "username", "autocapitalize": "none", "inputmode": "text"},
    )  # fmt: skip
    password = Secret(_l("密码"), render_kw={"autocomplete": "current-password"})


def _same(form: Any, field: Field) -> None:
    if field.data != form.password.data:
        raise ValidationError(_("两次填的不一样。"))


class ChangePasswordForm(Form):
    current = Secret(_l("现在的密码"), render_kw={"autocomplete": "current-password"})
    password = Secret(
        _l("新密码"),
        description=_l("至少 10 个字符。一句只有你知道的话最好记，也最难猜。"),
        render_kw={"autocomplete": "new-password"},
    )
    again = Secret(_l("再填一次新密码"), checks=[_same], render_kw={"autocomplete": "new-password"})

    def values(self) -> dict[str, Any]:
        return {"current": self.current.data, "password": self.password.data}


class FirstRunForm(Keyed):
    name = Text(_l("姓名"), most=80, render_kw={"autocomplete": "name"})
    staff_no = Text(_l("工号"), most=30, render_kw={"autocomplete": "username"})
    password = Secret(
        _l("密码"),
        description=_l("至少 10 个字符。一句只有你知道的话最好记，也最难猜。"),
        render_kw={"autocomplete": "new-password"},
    )
    again = Secret(_l("再填一次密码"), checks=[_same], render_kw={"autocomplete": "new-password"})

    def values(self) -> dict[str, Any]:
        return {name: self[name].data for name in ("name", "staff_no", "password")}


def options(labels: dict[Any, Any]) -> list[SelectChoice]:
    """The choices of a closed list: {value: words}."""
    return [SelectChoice(value=str(value), label=label) for value, label in labels.items()]


# ---- working lives --------------------------------------------------------------------------


class _Place(Keyed):
    def values(self) -> dict[str, Any]:
        values = super().values()
        for name in ("unit", "parent"):
            if name in values:
                values[name] = self[name].chosen
        return values


class HireForm(_Place):
    name = Text(_l("姓名"), most=80)
    staff_no = Text(_l("工号"), most=30, checks=[_staff_no])
    since = Day(_l("入职日期"), default=clock.today)
    unit = UnitField(_l("单位"))
    title = Text(_l("岗位"), most=80)
    contract = Text(_l("用工形式"), most=40, needed=False)
    national_id = Text(
        _l("身份证号"), most=18, needed=False, checks=[_national_id],
        description=_l("填了它，以前在这里工作过的人会认出来：一个人，两段任职。"),
    )  # fmt: skip


class HireAgainForm(_Place):
    staff_no = Text(_l("新工号"), most=30, checks=[_staff_no])
    since = Day(_l("入职日期"), default=clock.today)
    unit = UnitField(_l("单位"))
    title = Text(_l("岗位"), most=80)
    contract = Text(_l("用工形式"), most=40, needed=False)


class MoveForm(_Place):
    unit = UnitField(_l("新的单位"))
    title = Text(_l("岗位"), most=80)
    since = Day(
        _l("从哪一天起"), default=clock.today, description=_l("可以是以后的日子：到那天自动生效。")
    )
    grade = Text(_l("星级"), most=20, needed=False)
    shift = Text(_l("班次"), most=40, needed=False)
    superior = PersonField(_l("直接上级"), needed=False)
    document_no = Text(_l("批准文号"), most=80, needed=False)

    def values(self) -> dict[str, Any]:
        values = super().values()
        values.pop("superior")
        chosen = self.superior.chosen
        return values | {"superior_no": chosen.staff_no if chosen else None}


class LeaveForm(Keyed):
    last_day = Day(
        _l("最后一个工作日"),
        default=clock.today,
        description=_l("这一天仍算在职。过去或今天：账号马上关闭；以后：那天过完关闭。"),
    )


# ---- units ----------------------------------------------------------------------------------


class UnitForm(_Place):
    kind = Choice(
        _l("是什么"), cards=True,
        choices=options({"team": _l("班组"), "department": _l("部门"), "site": _l("站点")}),
    )  # fmt: skip
    name = Text(_l("名称"), most=80)
    parent = UnitField(_l("放在哪个单位之下"), needed=False)
    since = Day(_l("从哪一天起"), default=clock.today)

    def values(self) -> dict[str, Any]:
        values = super().values()
        return values | {"kind": UnitKind(values["kind"])}


class MoveUnitForm(_Place):
    parent = UnitField(_l("移到哪个单位之下"))
    on = Day(
        _l("从哪一天起"),
        default=clock.today,
        description=_l("里面的班组和人一起过去；以前的日子不变。"),
    )


# ---- roles and keys -------------------------------------------------------------------------

ROLES = {
    Role.LEADER: _l("班长 / 经理"),
    Role.HR: _l("人力资源"),
    Role.COMMITTEE: _l("帮扶委员会"),
    Role.STATION: _l("文化站"),
    Role.GENERAL_MANAGER: _l("总经理"),
    Role.AUDITOR: _l("审计"),
    Role.ADMINISTRATOR: _l("系统管理员"),
}


class RoleForm(_Place):
    person = PersonField(_l("给谁"))
    role = Choice(_l("角色"), choices=options(ROLES))
    unit = UnitField(
        _l("范围"), needed=False, description=_l("空着就是全中心。班长要选自己的班组或部门。")
    )
    bound = Tick(_l("只在这个单位工作期间有效"), default=True)
    until = Day(
        _l("到哪一天止"), needed=False, description=_l("从这一天起不再有效；空着就是长期。")
    )

    def values(self) -> dict[str, Any]:
        values = super().values()
        values.pop("person")
        return values | {
            "role": Role(values["role"]),
            "bound": values["bound"] and values["unit"] is not None,
        }


SCOPE_LABELS = {
    "people:read": _l("看同事名单"),
    "coins:read": _l("看金币"),
    "coins:write": _l("发金币、送金币"),
    "suggestions:read": _l("看建议"),
    "suggestions:write": _l("提建议、答复建议"),
    "drives:read": _l("看义卖义捐"),
    "drives:write": _l("登记捐赠"),
    "rewards:read": _l("看兑换小店"),
    "rewards:write": _l("兑换奖品"),
    "jobs:read": _l("看定时任务"),
    "jobs:write": _l("启动定时任务"),
}


def _some_scope(_form: Any, field: Field) -> None:
    if not field.data:
        raise ValidationError(_("请至少选一个。"))


class TokenForm(Keyed):
    name = Text(_l("给哪个程序用"), most=80, description=_l("写个好认的名字，例如“月报脚本”。"))
    scopes = SelectMultipleField(
        _l("可以做什么"), [_some_scope],
        choices=options(SCOPE_LABELS),
        widget=ListWidget(prefix_label=False), option_widget=CheckboxInput(),
    )  # fmt: skip
    days = Choice(
        _l("有效期"), cards=True, default="90",
        choices=options({"30": _l("30 天"), "90": _l("90 天"), "365": _l("一年")}),
    )  # fmt: skip

    def values(self) -> dict[str, Any]:
        until = clock.today() + timedelta(days=int(self.days.data))
        return {"name": self.name.data, "scopes": self.scopes.data, "expires_on": until}


class SureForm(Keyed):
    """Nothing to fill in: the button says it."""

    def values(self) -> dict[str, Any]:
        return {}


# ---- imports --------------------------------------------------------------------------------

KEEP = "="
"""The choice that leaves a column as the mapping has it (two columns joined, a part of one)."""


class UploadForm(Keyed):
    file = Sheet(
        _l("花名册"),
        description=_l(
            "Excel（.xlsx）或 CSV 都可以，有标题行也没关系。先核对给你看，同意了才导入。"
        ),
    )


class ConfirmForm(Keyed):
    leave_out = Tick(_l("跳过不能用的行，导入其余的"))


class ColumnsForm(Keyed):
    """Which column is what. The fields are made for the file: `columns_form`."""

    as_of = Day(
        _l("这份文件说的是哪一天的情况"),
        description=_l("调动和休假从这一天起算；以前的记录不变。"),
    )

    def mapping(self, base: Mapping) -> Mapping:
        """The mapping as chosen. Raises Refused when a needed column was not."""
        columns: dict[str, Any] = {}
        for name in FIELDS[base.kind]:
            chosen = self[f"column_{name}"].data
            if chosen == KEEP:
                columns[name] = base.raw["columns"][name]
            elif chosen:
                columns[name] = self.specs[int(chosen)]
        for name in NEEDED[base.kind]:
            if name not in columns:
                raise Refused(_("这一列一定要有。"), f"column_{name}")
        return parse(dict(base.raw) | {"columns": columns})

    specs: list[Any]


def columns_form(base: Mapping, names: Sequence[str], as_of: date) -> ColumnsForm:
    """A form with one select for each field of this kind of file, filled as far as known."""
    specs: list[Any] = [
        name if base.has_header and name and list(names).count(name) == 1 else place + 1
        for place, name in enumerate(names)
    ]
    shown = {str(place): name or str(place + 1) for place, name in enumerate(names)}
    fields: dict[str, Any] = {}
    guesses: dict[str, str] = {}
    known = Header(tuple(names), tuple(names), None, 0)
    for name in FIELDS[base.kind]:
        source = base.columns.get(name)
        choices = {"": _("—— 没有这一列 ——"), **shown}
        if source is not None and (source.parts or source.after):
            choices |= {KEEP: _("按原来的对应")}
            guesses[name] = KEEP
        elif source is not None:
            place = source.columns(known, len(names))[0]
            guesses[name] = "" if place is None else str(place)
        fields[f"column_{name}"] = Choice(
            FIELD_LABELS[name], choices=options(choices), needed=name in NEEDED[base.kind]
        )
    made = type("ColumnsForm", (ColumnsForm,), fields)
    form: ColumnsForm = made(
        data={"as_of": as_of} | {f"column_{name}": guess for name, guess in guesses.items()}
    )
    form.specs = specs
    return form
