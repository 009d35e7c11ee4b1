"""What may be chosen about one's birthday."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import SelectChoice  # type: ignore[attr-defined]  # newer than its types

from portal.base.forms import Cards, Form
from portal.greetings.models import CALENDARS, FEB29, LEAP_RULES, TELLS


def _choices(texts: dict[Any, Any]) -> list[SelectChoice]:
    return [SelectChoice(str(key), text) for key, text in texts.items()]


class BirthdayForm(Form):
    calendar = Cards(_l("过哪个生日"), choices=_choices(CALENDARS))
    tell = Cards(
        _l("告诉谁"),
        choices=_choices(TELLS),
        description=_l("只说是哪一天，谁也看不到年份和年龄。"),
    )
    leap_rule = Cards(_l("遇到闰月，在哪个月过"), choices=_choices(LEAP_RULES))
    feb29 = Cards(_l("没有2月29日的年份，哪天过"), choices=_choices(FEB29))
