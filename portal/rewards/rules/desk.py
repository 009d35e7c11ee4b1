"""The desk: an order is found by its code, handed over, and put right afterwards if need be."""

from __future__ import annotations

from datetime import timedelta

from flask_babel import gettext as _

from portal.base import clock, throttle
from portal.base.access import Viewer
from portal.base.db import note, session
from portal.base.errors import Refused
from portal.coins.models import AccountKind, Reason
from portal.coins.rules import account, post_hold, transfer
from portal.notify.rules import tell
from portal.rewards import policy
from portal.rewards.models import CODE_DIGITS, COUNTED, Order, OrderState, Reward
from portal.rewards.queries import with_code
from portal.rewards.rules.ordering import end, held, release

WRONG_CODES = 20
WINDOW = timedelta(minutes=15)


def waiting(by: Viewer, *, code: str) -> int:
    """The number of the order that waits under this code and that `by` may hand over.

    Raises Refused with the same words whether there is none or it is another site's (404), and
    with 429 after too many wrong codes: nobody finds an order by trying.
    """
    whom = str(by.id)
    if throttle.tries("reward-code", whom, within=WINDOW) >= WRONG_CODES:
        raise Refused(_("错的取货号太多了。请歇一歇，过几分钟再来。"), "code", status=429)
    digits = "".join(sign for sign in code if sign.isascii() and sign.isdigit())
    found = with_code(digits) if len(digits) == CODE_DIGITS else None
    order = None if found is None else session().get_one(Order, found)
    if order is None or not policy.may_hand_over(by, order):
        note(lambda: throttle.count("reward-code", whom, within=WINDOW))
        told = _("没有等着领取的订单用这个取货号。请对方打开订单，再念一遍。")
        raise Refused(told, "code", status=404)
    return order.id


def hand_over(by: Viewer, order: Order) -> None:
    """The piece changes hands, and the coins with it. Raises Refused: one's own, or too late."""
    if policy.is_own(by, order):
        raise Refused(_("这是你自己的订单，请另一位同事来交给你。"), status=409)
    if order.is_waiting and order.lapses_at <= clock.now():
        raise Refused(_("已经过了领取的日子，金币会退回去。请对方重新兑换。"), status=409)
    end(
        order,
        was=OrderState.RESERVED,
        now=OrderState.HANDED,
        handed=1,
        handed_at=clock.now(),
        handed_by_id=by.id,
    )
    post_hold(
        held(order),
        key=f"rewards:order:{order.id}:handed",
        to_id=account(AccountKind.STORE).id,
        reason=Reason.ORDER,
        by_id=by.id,
    )
    _tell(order, "handed", by=by.name)


def refund(by: Viewer, order: Order, *, reason: str, is_back: bool) -> None:
    """Give the coins back: something was wrong with it, or it cannot be handed over.

    is_back: the piece can stand on the shelf again; one that was never fetched always does.
    Raises Refused: an order that ended otherwise, or one's own.
    """
    if policy.is_own(by, order):
        raise Refused(_("自己的订单请另一位人事同事来退。"), status=409)
    was = order.state
    if was not in COUNTED:
        raise Refused(
            _("这一单的状态已经变了，现在是“%(state)s”。", state=order.standing), status=409
        )
    was_handed = was == OrderState.HANDED
    end(
        order,
        was=was,
        now=OrderState.REFUNDED,
        handed=-1 if was_handed and is_back else 0,
        refunded_at=clock.now(),
        refunded_by_id=by.id,
        refund_reason=reason,
        is_returned=is_back or not was_handed,
    )
    if was_handed:
        store = account(AccountKind.STORE).id
        wallet = account(AccountKind.WALLET, order.person_id).id
        legs = [(store, -order.price), (wallet, order.price)]
        key = f"rewards:order:{order.id}:refunded"
        transfer(key=key, reason=Reason.REFUND, legs=legs, by_id=by.id)
    else:
        release(order, by_id=by.id, word="refunded")
    _tell(order, "refunded", because=reason)


def _tell(order: Order, word: str, **more: str | int) -> None:
    reward = session().get_one(Reward, order.reward_id)
    tell(
        order.person_id,
        kind=f"rewards.{word}",
        key=f"rewards:{word}:{order.id}",
        link=f"/rewards/orders/{order.id}",
        params={"item": reward.name, "coins": order.price, **more},
    )
