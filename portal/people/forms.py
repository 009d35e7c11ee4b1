"""What may be typed about people and at the door."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import Field
from wtforms.validators import ValidationError

from portal.base.forms import Form, Keyed, Secret, Text
from portal.people.fields import PersonField

__all__ = ["PersonField"]


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
