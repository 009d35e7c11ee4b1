"""What may be typed about cases and awards by rule."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import SelectMultipleField
from wtforms.validators import ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from portal.base.access import LARGEST_ID
from portal.base.forms import Cards, Day, Keyed, Lines, Text, Tick, Whole
from portal.fairness.models import (
    LONGEST_NAME,
    LONGEST_WORDS,
    MOST_COINS,
    SHORTEST_WORDS,
    CaseState,
    RuleKind,
)
from portal.people.fields import PersonField

APPROVE, REFUSE = "approve", "refuse"
MOST_NUMBER = 100_000


def _long_enough(_form: Any, field: Lines) -> None:
    if len(field.data or "") < SHORTEST_WORDS:
        raise ValidationError(_("请至少写 %(least)s 个字。", least=SHORTEST_WORDS))


class AnswerForm(Keyed):
    """What one of the two says."""

    words = Lines(
        _l("怎么一回事"), most=LONGEST_WORDS, checks=[_long_enough],
        description=_l("对方和作决定的人会读到。决定之前可以再改。"),
    )  # fmt: skip


class DecideForm(Keyed):
    """What is decided, and why."""

    state = Cards(_l("怎么决定"), choices=[])
    reasons = Lines(
        _l("理由"), most=LONGEST_WORDS, checks=[_long_enough], description=_l("两位都会读到。")
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.state.choices = [
            (CaseState.CLEARED.value, _("没有问题，暂存的金币退回")),
            (CaseState.CORRECTED.value, _("更正：把这几笔撤回，还在钱包里多少撤多少，不罚")),
        ]


class DuesField(SelectMultipleField):
    """Several awards, ticked in the list. Its data is their ids; the rule decides about each."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def __init__(self, label: Any = None, **options: Any) -> None:
        super().__init__(label, coerce=int, choices=[], validate_choice=False, **options)
        self.hints: dict[int, str] = {}
        self.flags.required = True

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        self.data = []
        numbers = [int(each) for each in valuelist if re.fullmatch(r"[0-9]{1,19}", each)]
        if len(numbers) < len(valuelist) or any(each > LARGEST_ID for each in numbers):
            raise ValueError(_("请从名单里选。"))
        self.data = numbers

    def pre_validate(self, _form: Any) -> None:
        if not self.data and not self.process_errors:
            raise ValidationError(_("请至少选一条。"))


class DueForm(Keyed):
    """Which awards, and whether they are paid or let be."""

    due = DuesField(_l("等你看过的"))
    reasons = Text(_l("不发的原因"), most=200, needed=False)

    @property
    def act(self) -> str:
        """Which button was pressed."""
        return REFUSE if request.form.get("act") == REFUSE else APPROVE


class RuleForm(Keyed):
    """A rule by which coins are given."""

    kind = Cards(_l("为了什么"), choices=[])
    name = Text(_l("叫什么"), most=LONGEST_NAME)
    amount = Whole(_l("几枚金币"), most=MOST_COINS)
    every_years = Whole(
        _l("每满几年"), most=50, needed=False, description=_l("只有司龄周年要填：1 就是每年。")
    )
    owner = PersonField(_l("谁来看过再发"))
    since = Day(_l("从哪一天起"))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.kind.choices = [(kind.value, kind.label) for kind in RuleKind]

    def values(self) -> dict[str, Any]:
        """The keywords of `rules.set_rule`."""
        names = ("kind", "name", "amount", "every_years", "since")
        chosen = self.owner.chosen
        return {name: self[name].data for name in names} | {"owner_id": chosen.id if chosen else 0}


class SureForm(Keyed):
    """Only a button."""


class StarForm(Keyed):
    """A star of the month."""

    rule = Cards(_l("哪一颗星"), choices=[])
    person = PersonField(_l("是谁"))


class NumbersForm(Keyed):
    """From which amounts coins between two people are asked about."""

    ring = Whole(
        _l("互相给"), least=0, most=MOST_NUMBER,
        description=_l("90 天里，两个人互相都给了对方这么多枚，就问一问。0 是不问。"),
    )  # fmt: skip
    favour = Whole(
        _l("集中给一个人"), least=0, most=MOST_NUMBER,
        description=_l("90 天里，一半以上给了同一个人，而且不少于这么多枚，就问一问。0 是不问。"),
    )  # fmt: skip
    is_held = Tick(_l("问的时候，先把还在钱包里的这些金币暂存起来"))
    since = Day(_l("从哪一天起"))
