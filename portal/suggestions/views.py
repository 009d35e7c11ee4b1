"""Pages about suggestions, and the commands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import click
from flask import abort, redirect, request, url_for
from flask_babel import gettext as _

from portal.base import clock, words
from portal.base.access import Pages, load, me
from portal.base.db import transaction
from portal.base.forms import CONTROL, clean
from portal.base.pages import Answer, done, page
from portal.base.sheets.export import write_csv
from portal.suggestions import policy, queries, rules
from portal.suggestions.forms import FORMS, AnswerForm, CommentForm, HandOverForm, WithdrawForm
from portal.suggestions.models import ANSWERS, Kind, Status, Suggestion
from portal.suggestions.policy import signed_in

pages = Pages("suggestions", __name__, url_prefix="/suggestions", cli_group="suggestions")
LISTED = "/<any(open, overdue, adopted, mine, queue, working):which>"
KINDS = "/new/<any(woodpecker, golden_finger):kind>"


# ---- lists ----------------------------------------------------------------------------------


@pages.route("/", defaults={"which": "all"}, who=signed_in)
@pages.route(LISTED, who=signed_in)
def index(which: str) -> Answer:
    """What was suggested, with what became of it: all, or by where it stands and whose it is."""
    typed = CONTROL.sub("", clean(request.args.get("q")))[:100]
    lines, further = queries.listed(me, which, typed=typed, after=request.args.get("after"))
    return page(
        "suggestions/index.html",
        which=which,
        typed=typed,
        lines=lines,
        pending=queries.pending(me),
        next_url=further
        and url_for("suggestions.index", which=which, q=typed or None, after=further),
        is_further=bool(request.args.get("after")),
    )


# ---- sending --------------------------------------------------------------------------------


@pages.route("/new", who=signed_in)
def new() -> Answer:
    """A fault or an idea?"""
    return page("suggestions/new.html")


@pages.route(KINDS, methods=["GET", "POST"], who=signed_in)
def send(kind: str) -> Answer:
    """Suggest something, in under a minute."""
    chosen = Kind(kind)
    form = FORMS[chosen]()
    if form.accepted():
        suggestion = rules.send(me, kind=chosen, **form.values())
        owner = queries.around(suggestion.id).owner
        told = _("收到了，谢谢你。%(owner)s最晚%(day)s答复你。", owner=owner,
                 day=words.day(suggestion.answer_due_on))  # fmt: skip
        return done(told, url_for("suggestions.show", suggestion_id=suggestion.id))
    return page("suggestions/send.html", form=form, kind=chosen)


# ---- one ------------------------------------------------------------------------------------


@pages.route("/<int:suggestion_id>", methods=["GET", "POST"], who=signed_in)
def show(suggestion_id: int) -> Answer:
    """One suggestion: its promise, its history, what colleagues say. POST: say something."""
    suggestion = load(Suggestion, suggestion_id, see=policy.may_see)
    form = CommentForm()
    here = url_for("suggestions.show", suggestion_id=suggestion_id)
    if form.accepted():
        rules.comment(me, suggestion, **form.values())
        return done(_("说好了。"), f"{here}#said")
    after = request.args.get("after", "")
    older = int(after) if after.isascii() and after.isdigit() and len(after) < 19 else None
    said, further = queries.comments(suggestion_id, older)
    return page(
        "suggestions/show.html",
        suggestion=suggestion,
        stands=Status(suggestion.status),
        kind=Kind(suggestion.kind),
        around=queries.around(suggestion_id),
        steps=queries.steps(suggestion_id),
        said=said,
        older_url=f"{here}?after={further}#said" if further else None,
        form=form,
        may_answer=bool(suggestion.answers) and policy.may_answer(me, suggestion),
        may_withdraw=suggestion.is_waiting and policy.may_withdraw(me, suggestion),
    )


@pages.route("/<int:suggestion_id>/answer", methods=["GET", "POST"], who=signed_in)
def answer(suggestion_id: int) -> Answer:
    """Its owner answers: where it stands now, and why."""
    suggestion = load(Suggestion, suggestion_id, see=policy.may_see, may=policy.may_answer)
    here = url_for("suggestions.show", suggestion_id=suggestion_id)
    if not suggestion.answers and request.method == "GET":
        return redirect(here, code=303)
    form = AnswerForm(step=suggestion.step)
    around = queries.around(suggestion_id)
    form.offer(ANSWERS[Status.SENT], around.reward_coins)  # sent twice, it must still be read
    if form.accepted():
        rules.answer(me, suggestion, **form.values())
        return done(_("答复好了，%(author)s马上会收到提醒。", author=around.author), here)
    form.offer(suggestion.answers, around.reward_coins)
    return page("suggestions/answer.html", suggestion=suggestion, around=around, form=form)


@pages.route("/<int:suggestion_id>/hand-over", methods=["GET", "POST"], who=signed_in)
def hand_over(suggestion_id: int) -> Answer:
    """Give it to somebody better placed to answer."""
    suggestion = load(Suggestion, suggestion_id, see=policy.may_see)
    form = HandOverForm(step=suggestion.step)
    is_sent = form.accepted()  # first: sent twice, the second one finds the owner changed
    if not policy.may_hand_over(me, suggestion):
        abort(403)
    if is_sent:
        rules.hand_over(me, suggestion, **form.values())
        here = url_for("suggestions.show", suggestion_id=suggestion_id)
        return done(_("转交好了，答复的日子不变。"), here)
    return page("suggestions/hand_over.html", suggestion=suggestion, form=form)


@pages.route("/<int:suggestion_id>/withdraw", methods=["GET", "POST"], who=signed_in)
def withdraw(suggestion_id: int) -> Answer:
    """Its author takes it back before anybody has answered."""
    suggestion = load(Suggestion, suggestion_id, see=policy.may_see, may=policy.may_withdraw)
    form = WithdrawForm()
    if form.accepted():
        rules.withdraw(me, suggestion, **form.values())
        return done(_("撤回了。"), url_for("suggestions.index", which="mine"))
    return page("suggestions/withdraw.html", suggestion=suggestion, form=form)


# ---- commands -------------------------------------------------------------------------------


@pages.cli.command("overdue")
def overdue() -> None:
    """List what has waited longer than was promised, the longest first."""
    with transaction(read_only=True):
        lines = queries.all_overdue()
        for line in lines:
            days = (clock.today() - line.answer_due_on).days
            click.echo(f"#{line.id}\t{line.answer_due_on}\t+{days}\t{line.owner}\t{line.title}")
    click.echo(_("超期未答复：%(num)s 条", num=len(lines)))


COLUMNS = (
    "id", "kind", "title", "what", "where", "since", "cost", "effect", "topic", "author",
    "staff_no", "team", "owner", "status", "sent_at", "answer_due_on", "first_answered_at",
    "adopted_at", "reward_coins", "closed_at", "closing_reason",
)  # fmt: skip


@pages.cli.command("export")
@click.argument("file", type=click.Path(dir_okay=False, writable=True, path_type=Path))
def export(file: Path) -> None:
    """Write all suggestions (but those withdrawn) to FILE as CSV that Excel opens."""
    count = 0

    def table() -> Iterator[Sequence[object]]:
        nonlocal count
        yield COLUMNS
        for row in queries.everything():
            count += 1
            yield tuple(row)

    try:
        with transaction(read_only=True), file.open("wb") as target:
            for block in write_csv(table()):
                target.write(block)
    except OSError as error:
        raise click.ClickException(f"{file}: {error.strerror}") from error
    click.echo(_("导出 %(num)s 条建议。", num=count))
