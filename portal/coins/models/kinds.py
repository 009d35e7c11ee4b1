"""The closed lists of the ledger, with their names in the reader's words."""

from __future__ import annotations

from enum import StrEnum

from portal.base.words import lazy as _l


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
        return str(_KINDS[self.value])


_KINDS = {
    "issue": _l("发行（金币的来处）"),
    "budget": _l("各单位的预算"),
    "allowance": _l("每人的感谢额度"),
    "wallet": _l("大家的钱包"),
    "store": _l("兑换处"),
    "drive": _l("义卖义捐"),
    "held": _l("暂存"),
    "expired": _l("已到期"),
    "cash": _l("收到的善款（来处）"),
}


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
        return str(_REASONS[self.value])


_REASONS = {
    "fund": _l("拨入预算"),
    "award": _l("表扬"),
    "thank": _l("同事的感谢"),
    "withdraw": _l("撤回表扬"),
    "reversal": _l("更正"),
    "gift_to_drive": _l("捐给义卖义捐"),
    "cash_received": _l("收到善款"),
    "greeting": _l("节日问候"),
    "suggestion_reward": _l("建议被采纳"),
    "order": _l("兑换"),
    "refund": _l("退回"),
    "expire": _l("到期"),
    "opening": _l("期初"),
    "hold": _l("暂存"),
    "release": _l("暂存退回"),
    "rule": _l("按规则奖励"),
}


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
        return str(_VALUES[self.value])

    @property
    def openings(self) -> tuple[str, ...]:
        """Ways to begin, in the reader's words; what happened and what they did is left to fill."""
        return tuple(str(line) for line in _OPENINGS[self])


_VALUES = {
    "patience": _l("耐心"),
    "care": _l("关爱"),
    "teamwork": _l("协作"),
    "improvement": _l("改进"),
    "excellence": _l("卓越"),
    "courage": _l("担当"),
}


GAP = "____"
"""A place in an opening that is to be filled."""


_OPENINGS = {
    Value.PATIENCE: (
        _l("____那天，客户因为____很着急。你没有打断，一步一步地____，最后____。"),
        _l("同一个问题客户问了____遍，你每次都____，直到对方说____。"),
        _l("夜班快结束时来了一通____的电话，你还是____。"),
    ),
    Value.CARE: (
        _l("____遇到了____，你先____，又____，让对方安下心来。"),
        _l("你注意到____，没有人提醒，就主动____。"),
        _l("新来的____还不熟悉____，你陪着____，现在对方已经____。"),
    ),
    Value.TEAMWORK: (
        _l("____那天话务特别多，你帮____接下了____，大家才能____。"),
        _l("____临时不能来，你____，班里一点没乱。"),
        _l("和____一起处理____时，你把____讲得清清楚楚，后面的人接得很顺。"),
    ),
    Value.IMPROVEMENT: (
        _l("以前____总要____，你想了个办法：____，现在只要____。"),
        _l("你发现____会让客户____，提出改成____，已经____。"),
        _l("你把____整理成____，大家照着做，____少了很多。"),
    ),
    Value.EXCELLENCE: (
        _l("这个月你的____做到了____，靠的是每天____。"),
        _l("质检听到你____那通电话：____，可以给大家当范例。"),
        _l("客户专门来电说，你____的时候____，这是最好的评价。"),
    ),
    Value.COURAGE: (
        _l("____出了问题，没有等别人，你站出来____，把影响控制在____。"),
        _l("遇到____这样棘手的事，你主动接了过来，____，最后____。"),
        _l("你发现自己____，马上说了出来，并且____，没有让客户受影响。"),
    ),
}
