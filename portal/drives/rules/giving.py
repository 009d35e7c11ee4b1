"""Gifts: coins out of a wallet, cash with a receipt, putting right what was wrongly recorded."""

from __future__ import annotations

from flask_babel import gettext as _
from sqlalchemy import select, update

from portal.base import clock, once
from portal.base.access import Viewer
from portal.base.db import session
from portal.base.errors import Refused
from portal.coins.models import AccountKind, Reason
from portal.coins.rules import account, reverse, transfer
from portal.drives.models import Drive, DriveState, Gift, GiftKind, Phase, Shown
from portal.notify.rules import tell

LARGEST_CASH_FEN = 100_000_000
LARGEST_COINS = 100_000


def give_coins(
    by: Viewer, drive: Drive, *, amount: int, shown: str, message: str | None = None
) -> Gift:
    """Give coins of the own wallet. Raises Refused: not open today, or more than one has.

    An anonymous gift stores no name: only the entries of the own wallet lead back to it, so no
    notice is written either.
    """
    if not 0 < amount <= LARGEST_COINS:
        raise Refused(_("请填 1 到 %(most)s 之间的整数。", most=LARGEST_COINS), "amount")
    shown = _known_shown(shown)
    _hold_open(drive)
    wallet = account(AccountKind.WALLET, by.id)
    pot = account(AccountKind.DRIVE, drive.id)
    is_anonymous = shown == Shown.ANONYMOUS
    moved = transfer(
        key=f"drive:{drive.id}:gift:{once.new_key()}",
        reason=Reason.GIFT_TO_DRIVE,
        legs=[(wallet.id, -amount), (pot.id, amount)],
        by_id=None if is_anonymous else by.id,
        memo=drive.title,
    )
    gift = Gift(
        drive_id=drive.id,
        kind=GiftKind.COINS,
        giver_id=None if is_anonymous else by.id,
        amount_coins=amount,
        shown=Shown(shown),
        message=message or None,
        transfer_id=moved.id,
    )
    session().add(gift)
    session().flush()
    if gift.giver_id is not None:
        _tell_giver(gift, drive, "thanked", coins=amount)
    return gift


def _known_shown(shown: str) -> Shown:
    if shown not in set(Shown):
        raise Refused(_("请从列出的里面选一个。"), "shown")
    return Shown(shown)


def _hold_open(drive: Drive) -> None:
    """Keep the drive from closing until this gift is in. Raises Refused where it takes none."""
    state = session().scalar(
        select(Drive.state).where(Drive.id == drive.id).with_for_update(read=True)
    )
    today = clock.today()
    if state != DriveState.OPEN or drive.phase_on(today) == Phase.COUNTING:
        raise Refused(_("这次义捐已经结束，不再接受捐赠，谢谢你的心意。"), status=409)
    if today < drive.opens_on:
        raise Refused(_("这次义捐还没有开始，到时候再来。"), status=409)


def record_cash(
    by: Viewer,
    drive: Drive,
    *,
    amount_fen: int,
    shown: str,
    counted_by_id: int,
    giver_id: int | None = None,
    giver_name: str | None = None,
    message: str | None = None,
) -> Gift:
    """Write down cash that was handed over, with the next receipt number. Raises Refused.

    giver_name: of somebody from outside, kept for the committee. Counted by two: `by` and
    another, neither of them the giver. Cash from the box is still counted after the last day,
    until the drive closes.
    """
    if not 0 < amount_fen <= LARGEST_CASH_FEN:
        raise Refused(_("请填 0.01 到 1,000,000.00 元之间的金额。"), "amount_fen")
    shown, giver_name = _known_shown(shown), giver_name or None
    _check_giver(shown, giver_id, giver_name)
    _check_counters(by.id, counted_by_id, giver_id)
    number = _next_receipt_no(drive)
    moved = transfer(
        key=f"drive:{drive.id}:receipt:{number}",
        reason=Reason.CASH_RECEIVED,
        legs=[
            (account(AccountKind.CASH, currency="fen").id, -amount_fen),
            (account(AccountKind.DRIVE, drive.id, currency="fen").id, amount_fen),
        ],
        by_id=by.id,
        memo=drive.title,
    )
    gift = Gift(
        drive_id=drive.id,
        kind=GiftKind.CASH,
        giver_id=giver_id,
        giver_name=giver_name,
        amount_fen=amount_fen,
        shown=shown,
        message=message or None,
        receipt_no=number,
        received_by_id=by.id,
        counted_by_id=counted_by_id,
        transfer_id=moved.id,
    )
    session().add(gift)
    session().flush()
    _tell_counter(gift, drive, by, counted_by_id)
    if giver_id is not None:
        _tell_giver(gift, drive, "received", fen=amount_fen, no=number)
    return gift


