"""What may be typed about rewards."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import SelectChoice  # type: ignore[attr-defined]  # newer than its types

from portal.base import clock
from portal.base.forms import (
    Cards,
    Choice,
    Day,
    Form,
    Keyed,
    Lines,
    Picture,
    Text,
    Tick,
    Whole,
)
from portal.rewards.models import MOST_PIECES, MOST_PRICE, Reward, Shelf

MOST_BYTES = 10 * 1024 * 1024
IN, OUT = "in", "out"
SAME = (
    "name", "story", "price", "per_person", "per_month", "opens_on", "closes_on", "fetch_at",
)  # fmt: skip
"""The fields that show a column of the item as it is."""
SHELF = {
    Shelf.SHOWN: _l("在架上，可以兑换"),
    Shelf.HIDDEN: _l("先收起来，以后再上架"),
    Shelf.WITHDRAWN: _l("下架，不再兑换"),
}


def _choices(texts: dict[Any, Any]) -> list[SelectChoice]:
    return [SelectChoice(str(key), text) for key, text in texts.items()]


class OrderForm(Keyed):
    """Only a button."""


class CancelForm(Keyed):
    """Only a button."""


class HandForm(Keyed):
    """Only a button."""


class DeskForm(Form):
    code = Text(
        _l("取货号"), most=12, description=_l("六位数字，在对方的订单页上。"),
        render_kw={"inputmode": "numeric", "autocomplete": "off"},
    )  # fmt: skip


class RefundForm(Keyed):
    reason = Text(_l("原因"), most=200, description=_l("对方会收到这句话。"))
    is_back = Tick(_l("东西收回来了，还能再给别人"))


class StockForm(Keyed):
    way = Cards(_l("多了还是少了"), choices=_choices({IN: _l("进货"), OUT: _l("减少")}), default=IN)
    pieces = Whole(_l("几件"), most=MOST_PIECES)
    reason = Text(_l("原因"), most=100, description=_l("例如：新到一批，盘点少了，损坏。"))

    def values(self) -> dict[str, Any]:
        pieces = int(self.pieces.data or 0)
        return {
            "pieces": pieces if self.way.data == IN else -pieces,
            "reason": self.reason.data,
        }


class ItemForm(Keyed):
    name = Text(_l("叫什么"), most=40)
    story = Lines(
        _l("介绍"), most=500, needed=False, description=_l("大小、颜色、怎么用，一两句就好。"),
        render_kw={"rows": 3},
    )  # fmt: skip
    picture = Picture(
        _l("照片"), most_bytes=MOST_BYTES, description=_l("JPEG、PNG 或 WebP，最大 10 MB。")
    )
    price = Whole(_l("换一件要几枚金币"), most=MOST_PRICE)
    stock = Whole(_l("现在有几件"), least=0, most=MOST_PIECES)
    per_person = Whole(
        _l("每人一共最多几件"), most=MOST_PIECES, needed=False, description=_l("留空就不限。")
    )
    per_month = Whole(
        _l("每人每月最多几件"), most=MOST_PIECES, needed=False, description=_l("留空就不限。")
    )
    opens_on = Day(_l("从哪天起可以换"), default=clock.today)
    closes_on = Day(_l("最后一天"), needed=False, description=_l("留空就一直可以换。"))
    fetch_at = Text(
        _l("在哪里领"), most=80, description=_l("例如：一楼文化站，工作日 12:00–13:30。")
    )
    unit_id = Choice(_l("给谁"), choices=[], needed=False)
    shelf = Cards(_l("上架"), choices=_choices(SHELF), default=str(Shelf.SHOWN))

    def offer(self, units: dict[Any, Any], reward: Reward | None = None) -> None:
        """Fill in whom it can be for; show the item's own values where nothing was sent."""
        self.unit_id.choices = _choices(units)
        if reward is None:
            return
        del self.stock
        if not self.is_submitted():
            for name in SAME:
                self[name].data = getattr(reward, name)
            self.unit_id.data = "" if reward.unit_id is None else str(reward.unit_id)
            self.shelf.data = str(reward.shelf)

    def values(self) -> dict[str, Any]:
        typed = super().values()
        sent = typed.pop("picture")
        return typed | {
            "unit_id": int(typed["unit_id"]) if typed["unit_id"] else None,
            "picture": (sent.stream, sent.filename) if sent and sent.filename else None,
        }
