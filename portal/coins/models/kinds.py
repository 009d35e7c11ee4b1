"""The closed lists of the ledger, with their names in the reader's words."""

from __future__ import annotations

from enum import StrEnum

from flask_babel import gettext as _


class AccountKind(StrEnum):
    """What an account stands for; its owner is a unit, a person or a drive, 0 for the house."""

    ISSUE = "issue"  # where coins come from: as far below zero as coins are about
    BUDGET = "budget"  # a unit's coins to award in one month
    ALLOWANCE = "allowance"  # a person's coins to thank with in one month
    WALLET = "wallet"  # a person's own coins
    STORE = "store"
    DRIVE = "drive"
    HELD = "held"
    EXPIRED = "expired"
    CASH = "cash"  # where money comes from

    @property
    def label(self) -> str:
        """The kind in the reader's words."""
        return str(
            {
                "issue": _("发行（金币的来处）"),
                "budget": _("各单位的预算"),
                "allowance": _("每人的感谢额度"),
                "wallet": _("大家的钱包"),
                "store": _("兑换处"),
                "drive": _("义卖义捐"),
                "held": _("暂存"),
                "expired": _("已到期"),
                "cash": _("收到的善款（来处）"),
            }[self.value]
        )


SOURCES = frozenset({AccountKind.ISSUE, AccountKind.CASH})
"""The accounts that may be below zero."""


class Currency(StrEnum):
    COIN = "coin"
    FEN = "fen"


class Reason(StrEnum):
    """Why something moved: a closed list."""

    FUND = "fund"
    AWARD = "award"
    THANK = "thank"
    WITHDRAW = "withdraw"
    REVERSAL = "reversal"
    GIFT_TO_DRIVE = "gift_to_drive"
    CASH_RECEIVED = "cash_received"
    GREETING = "greeting"
    SUGGESTION_REWARD = "suggestion_reward"
    ORDER = "order"
    REFUND = "refund"
    EXPIRE = "expire"
    OPENING = "opening"
    HOLD = "hold"
    RELEASE = "release"
    RULE = "rule"

    @property
    def label(self) -> str:
        """The reason in the reader's words."""
        return str(
            {
                "fund": _("拨入预算"),
                "award": _("表扬"),
                "thank": _("同事的感谢"),
                "withdraw": _("撤回表扬"),
                "reversal": _("更正"),
                "gift_to_drive": _("捐给义卖义捐"),
                "cash_received": _("收到善款"),
                "greeting": _("节日问候"),
                "suggestion_reward": _("建议被采纳"),
                "order": _("兑换"),
                "refund": _("退回"),
                "expire": _("到期"),
                "opening": _("期初"),
                "hold": _("暂存"),
                "release": _("暂存退回"),
                "rule": _("按规则奖励"),
            }[self.value]
        )


RECOGNITION = frozenset(
    {Reason.AWARD, Reason.THANK, Reason.GREETING, Reason.SUGGESTION_REWARD, Reason.RULE}
)
"""What counts as coins received: given by people or by a rule, net of what was withdrawn."""

RETURNS = frozenset({Reason.REFUND, Reason.RELEASE})
"""What comes back to where it was before: it begins no new lot."""


class Value(StrEnum):
    """What is being recognised: a closed list."""

    PATIENCE = "patience"
    CARE = "care"
    TEAMWORK = "teamwork"
    IMPROVEMENT = "improvement"
    EXCELLENCE = "excellence"
    COURAGE = "courage"

    @property
    def label(self) -> str:
        """The value in the reader's words."""
        return str(
            {
                "patience": _("耐心"),
                "care": _("关爱"),
                "teamwork": _("协作"),
                "improvement": _("改进"),
                "excellence": _("卓越"),
                "courage": _("担当"),
            }[self.value]
        )

    @property
    def openings(self) -> tuple[str, ...]:
        """Ways to begin, in the reader's words; what happened and what they did is left to fill."""
        return _openings()[self]


GAP = "____"
"""A place in an opening that is to be filled."""


def _openings() -> dict[Value, tuple[str, ...]]:
    return {
        Value.PATIENCE: (
            _("____那天，客户因为____很着急。你没有打断，一步一步地____，最后____。"),
            _("同一个问题客户问了____遍，你每次都____，直到对方说____。"),
            _("夜班快结束时来了一通____的电话，你还是____。"),
        ),
        Value.CARE: (
            _("____遇到了____，你先____，又____，让对方安下心来。"),
            _("你注意到____，没有人提醒，就主动____。"),
            _("新来的____还不熟悉____，你陪着____，现在对方已经____。"),
        ),
        Value.TEAMWORK: (
            _("____那天话务特别多，你帮____接下了____，大家才能____。"),
            _("____临时不能来，你____，班里一点没乱。"),
            _("和____一起处理____时，你把____讲得清清楚楚，后面的人接得很顺。"),
        ),
        Value.IMPROVEMENT: (
            _("以前____总要____，你想了个办法：____，现在只要____。"),
            _("你发现____会让客户____，提出改成____，已经____。"),
            _("你把____整理成____，大家照着做，____少了很多。"),
        ),
        Value.EXCELLENCE: (
            _("这个月你的____做到了____，靠的是每天____。"),
            _("质检听到你____那通电话：____，可以给大家当范例。"),
            _("客户专门来电说，你____的时候____，这是最好的评价。"),
        ),
        Value.COURAGE: (
            _("____出了问题，没有等别人，你站出来____，把影响控制在____。"),
            _("遇到____这样棘手的事，你主动接了过来，____，最后____。"),
            _("你发现自己____，马上说了出来，并且____，没有让客户受影响。"),
        ),
    }
