"""Whether an account may be moved: frozen, thawed, closed, each by a decision with its reason."""

from __future__ import annotations

from flask_babel import gettext as _
from sqlalchemy import select

from portal.base import clock
from portal.base.db import session
from portal.base.errors import Refused
from portal.coins.models import Account, AccountAct, AccountDeed, Hold, HoldState
from portal.coins.models.acts import LONGEST_WHY

SHORTEST_WHY = 4


def freeze(account_id: int, *, why: str, by_id: int | None) -> Account:
    """Let nothing go out of an account; what comes in still arrives, mistakes are still mended.

    Raises Refused without a reason, or (409) when it is frozen or closed already.
    """
    found = _locked(account_id)
    if found.frozen_at is not None:
        raise Refused(_("这个账户已经冻结了。"), status=409)
    found.frozen_at = clock.now()
    return _note(found, AccountDeed.FREEZE, why, by_id)


def thaw(account_id: int, *, why: str, by_id: int | None) -> Account:
    """Let coins go out of a frozen account again. Raises Refused, as `freeze` does."""
    found = _locked(account_id)
    if found.frozen_at is None:
        raise Refused(_("这个账户没有冻结。"), status=409)
    found.frozen_at = None
    return _note(found, AccountDeed.THAW, why, by_id)


def close(account_id: int, *, why: str, by_id: int | None) -> Account:
    """Close an account for good: nothing moves there any more. Only when it holds nothing, and
    nothing that was set aside from it can come back.

    Raises Refused, as `freeze` does.
    """
    found = _locked(account_id)
    if found.balance != 0:
        raise Refused(
            _("账户里还有 %(balance)s，清零以后才能关闭。", balance=found.balance), status=409
        )
    waiting = select(Hold.id).where(Hold.account_id == account_id, Hold.state == HoldState.OPEN)
    if session().scalar(waiting.limit(1)) is not None:
        raise Refused(_("还有暂存没有办结，办结以后才能关闭。"), status=409)
    found.closed_at = clock.now()
    return _note(found, AccountDeed.CLOSE, why, by_id)


def _locked(account_id: int) -> Account:
    """The account as it is now; transfers wait until we are done. Raises Refused when closed."""
    found = session().scalar(
        select(Account)
        .where(Account.id == account_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise Refused(_("没有这个账户。"), status=404)
    if found.closed_at is not None:
        raise Refused(_("这个账户已经关闭了。"), status=409)
    return found


def _note(found: Account, deed: AccountDeed, why: str, by_id: int | None) -> Account:
    words = why.strip()
    if not SHORTEST_WHY <= len(words) <= LONGEST_WHY:
        raise Refused(
            _(
                "请写下原因，%(least)s 到 %(most)s 个字。",
                least=SHORTEST_WHY, most=LONGEST_WHY,
            ),
            "why",
        )  # fmt: skip
    session().add(AccountAct(account_id=found.id, deed=deed, why=words, by_id=by_id))
    session().flush()
    return found
