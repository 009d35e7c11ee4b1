"""Pages of the drives: what is going on, one drive, giving, the books of the committee."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click
from flask import Response, abort, redirect, request, url_for
from flask_babel import gettext as _

from portal.base import clock, words
from portal.base.access import LARGEST_ID, Pages, load, me, signed_in
from portal.base.db import transaction
from portal.base.pages import Answer, done, page
from portal.base.sheets import write_csv
from portal.coins.queries import Subject, day_as_of, explained, wallet
from portal.drives import policy, queries, rules
from portal.drives.forms import (
    SHOWN,
    SURPLUS,
    CashForm,
    CloseForm,
    DriveForm,
    GiftForm,
    OpenForm,
    ReverseForm,
    UpdateForm,
)
from portal.drives.models import Drive, DriveState, Gift, Phase

pages = Pages("drives", __name__, url_prefix="/drives", cli_group="drives")


def _after() -> int | None:
    """The id that the page before ended with; nonsense begins at the top."""
    typed = request.args.get("after", "")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 19 else None


def _shown(drive_id: int) -> Drive:
    return load(Drive, drive_id, see=policy.may_see)


def _to(drive: Drive) -> str:
    return url_for("drives.show", drive_id=drive.id)


# ---- looking --------------------------------------------------------------------------------


@pages.route("/", who=signed_in)
def index() -> Answer:
    """Drives that take gifts, those that will, and those that have ended."""
    today = clock.today()
    opened = queries.in_state(me, DriveState.OPEN, limit=50)
    drafts = queries.in_state(me, DriveState.DRAFT, limit=50) if policy.is_organiser(me) else []
    ended = queries.in_state(me, DriveState.CLOSED, after=_after_day())
    more = None
    if len(ended) > queries.PAGE:
        last = ended[queries.PAGE - 1]
        more = url_for("drives.index", after=f"{last.closes_on.isoformat()}_{last.id}")
    return page(
        "drives/index.html",
        open_ones=[drive for drive in opened if drive.phase_on(today) != Phase.COMING],
        coming=[drive for drive in opened if drive.phase_on(today) == Phase.COMING],
        drafts=drafts,
        ended=ended[: queries.PAGE],
        more=more,
        totals=queries.totals(drive.id for drive in [*opened, *ended]),
        today=today,
        may_open=policy.is_organiser(me),
    )


def _after_day() -> tuple[date, int] | None:
    day, _mark, number = request.args.get("after", "").partition("_")
    if not (number.isascii() and number.isdigit() and int(number[:18]) == int(number)):
        return None
    try:
        return date.fromisoformat(day), int(number)
    except ValueError:
        return None


@pages.route("/<int:drive_id>", who=signed_in)
def show(drive_id: int) -> Answer:
    """One drive: its story, what it holds, the latest gifts and words, where the money goes."""
    drive = _shown(drive_id)
    is_open = drive.state != DriveState.DRAFT
    return page(
        "drives/show.html",
        drive=drive,
        phase=drive.phase_on(clock.today()),
        totals=queries.totals([drive.id])[drive.id],
        wall=queries.wall(me, drive) if is_open else None,
        updates=queries.updates_of(drive.id) if is_open else [],
        surplus=SURPLUS[drive.surplus_rule],
        may_prepare=policy.may_prepare(me, drive),
        may_keep=policy.may_keep(me, drive),
        may_tell=policy.may_tell(me, drive),
        may_take_list=policy.may_take_list(me, drive),
    )


@pages.route("/<int:drive_id>/gifts", who=signed_in)
def gifts(drive_id: int) -> Answer:
    """The wall of gifts, page by page."""
    drive = _shown(drive_id)
    if drive.state == DriveState.DRAFT:
        abort(404)
    return page(
        "drives/gifts.html",
        drive=drive,
        wall=queries.wall(me, drive, after=_after()),
        may_keep=policy.may_keep(me, drive),
    )


@pages.route("/<int:drive_id>/coins", who=signed_in)
def coins(drive_id: int) -> Answer:
    """The entries that add up to a drive's coins, as of a past day. They name nobody."""
    drive = _shown(drive_id)
    if drive.state == DriveState.DRAFT:
        abort(404)
    as_of, here = (
        day_as_of(request.args.get("as_of", "")),
        url_for("drives.coins", drive_id=drive.id),
    )
    shown = explained("drive", Subject(drive.id), as_of, _after())
    return page(
        "coins/explain.html",
        shown=shown,
        name=drive.title,
        kept={},
        action=here,
        first_url=f"{here}?as_of={as_of}" if _after() else None,
        next_url=f"{here}?as_of={as_of}&after={shown.next}" if shown.next else None,
        back_url=_to(drive),
        back_label=drive.title,
    )


