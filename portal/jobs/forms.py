"""What may be typed to start a job by hand."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from portal.base import clock
from portal.base.forms import Day, Keyed


class RunForm(Keyed):
    day = Day(
        _l("为哪一天运行"),
        default=clock.today,
        description=_l("已经做过的事不会再做一遍，放心。"),
    )
