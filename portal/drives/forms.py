"""What may be typed about drives."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import Field, SelectChoice  # type: ignore[attr-defined]  # newer than its types
from wtforms.validators import ValidationError

from portal.base.forms import Cards, Choice, Day, Form, Keyed, Lines, Text, Whole, Yuan
from portal.drives import rules
from portal.drives.models import Drive, Shown, SurplusRule
from portal.people.fields import PersonField

SUGGESTED = (1, 2, 5, 10)
"""Suggested coins: small sums only, so that nobody feels asked for more."""

OWN = "own"
SHOWN = {
    Shown.PUBLIC: _l("写上名字"),
    Shown.COMMITTEE: _l("只给委员会看"),
    Shown.ANONYMOUS: _l("匿名"),
}
SHOWN_HINTS = {
    Shown.PUBLIC: _l("名字出现在心意墙上，大家都看得到。"),
    Shown.COMMITTEE: _l("墙上写“一位同事”，只有义捐委员会知道是谁。"),
    Shown.ANONYMOUS: _l("门户里谁都看不到你的名字，委员会也看不到。"),
}
SURPLUS = {
    SurplusRule.CARE_FUND: _l("转入员工关爱基金"),
    SurplusRule.NEXT_DRIVE: _l("转给下一次义捐"),
    SurplusRule.CHARITY: _l("捐给公益机构"),
}
SURPLUS_HINTS = {
    SurplusRule.CARE_FUND: _l("留给以后遇到难处的同事。"),
    SurplusRule.NEXT_DRIVE: _l("成为下一次义捐的第一笔。"),
    SurplusRule.CHARITY: _l("由委员会选定机构，并公布凭证。"),
}


class Hinted(Cards):
    """A closed list whose choices each carry a quiet line."""

    def __init__(self, label: Any = None, *, hints: dict[Any, Any], **options: Any) -> None:
        self.hints = {str(key): text for key, text in hints.items()}
        super().__init__(label, **options)


def _choices(texts: dict[Any, Any]) -> list[SelectChoice]:
    return [SelectChoice(str(key), text) for key, text in texts.items()]


class DriveForm(Keyed):
    title = Text(_l("名称"), most=60, description=_l("一句话说清为什么，不写病名和家事。"))
    story = Lines(
        _l("想对大家说的话"), most=2000,
        description=_l("这段话所有人都看得到，请先给当事人看过，只写本人同意公开的。"),
        render_kw={"rows": 8},
    )  # fmt: skip
    goal_fen = Yuan(_l("目标金额（元）"), most_fen=rules.LARGEST_GOAL_FEN)
    opens_on = Day(_l("开始的日子"))
    closes_on = Day(_l("最后一天"))
    surplus_rule = Hinted(
        _l("如果有余款"), choices=_choices(SURPLUS), hints=SURPLUS_HINTS,
        description=_l("开放以后，目标、日期和这条规则都不能再改。"),
    )  # fmt: skip
    unit_id = Choice(_l("面向"), choices=[], needed=False)

    def offer(self, sites: list[tuple[int, str]], drive: Drive | None = None) -> None:
        """Fill in the sites to choose from; show the draft's own values where nothing was sent."""
        self.unit_id.choices = _choices({"": _("全体同事")} | dict(sites))
        if drive is not None and not self.is_submitted():
            for name in ("title", "story", "goal_fen", "opens_on", "closes_on"):
                self[name].data = getattr(drive, name)
            self.surplus_rule.data = str(drive.surplus_rule)
            self.unit_id.data = "" if drive.unit_id is None else str(drive.unit_id)

    def values(self) -> dict[str, Any]:
        typed = super().values()
        return typed | {"unit_id": int(typed["unit_id"]) if typed["unit_id"] else None}


def _one_amount(form: Any, field: Field) -> None:
    """A chosen amount or an own one: never two that differ."""
    if field.process_errors:
        return
    chosen = form.chosen.data
    if chosen in {OWN, None} and field.data is None:
        raise ValidationError(_("请选一个数，或填你想捐的枚数。"))
    if chosen not in {OWN, None} and field.data is not None and str(field.data) != chosen:
        raise ValidationError(
            _("上面选了 %(chosen)s，这里填了 %(own)s，请只留一个。", chosen=chosen, own=field.data)
        )


class _OwnAmount(Whole):
    def pre_validate(self, form: Any) -> None:
        _one_amount(form, self)


class GiftForm(Keyed):
    chosen = Cards(
        _l("捐多少"),
        choices=_choices({each: str(each) for each in SUGGESTED} | {OWN: _l("自己填")}),
        default=str(SUGGESTED[1]),
    )
    amount = _OwnAmount(_l("自己填的枚数"), least=1, most=rules.LARGEST_COINS, needed=False)
    shown = Hinted(
        _l("怎样署名"), choices=_choices(SHOWN), hints=SHOWN_HINTS, default=str(Shown.PUBLIC)
    )
    message = Text(
        _l("想说的话"), most=200, needed=False, description=_l("会写在心意墙上，所有人都看得到。")
    )

    def values(self) -> dict[str, Any]:
        amount = self.amount.data
        return {
            "amount": int(self.chosen.data) if amount is None else amount,
            "shown": self.shown.data,
            "message": self.message.data,
        }


class CashForm(Keyed):
    amount_fen = Yuan(_l("金额（元）"), most_fen=rules.LARGEST_CASH_FEN)
    shown = Hinted(_l("怎样署名"), choices=_choices(SHOWN), hints=SHOWN_HINTS)
    giver = PersonField(
        _l("捐赠的同事"), needed=False, description=_l("匿名就留空，连这里也不要记。")
    )
    giver_name = Text(
        _l("或者外面的朋友"), most=60, needed=False, description=_l("名字只留给委员会。")
    )
    counted_by = PersonField(
        _l("和你一起清点的同事"),
        description=_l("两个人都点过，数目一致才登记。对方会收到一条提醒。"),
    )
    message = Text(_l("想说的话"), most=200, needed=False)

    def values(self) -> dict[str, Any]:
        giver, counter = self.giver.chosen, self.counted_by.chosen
        return {
            "amount_fen": self.amount_fen.data,
            "shown": self.shown.data,
            "giver_id": giver.id if giver else None,
            "giver_name": self.giver_name.data,
            "counted_by_id": counter.id if counter else 0,
            "message": self.message.data,
        }


class ReverseForm(Keyed):
    reason = Text(_l("哪里记错了"), most=200)
    seconded_by = PersonField(_l("和你一起更正的同事"))

    def values(self) -> dict[str, Any]:
        second = self.seconded_by.chosen
        return {"reason": self.reason.data, "seconded_by_id": second.id if second else 0}


class UpdateForm(Keyed):
    words = Lines(
        _l("进展"), most=500,
        description=_l("所有人都看得到。谢谢大家，说说办到了什么，不写病情，不催谁。"),
        render_kw={"rows": 5},
    )  # fmt: skip


class OpenForm(Form):
    """Asks before a draft is opened."""


class CloseForm(Form):
    closing_note = Lines(
        _l("结束的话"), most=500,
        description=_l("谢谢大家，说说钱接下来怎么用。所有人都看得到。"),
        render_kw={"rows": 4},
    )  # fmt: skip