@pages.route("/<int:drive_id>/gifts.csv", who=policy.may_export)
def take_list(drive_id: int) -> Answer:
    """The list of gifts as a file, masked as the wall is for this reader."""
    drive = load(Drive, drive_id, see=policy.may_see, may=policy.may_take_list)
    answer = Response(b"".join(write_csv(queries.table_of_gifts(me, drive))), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="drive-{drive.id}-gifts.csv"'
    return answer


@pages.route("/mine", who=signed_in)
def mine() -> Answer:
    """What I gave. For nobody's eyes but mine."""
    found = queries.given_by(me.id, after=_after())
    more = found[queries.PAGE - 1].id if len(found) > queries.PAGE else None
    return page("drives/mine.html", gifts=found[: queries.PAGE], more=more, shown=SHOWN)


# ---- giving ---------------------------------------------------------------------------------


@pages.route("/<int:drive_id>/give", methods=["GET", "POST"], who=signed_in)
def give(drive_id: int) -> Answer:
    """Give coins out of the own wallet."""
    drive = load(Drive, drive_id, see=policy.may_see, may=policy.may_give)
    form = GiftForm()
    if form.accepted():
        rules.give_coins(me, drive, **form.values())
        return done(_("收到了，谢谢你的心意。"), _to(drive), tone="sun")
    phase = drive.phase_on(clock.today())
    if request.method == "GET" and phase != Phase.RUNNING:
        return redirect(_to(drive), code=303)
    return page("drives/give.html", form=form, drive=drive, left=wallet(me.id), phase=phase)


@pages.route("/<int:drive_id>/cash", methods=["GET", "POST"], who=policy.is_committee)
def cash(drive_id: int) -> Answer:
    """Write down cash that was handed over and counted by two."""
    drive = load(Drive, drive_id, see=policy.may_see, may=policy.may_keep)
    form = CashForm()
    if form.accepted():
        gift = rules.record_cash(me, drive, **form.values())
        return done(
            _("已登记，收据第 %(no)s 号。", no=gift.receipt_no),
            url_for("drives.receipt", gift_id=gift.id),
        )
    return page("drives/cash.html", form=form, drive=drive)


@pages.route("/gifts/<int:gift_id>", who=signed_in)
def receipt(gift_id: int) -> Answer:
    """The slip of one gift, to print."""
    gift = load(Gift, gift_id, see=policy.may_see_receipt)
    return page(
        "drives/receipt.html",
        receipt=queries.receipt_of(me, gift),
        shown=SHOWN[gift.shown],
        may_reverse=gift.reverses_id is None and policy.may_reverse(me, gift),
    )


@pages.route("/gifts/<int:gift_id>/reverse", methods=["GET", "POST"], who=policy.is_committee)
def reverse(gift_id: int) -> Answer:
    """Take a wrongly recorded gift back, two people together."""
    gift = load(Gift, gift_id, see=policy.may_see_receipt, may=policy.may_reverse)
    form = ReverseForm()
    if form.accepted():
        reversal = rules.reverse_gift(me, gift, **form.values())
        return done(_("已更正，两笔都留在账上。"), url_for("drives.receipt", gift_id=reversal.id))
    return page("drives/reverse.html", form=form, receipt=queries.receipt_of(me, gift))


# ---- a drive's life -------------------------------------------------------------------------


@pages.route("/new", methods=["GET", "POST"], who=policy.is_organiser)
def new() -> Answer:
    """Prepare a drive."""
    form = DriveForm()
    form.offer(queries.sites())
    if form.accepted():
        drive = rules.draft_drive(me, **form.values())
        return done(_("草稿存好了。请当事人看过，再开放。"), _to(drive))
    return page("drives/edit.html", form=form, drive=None)


@pages.route("/<int:drive_id>/edit", methods=["GET", "POST"], who=policy.is_organiser)
def edit(drive_id: int) -> Answer:
    """Change a draft."""
    drive = load(Drive, drive_id, see=policy.may_see, may=policy.may_prepare)
    if request.method == "GET" and drive.state != DriveState.DRAFT:
        return redirect(_to(drive), code=303)
    form = DriveForm()
    form.offer(queries.sites(), drive)
    if form.accepted():
        rules.edit_drive(me, drive, **form.values())
        return done(_("改好了。"), _to(drive))
    return page("drives/edit.html", form=form, drive=drive)


@pages.route("/<int:drive_id>/open", methods=["GET", "POST"], who=policy.is_organiser)
def open_(drive_id: int) -> Answer:
    """Open a draft to all, after a last look at what then stays."""
    drive = load(Drive, drive_id, see=policy.may_see, may=policy.may_prepare)
    form = OpenForm()
    if form.accepted():
        rules.open_drive(me, drive)
        return done(_("开放了，大家现在都能看到。"), _to(drive))
    return page("drives/open.html", form=form, drive=drive, surplus=SURPLUS[drive.surplus_rule])


@pages.route("/<int:drive_id>/update", methods=["GET", "POST"], who=policy.is_organiser)
def update(drive_id: int) -> Answer:
    """Tell everybody how it goes."""
    drive = load(Drive, drive_id, see=policy.may_see, may=policy.may_tell)
    form = UpdateForm()
    if form.accepted():
        rules.post_update(me, drive, **form.values())
        return done(_("进展发好了。"), _to(drive))
    return page("drives/update.html", form=form, drive=drive)


@pages.route("/<int:drive_id>/close", methods=["GET", "POST"], who=policy.is_committee)
def close(drive_id: int) -> Answer:
    """End a drive: no more gifts, the totals stand, the money is held."""
    drive = load(Drive, drive_id, see=policy.may_see, may=policy.may_keep)
    form = CloseForm()
    if form.accepted():
        rules.close_drive(me, drive, **form.values())
        return done(_("义捐结束了，钱款都在账上。"), _to(drive))
    totals = queries.totals([drive.id])[drive.id]
    return page("drives/close.html", form=form, drive=drive, totals=totals)


# ---- commands -------------------------------------------------------------------------------


@pages.cli.command("list")
def list_command() -> None:
    """List the opened drives of all sites, with what they hold."""
    with transaction(read_only=True):
        today, after = clock.today(), None
        while found := queries.newest(policy.OPERATOR, after=after):
            held = queries.totals(drive.id for drive in found)
            for drive in found[: queries.PAGE]:
                raised = f"{words.yuan(held[drive.id].fen)}\t{words.coins(held[drive.id].coins)}"
                click.echo(f"{drive.id}\t{drive.phase_on(today)}\t{raised}\t{drive.title}")
            if len(found) <= queries.PAGE:
                return
            after = found[queries.PAGE - 1].id


@pages.cli.command("totals")
def totals_command() -> None:
    """Check that each drive's balance, ledger entries and gifts say the same. Exit 1 if not."""
    wrong = 0
    with transaction(read_only=True):
        for check in queries.checks():
            told = words.yuan if check.unit == "fen" else words.coins
            mark = "✓" if check.is_right else "✗"
            click.echo(f"{mark} {check.drive_id}\t{told(check.raised)}\t{check.title}")
            if not check.is_right:
                wrong += 1
                entries, gifts_sum = told(check.entries), told(check.gifts)
                click.echo(_("  分录合计 %(a)s，捐赠合计 %(b)s", a=entries, b=gifts_sum), err=True)
    if wrong:
        raise click.ClickException(_("有 %(n)s 处对不上。", n=wrong))


@pages.cli.command("export")
@click.argument("drive_id", type=click.IntRange(1, LARGEST_ID), metavar="ID")
@click.argument("file", type=click.Path(dir_okay=False, writable=True, path_type=Path))
def export_command(drive_id: int, file: Path) -> None:
    """Write the gifts to drive ID into FILE (CSV), with the names that all may see."""
    with transaction(read_only=True):
        drive = queries.numbered(policy.OPERATOR, drive_id)
        if drive is None:
            raise click.ClickException(_("没有第 %(no)s 号义捐。", no=drive_id))
        try:
            with file.open("wb") as out:
                out.writelines(write_csv(queries.table_of_gifts(policy.ALL, drive)))
        except OSError as error:
            raise click.ClickException(
                _("写不进文件 %(file)s：%(why)s。", file=str(file), why=error.strerror or "")
            ) from error
