"""Taking an award back: at once, or by asking."""

from __future__ import annotations

from datetime import timedelta

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from portal.base import clock
from portal.base.access import load, me, signed_in
from portal.base.pages import Answer, done, page
from portal.coins import policy, queries, rules
from portal.coins.forms import AskWithdrawalForm, DecideForm, RefuseForm, WithdrawForm
from portal.coins.models import Award, AwardKind, WithdrawalRequest
from portal.coins.views.blueprints import pages
from portal.coins.views.own import MOST_NAMES


@pages.route("/awards/<int:award_id>/withdraw", methods=["GET", "POST"], who=signed_in)
def withdraw(award_id: int) -> Answer:
    """Take an own award back, within 15 minutes."""
    award = load(Award, award_id, see=policy.may_see, may=policy.may_withdraw)
    form = WithdrawForm()
    if form.accepted():
        rules.withdraw(me, award)
        message = _told_back(award.amount * award.head_count, award.kind)
        return done(message, url_for("coins.award_detail", award_id=award.id))
    line = queries.award_line(award.id)
    minutes = int((line.entered_at + rules.TIME_TO_WITHDRAW - clock.now()) / timedelta(minutes=1))
    return page("coins/withdraw.html", form=form, line=line, minutes=max(minutes, 0))


def _told_back(amount: int, kind: str) -> str:
    told: str
    if kind == AwardKind.THANK:
        told = ngettext(
            "撤回好了，%(num)s 枚金币回到了你的感谢额度里。",
            "撤回好了，%(num)s 枚金币回到了你的感谢额度里。",
            amount,
        )
    else:
        told = ngettext(
            "撤回好了，%(num)s 枚金币回到了预算里。",
            "撤回好了，%(num)s 枚金币回到了预算里。",
            amount,
        )
    return told


@pages.route("/awards/<int:award_id>/ask-withdrawal", methods=["GET", "POST"], who=signed_in)
def ask_withdrawal(award_id: int) -> Answer:
    """Ask that an award be taken back; somebody else decides."""
    award = load(Award, award_id, see=policy.may_see, may=policy.may_ask_withdrawal)
    form = AskWithdrawalForm()
    if form.accepted():
        asked = rules.ask_withdrawal(me, award, **form.values())
        here = url_for("coins.withdrawal_detail", withdrawal_id=asked.id)
        return done(_("送出去了，等另一个人来决定。"), here)
    return page("coins/ask_withdrawal.html", form=form, line=queries.award_line(award.id))


def _load(withdrawal_id: int) -> WithdrawalRequest:
    return load(WithdrawalRequest, withdrawal_id, see=policy.may_see_request)


@pages.route("/withdrawals/<int:withdrawal_id>", methods=["GET", "POST"], who=signed_in)
def withdrawal_detail(withdrawal_id: int) -> Answer:
    """A request to take an award back. POST: agree, as it was asked."""
    asked = _load(withdrawal_id)
    form = DecideForm(version=asked.version)
    if form.accepted():
        rules.approve_withdrawal(me, asked, version=form.seen)
        return done(
            _("撤回好了，收到的人会看到原因。"),
            url_for("coins.award_detail", award_id=asked.award_id),
        )
    names = queries.receivers_of(asked.award.transfer_id, MOST_NAMES)
    return page(
        "coins/withdrawal.html",
        form=form,
        line=queries.withdrawal_line(asked.id),
        award=queries.award_line(asked.award_id),
        names=names,
        may_decide=asked.is_waiting and policy.may_decide(me, asked),
        may_recall=asked.is_waiting and policy.may_recall(me, asked),
    )


@pages.route("/withdrawals/<int:withdrawal_id>/refuse", methods=["GET", "POST"], who=signed_in)
def refuse_withdrawal(withdrawal_id: int) -> Answer:
    """The award stands, for a reason."""
    asked = load(
        WithdrawalRequest, withdrawal_id, see=policy.may_see_request, may=policy.may_decide
    )
    form = RefuseForm(version=asked.version)
    here = url_for("coins.withdrawal_detail", withdrawal_id=asked.id)
    if form.accepted():
        rules.refuse_withdrawal(me, asked, version=form.seen, answer=form.answer.data or "")
        return done(_("表扬不变，发起人会看到原因。"), here)
    return page("coins/refuse.html", form=form, back=here)


@pages.route("/withdrawals/<int:withdrawal_id>/recall", methods=["GET", "POST"], who=signed_in)
def recall_withdrawal(withdrawal_id: int) -> Answer:
    """Who asked takes it back before anybody decided."""
    asked = load(
        WithdrawalRequest, withdrawal_id, see=policy.may_see_request, may=policy.may_recall
    )
    form = DecideForm(version=asked.version)
    here = url_for("coins.withdrawal_detail", withdrawal_id=asked.id)
    if form.accepted():
        rules.recall_withdrawal(me, asked, version=form.seen)
        return done(_("收回好了，表扬不变。"), here)
    return page("coins/recall.html", form=form, back=here, total=None)