def _check_giver(shown: str, giver_id: int | None, giver_name: str | None) -> None:
    if shown == Shown.ANONYMOUS:
        if giver_id is not None:
            raise Refused(_("匿名捐赠不记名字，请把这里留空。"), "giver")
        if giver_name is not None:
            raise Refused(_("匿名捐赠不记名字，请把这里留空。"), "giver_name")
        return
    if giver_id is None and giver_name is None:
        raise Refused(_("请填捐赠的同事，或外面朋友的名字；不愿留名就选匿名。"), "giver")
    if giver_id is not None and giver_name is not None:
        raise Refused(_("同事和外面的朋友只填一个。"), "giver_name")
    if giver_name is not None and shown != Shown.COMMITTEE:
        raise Refused(_("外面朋友的名字只留给委员会，请选“只给委员会看”。"), "shown")


def _check_counters(taker_id: int, counter_id: int, giver_id: int | None) -> None:
    if counter_id == taker_id:
        raise Refused(_("要由两个人清点，请填另一位同事。"), "counted_by")
    if giver_id is not None and giver_id == counter_id:
        raise Refused(_("捐赠的人不能清点自己的钱，请填另一位同事。"), "counted_by")
    if giver_id is not None and giver_id == taker_id:
        raise Refused(_("你自己的捐款，请另一位委员来登记。"), "giver")


def _next_receipt_no(drive: Drive, *, only_open: bool = True) -> int:
    """The next number of this drive, held until the commit: no number is ever left out."""
    statement = update(Drive).where(Drive.id == drive.id, Drive.opens_on <= clock.today())
    if only_open:
        statement = statement.where(Drive.state == DriveState.OPEN)
    number = session().scalar(
        statement.values(last_receipt_no=Drive.last_receipt_no + 1)
        .returning(Drive.last_receipt_no)
        .execution_options(synchronize_session=False)
    )
    if number is None and drive.state == DriveState.OPEN and clock.today() < drive.opens_on:
        raise Refused(_("这次义捐还没有开始，到时候再来。"), status=409)
    if number is None:
        raise Refused(_("这次义捐已经结束，不能再登记现金。"), status=409)
    session().expire(drive, ["last_receipt_no"])
    return number


# ---- putting right --------------------------------------------------------------------------


def reverse_gift(by: Viewer, gift: Gift, *, reason: str, seconded_by_id: int) -> Gift:
    """Take a wrongly recorded gift back by a new row that points to it, done by two people.

    The first row stays. Coins go back to the wallet they came from, whoever's it is. Raises
    Refused: twice, alone, by the giver, or when the drive no longer holds as much.
    """
    drive = session().get_one(Drive, gift.drive_id)
    session().refresh(drive, with_for_update=True)
    if gift.reverses_id is not None:
        raise Refused(_("更正不能再更正，请重新登记一笔。"), status=409)
    if session().scalar(select(Gift.id).where(Gift.reverses_id == gift.id)) is not None:
        raise Refused(_("这一笔已经更正过了。"), status=409)
    if seconded_by_id == by.id:
        raise Refused(_("更正要由两个人一起做，请填另一位同事。"), "seconded_by")
    if gift.giver_id is not None and gift.giver_id in {by.id, seconded_by_id}:
        raise Refused(_("捐赠的人不能更正自己的这一笔，请另外两位来做。"), "seconded_by")
    is_cash = gift.kind == GiftKind.CASH
    number = _next_receipt_no(drive, only_open=False) if is_cash else None
    moved = reverse(
        gift.transfer_id,
        key=f"drive:gift:{gift.id}:reversal",
        reason=Reason.REVERSAL,
        by_id=by.id,
        memo=drive.title,
    )
    reversal = Gift(
        drive_id=gift.drive_id,
        kind=gift.kind,
        giver_id=gift.giver_id,
        giver_name=gift.giver_name,
        amount_fen=gift.amount_fen,
        amount_coins=gift.amount_coins,
        shown=gift.shown,
        receipt_no=number,
        received_by_id=by.id,
        counted_by_id=seconded_by_id,
        transfer_id=moved.id,
        reverses_id=gift.id,
        reason=reason,
    )
    session().add(reversal)
    session().flush()
    if gift.giver_id is not None:
        _tell_giver(reversal, drive, "corrected", because=reason)
    return reversal


# ---- notices --------------------------------------------------------------------------------


def _tell_giver(gift: Gift, drive: Drive, word: str, **params: str | int) -> None:
    if gift.giver_id is None:
        return
    tell(
        gift.giver_id,
        kind=f"drives.{word}",
        key=f"drives:{word}:{gift.id}",
        link=f"/drives/gifts/{gift.reverses_id or gift.id}",
        params={"drive": drive.title, **params},
    )


def _tell_counter(gift: Gift, drive: Drive, by: Viewer, counted_by_id: int) -> None:
    """The second person learns that they were named: nobody counts without knowing it."""
    tell(
        counted_by_id,
        kind="drives.counted",
        key=f"drives:counted:{gift.id}",
        link=f"/drives/{drive.id}",
        params={
            "drive": drive.title,
            "fen": gift.amount_fen or 0,
            "no": gift.receipt_no or 0,
            "by": by.name,
        },
    )
