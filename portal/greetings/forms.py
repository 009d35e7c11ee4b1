"""What may be chosen about one's birthday."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from portal.base.forms import Cards, Form
from portal.greetings.models import CALENDARS, FEB29, LEAP_RULES, TELLS


class BirthdayForm(Form):
    calendar = Cards(_l("过哪个生日"), choices=list(CALENDARS.items()))
    tell = Cards(
        _l("告诉谁"),
        choices=[(tell.value, label) for tell, label in TELLS.items()],
        description=_l("只说是哪一天，谁也看不到年份和年龄。"),
    )
    leap_rule = Cards(_l("遇到闰月，在哪个月过"), choices=list(LEAP_RULES.items()))
    feb29 = Cards(_l("没有2月29日的年份，哪天过"), choices=list(FEB29.items()))
