"""What may be typed about coins."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, SelectMultipleField
from wtforms.validators import ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from portal.base.access import LARGEST_ID
from portal.base.errors import Refused
from portal.base.forms import Cards, Day, Form, Keyed, Lines, Text, Whole
from portal.coins.models import LONGEST_ANSWER, GoalKind, RuleName, Value
from portal.coins.rules import (
    LONGEST_REASON,
    MOST_BY_HAND,
    MOST_EACH,
    SHORTEST_REASON,
)

REVIEW, CONFIRM = "review", "confirm"
ALL = "all"
MOST_NUMBER = max(name.most for name in RuleName)
OPENING = "opening:"
"""A button that begins the reason with one of a value's openings: opening:care:1."""


def person_ids(values: Sequence[str]) -> list[int]:
    """The ids among what a browser sent; raises ValueError for what is none."""
    if any(not re.fullmatch(r"[0-9]{1,19}", value) or int(value) > LARGEST_ID for value in values):
        raise ValueError(_("请从名单里选。"))
    return [int(value) for value in values]


class PeopleField(SelectMultipleField):
    """Several people, ticked in a list. Its data is their ids; the rule decides about each."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def __init__(self, label: Any = None, **options: Any) -> None:
        super().__init__(label, coerce=int, choices=[], validate_choice=False, **options)
        self.hints: dict[int, str] = {}
        self.flags.required = True

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        try:
            self.data = person_ids(valuelist)
        except ValueError:
            self.data = []
            raise

    def pre_validate(self, _form: Any) -> None:
        if not self.data and not self.process_errors:
            raise ValidationError(_("请至少选一位同事。"))


def _long_enough(_form: Any, field: Lines) -> None:
    if len(field.data or "") < SHORTEST_REASON:
        raise ValidationError(
            _("再多写几句：至少 %(least)s 个字，说说发生了什么、对方做了什么。",
              least=SHORTEST_REASON)
        )  # fmt: skip


def _long_enough_why(_form: Any, field: Lines) -> None:
    if len(field.data or "") < SHORTEST_REASON:
        raise ValidationError(_("再多写几句：至少 %(least)s 个字。", least=SHORTEST_REASON))


class AwardForm(Keyed):
    """Who, how much, for what. Sent twice: to be looked over, and to be done."""

    people = PeopleField(_l("发给谁"))
    amount = Whole(_l("每人几枚"), most=MOST_EACH)
    value = Cards(_l("看见了什么"), choices=[])
    reason = Lines(
        _l("发生了什么，对方做了什么"),
        most=LONGEST_REASON,
        checks=[_long_enough],
        description=_l("写下事实和做法，对方和班组都会看到。"),
    )
    happened_on = Day(_l("哪一天的事"), needed=False, description=_l("空着就是今天。"))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.value.choices = [(value.value, value.label) for value in Value]

    def begin(self) -> bool:
        """The key is taken when it is done, not when it is looked over."""
        return super().begin() if self.act == CONFIRM else True

    def values(self) -> dict[str, Any]:
        """The keywords of `rules.award` and `rules.plan`."""
        names = ("people", "amount", "value", "reason", "happened_on")
        return {name: self[name].data for name in names}

    @property
    def key(self) -> str:
        return self.request_key.data or ""

    @property
    def act(self) -> str:
        """Which button was pressed."""
        return request.form.get("act", REVIEW)

    def begin_reason(self) -> None:
        """Put the opening that was chosen before what is written already, and its value with it."""
        value, _colon, place = self.act.removeprefix(OPENING).partition(":")
        if value not in set(Value) or place not in {"0", "1", "2"}:
            return
        opening = Value(value).openings[int(place)]
        written = (self.reason.data or "").strip()
        is_template = any(written in each.openings for each in Value)
        self.reason.data = opening if is_template or not written else f"{opening}\n{written}"
        self.value.data = value


class WithdrawForm(Keyed):
    """Only a button."""


class AskWithdrawalForm(Keyed):
    """Why an award should be taken back."""

    reason = Lines(
        _l("为什么要撤回"),
        most=LONGEST_REASON,
        checks=[_long_enough_why],
        description=_l("决定的人会看到；撤回了，收到的人也会看到。"),
    )


class DecideForm(Keyed):
    """What somebody asked, as its reader saw it: nothing of it can be changed by deciding."""

    version = HiddenField()

    @property
    def seen(self) -> int:
        typed = str(self.version.data or "")
        return int(typed) if re.fullmatch(r"[0-9]{1,9}", typed) else 0

    def begin(self) -> bool:
        if set(request.form) - set(self._fields):
            message = _("复核时不能改内容：可以同意，也可以写明原因退回。")
            raise Refused(message, status=409)
        return super().begin()


class RefuseForm(DecideForm):
    """Why not."""

    answer = Lines(
        _l("为什么"), most=LONGEST_ANSWER, description=_l("发起人会看到，可以改好再来。")
    )


class FundForm(Keyed):
    """Coins added to a budget by hand."""

    amount = Whole(_l("加拨几枚"), most=MOST_BY_HAND)
    memo = Text(
        _l("因为什么"), most=100, needed=False,
        description=_l("会永远留在账上，请不要写人名。"),
    )  # fmt: skip


class NumberForm(Keyed):
    """One of the numbers of the house, from a day on."""

    number = Whole(_l("改成多少"), least=0, most=MOST_NUMBER)
    since = Day(_l("从哪一天起"), description=_l("过去的月份不能再改。"))


class BoardsForm(Form):
    """Whether one stands on boards."""

    on = Cards(
        _l("上榜还是不上榜"), choices=[],
        description=_l("只有同一个班组的同事看得到你的名字。退出马上生效：页面、接口、导出里都不再有你。"),
    )  # fmt: skip

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.on.choices = [("yes", _("可以出现在榜上")), ("no", _("哪个榜都不上"))]

    def values(self) -> dict[str, Any]:
        """The keyword of `rules.choose_boards`."""
        return {"on": self.on.data == "yes"}


class GoalForm(Form):
    """What a team wishes for together this month."""

    kind = Cards(_l("这个月一起做到什么"), choices=[])

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.kind.choices = [(kind.value, kind.label) for kind in GoalKind]


def _say_more(_form: Any, field: Lines) -> None:
    if len(field.data or "") < SHORTEST_REASON:
        raise ValidationError(
            _("再多写几句：至少 %(least)s 个字，说说发生了什么、对你意味着什么。",
              least=SHORTEST_REASON)
        )  # fmt: skip


class ThankForm(Keyed):
    """How many coins, and what for."""

    amount = Whole(_l("几枚"), most=MOST_EACH)
    reason = Lines(
        _l("发生了什么，对你意味着什么"),
        most=LONGEST_REASON,
        checks=[_say_more],
        description=_l("对方和对方的班组都会看到。"),
    )


class JoinForm(Keyed):
    """How many coins to each, and to whom of those who received the award."""

    amount = Whole(_l("每人几枚"), most=MOST_EACH)
    person = Cards(_l("谢谁"), choices=[])

    def values(self) -> dict[str, Any]:
        """The keywords of `rules.add_thanks`."""
        chosen = self.person.data
        return {"amount": self.amount.data, "person_id": int(chosen) if chosen != ALL else None}
