"""The form fields for choosing somebody, or a unit; other rooms use them too."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms.validators import ValidationError

from portal.base.forms import Text, clean
from portal.people import queries
from portal.people.models import Unit
from portal.people.queries import StaffLine


class PersonField(Text):
    """Somebody in service, chosen by typing: a staff number, or what the picker filled in
    ("003217 王小明"). Its data is a StaffLine."""

    def __init__(self, label: Any = None, *, needed: bool = True, **options: Any) -> None:
        kw = options.setdefault("render_kw", {})
        kw.update({"data-picker": "/people/pick", "autocomplete": "off"})
        super().__init__(label, most=120, needed=needed, checks=[_somebody], **options)
        self.chosen: StaffLine | None = None


def _somebody(_form: Any, field: PersonField) -> None:
    typed = clean(field.data)
    if not typed:
        return
    found = queries.by_staff_no(typed.split(" ")[0])
    if found is None:
        named = queries.exactly_named(typed)
        if len(named) > 1:
            raise ValidationError(_("有几位同事叫这个名字，请填工号。"))
        found = named[0] if named else None
    if found is None:
        raise ValidationError(_("没有找到这位在职的同事，请填工号，或从列表里选。"))
    field.chosen = found


class UnitField(Text):
    """A unit of today, chosen by typing: what the picker filled in ("17 太原 / 一部 / 一班"), or a
    name that only one unit has. Its `chosen` is a Unit."""

    def __init__(self, label: Any = None, *, needed: bool = True, **options: Any) -> None:
        kw = options.setdefault("render_kw", {})
        kw.update({"data-picker": "/people/units/pick", "autocomplete": "off"})
        kw.setdefault("placeholder", _l("班组、部门或站点的名字"))
        super().__init__(label, most=300, needed=needed, checks=[_some_unit], **options)
        self.chosen: Unit | None = None


def _some_unit(_form: Any, field: UnitField) -> None:
    typed = clean(field.data)
    if not typed:
        return
    number = typed.split(" ")[0]
    if number.isascii() and number.isdigit() and len(number) < 16:
        field.chosen = queries.unit_today(int(number))
    if field.chosen is None:
        named = queries.units_named(typed)
        if len(named) > 1:
            raise ValidationError(_("有几个单位叫这个名字，请从列表里选。"))
        field.chosen = named[0] if named else None
    if field.chosen is None:
        raise ValidationError(_("没有找到这个单位，请从列表里选。"))
