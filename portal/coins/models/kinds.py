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
