"""Bringing monthly figures in: send a sheet, read what was found, take it over, undo it."""

from __future__ import annotations

from flask import redirect, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from portal.base.access import load, me
from portal.base.pages import Answer, done, page
from portal.growth import policy, queries, rules
from portal.growth.forms import SheetForm, SureForm, TakeOverForm, columns_form
from portal.growth.models import PerformanceSheet, SheetState
from portal.growth.queries.sheets import address, sentence
from portal.growth.views.blueprint import number_asked, pages
from portal.growth.views.pictures import month_words

STATES = {
    SheetState.CHECKED: ("sky", _l("等你确认")),
    SheetState.APPLIED: ("leaf", _l("已导入")),
    SheetState.UNDONE: ("plain", _l("已撤销")),
    SheetState.DROPPED: ("plain", _l("放下了")),
}


def _sheet(sheet_id: int) -> PerformanceSheet:
    return load(PerformanceSheet, sheet_id, see=policy.may_see_sheet)


@pages.route("/import", methods=["GET", "POST"], who=policy.may_record)
def bring() -> Answer:
    """Send a sheet; nothing is taken over yet."""
    form = SheetForm()
    if form.accepted():
        sheet = rules.bring(me, **form.values())
        address_of = url_for("growth.sheet", sheet_id=sheet.id)
        if sheet.state == SheetState.APPLIED:
            return done(_("这份表已经导入过了，什么也没有改动。"), address_of, tone="sky")
        return redirect(address_of, code=303)
    found = queries.recent_sheets(me, before=number_asked("before"))
    return page(
        "growth/import.html",
        form=form,
        sheets=found[:12],
        month_words=month_words,
        states=STATES,
        next_url=url_for("growth.bring", before=found[11].id) if len(found) > 12 else None,
    )


@pages.route("/import/<int:sheet_id>", methods=["GET", "POST"], who=policy.may_record)
def sheet(sheet_id: int) -> Answer:
    """What was found in a sheet; taking it over."""
    found = _sheet(sheet_id)
    form = TakeOverForm()
    if form.accepted():
        rules.take_over(me, found, accept=form.accept.data)
        month = month_words(found.month)
        return done(_("%(month)s的绩效导进来了。", month=month), url_for("growth.bring"))
    findings = [(each, sentence(each), address(each)) for each in queries.findings_of(found.id)]
    return page(
        "growth/sheet.html",
        form=form,
        sheet=found,
        findings=findings,
        states=STATES,
        month=month_words(found.month),
        may_take=found.state == SheetState.CHECKED
        and not found.stop_count
        and bool(found.new_count or found.changed_count),
    )


@pages.route("/import/<int:sheet_id>/columns", methods=["GET", "POST"], who=policy.may_record)
def columns(sheet_id: int) -> Answer:
    """Say which column is which; remembered for sheets with the same header."""
    found = _sheet(sheet_id)
    judged = rules.judge_kept(me, found)
    where = judged.reading.columns
    names = list(dict.fromkeys(where.header.names)) if where else []
    chosen = (
        {key: where.header.names[place] for key, place in where.places.items()} if where else {}
    )
    form = columns_form(names, chosen)
    if where is not None and form.accepted():
        rules.remember_columns(me, where, form.values())
        rules.judge_again(me, found)
        return done(_("记住了，同样的表头以后不再问。"), url_for("growth.sheet", sheet_id=sheet_id))
    rows = [row.record.cells for row in judged.reading.rows[:2]]
    headers = where.header.names if where else ()
    return page("growth/columns.html", form=form, sheet=found, headers=headers, rows=rows)


@pages.route("/import/<int:sheet_id>/undo", methods=["GET", "POST"], who=policy.may_record)
def undo(sheet_id: int) -> Answer:
    """Take an imported month out again."""
    found = _sheet(sheet_id)
    form = SureForm()
    if form.accepted():
        rules.undo(me, found)
        month = month_words(found.month)
        return done(
            _("%(month)s的导入撤销了，数据和之前一样。", month=month), url_for("growth.bring")
        )
    return page("growth/undo.html", form=form, sheet=found, month=month_words(found.month))


@pages.route("/import/<int:sheet_id>/drop", methods=["POST"], who=policy.may_record)
def drop(sheet_id: int) -> Answer:
    """Put a sheet aside without taking it over."""
    rules.drop(_sheet(sheet_id))
    return done(_("放下了，什么也没有导入。"), url_for("growth.bring"))
