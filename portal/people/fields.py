"""The form field for choosing somebody; other rooms use it too."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from wtforms.validators import ValidationError

from portal.base.forms import Text, clean
from portal.people import queries
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
