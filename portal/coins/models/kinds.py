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


_VALUES = {
    "patience": _l("耐心"),
    "care": _l("关爱"),
    "teamwork": _l("协作"),
    "improvement": _l("改进"),
    "excellence": _l("卓越"),
    "courage": _l("担当"),
}
