"""What may be typed about suggestions."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms.fields import HiddenField

from portal.base import words
from portal.base.forms import Cards, Choice, Keyed, Lines, Text
from portal.people.fields import PersonField
from portal.suggestions import queries
from portal.suggestions.models import (
    MOST_COMMENT,
    MOST_MORE,
    MOST_REASON,
    MOST_SINCE,
    MOST_SPOT,
    MOST_TITLE,
    MOST_WHAT,
    Kind,
    Status,
)


def _topics() -> list[tuple[str, str]]:
    language = words.language()
    chosen = [(topic.key, topic.label(language)) for topic in queries.open_topics()]
    return [("", _("请选择")), *chosen]


class WoodpeckerForm(Keyed):
    """A fault."""

    title = Text(
        _l("一句话说清楚"), most=MOST_TITLE,
        render_kw={"placeholder": _l("例如：夜班后半夜没有热水"), "autocomplete": "off"},
    )  # fmt: skip
    what = Lines(_l("哪里不对"), most=MOST_WHAT, description=_l("看到什么，就写什么。"))
    spot = Text(
        _l("在哪里"), most=MOST_SPOT,
        render_kw={"placeholder": _l("地点、系统或流程的哪一步"), "autocomplete": "off"},
    )  # fmt: skip
    topic = Choice(_l("关于什么"), choices=_topics)
    since = Text(
        _l("从什么时候开始"), most=MOST_SINCE, needed=False,
        render_kw={"placeholder": _l("例如：上个月起"), "autocomplete": "off"},
    )  # fmt: skip
    cost = Lines(
        _l("带来什么损失"), most=MOST_MORE, needed=False,
        description=_l("耽误多少时间，影响多少人，客户怎么说。"),
    )  # fmt: skip


class GoldenFingerForm(Keyed):
    """An idea."""

    title = Text(
        _l("一句话说清楚"), most=MOST_TITLE,
        render_kw={"placeholder": _l("例如：知识库首页放上今天的新资费"), "autocomplete": "off"},
    )  # fmt: skip
    what = Lines(_l("怎么做"), most=MOST_WHAT, description=_l("谁来做，先做哪一步。"))
    effect = Lines(
        _l("会有什么好处"), most=MOST_MORE, description=_l("省下什么，谁会更方便，怎么看得出来。")
    )
    topic = Choice(_l("关于什么"), choices=_topics)


FORMS: dict[Kind, type[Keyed]] = {
    Kind.WOODPECKER: WoodpeckerForm,
    Kind.GOLDEN_FINGER: GoldenFingerForm,
}


class _Stepped(Keyed):
    """A form about a suggestion as its reader saw it: `step` tells whether it moved since."""

    step = HiddenField()

    def values(self) -> dict[str, Any]:
        typed = str(self.step.data or "")
        seen = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else 0
        return {**super().values(), "step": seen}


class _Answers(Cards):
    """Cards with a quiet line each."""

    hints: dict[str, str] = {}  # noqa: RUF012 (set anew by each form)


class AnswerForm(_Stepped):
    """Where it stands now, and why."""

    status = _Answers(_l("你的答复"), choices=[])
    reason = Lines(
        _l("说给大家听"), most=MOST_REASON,
        description=_l("所有同事都能看到。采纳，说下一步；不采纳，说清楚为什么。"),
    )  # fmt: skip

    def offer(self, answers: tuple[Status, ...], reward_coins: int) -> None:
        """Offer what can follow, each with what it means."""
        reward = _("说好了就去做")
        if reward_coins:
            reward = _("作者得到 %(coins)s", coins=words.coins(reward_coins))
        told = {
            Status.ANSWERED: (_("先回个话"), _("已经看到，还要了解")),
            Status.IN_WORK: (_("开始处理"), _("有人在办了")),
            Status.ADOPTED: (_("采纳"), reward),
            Status.DONE: (_("已经办成"), _("做好了，看得见")),
            Status.DECLINED: (_("不采纳"), _("请说清楚为什么")),
        }
        self.status.choices = [(status.value, told[status][0]) for status in answers]
        self.status.hints = {status.value: told[status][1] for status in answers}

    def values(self) -> dict[str, Any]:
        return {**super().values(), "status": Status(self.status.data)}


class HandOverForm(_Stepped):
    """Who is better placed to answer, and why."""

    owner = PersonField(_l("交给谁"))
    reason = Lines(_l("为什么"), most=MOST_REASON, description=_l("写在经过里，大家都能看到。"))

    def values(self) -> dict[str, Any]:
        typed = super().values()
        del typed["owner"]
        return {**typed, "owner_id": self.owner.chosen.id if self.owner.chosen else 0}


class WithdrawForm(Keyed):
    """Why it is taken back."""

    reason = Lines(
        _l("为什么撤回"), most=MOST_REASON,
        description=_l("例如：问题已经解决了。撤回以后只有你自己看得到。"),
    )  # fmt: skip


class CommentForm(Keyed):
    """Something to say under a suggestion."""

    words = Lines(_l("说一句"), most=MOST_COMMENT)
