"""The own statement to take along: as a table, on paper, or whole and checkable at home."""

from __future__ import annotations

import re
import tempfile
from calendar import monthrange
from collections.abc import Iterable, Iterator
from datetime import date
from typing import IO, Any, NamedTuple

from flask import Response, abort, request
from flask_babel import gettext as _

from portal.base import clock, pdf, words
from portal.base.access import me, signed_in
from portal.base.errors import Refused
from portal.base.files import disposition
from portal.base.pages import Answer, page
from portal.base.sheets import write_csv
from portal.coins import queries
from portal.coins.queries import Line
from portal.coins.views.blueprints import pages

MOST_ON_PAPER = 3000
IN_MEMORY, BLOCK = 1 << 20, 1 << 16


class Period(NamedTuple):
    """A year ("2026"), a month ("2026-03") or all ("") of a statement, by the day of entry."""

    name: str
    first: date | None
    last: date | None


def period_named(name: str) -> Period:
    """404 for what is no year, no month, and not empty."""
    if not name:
        return Period("", None, None)
    found = re.fullmatch(r"(20\d\d)(?:-(0[1-9]|1[0-2]))?", name, re.ASCII)
    if found is None:
        abort(404)
    year, month = int(found[1]), int(found[2] or 0)
    last = monthrange(year, month)[1] if month else 31
    return Period(name, date(year, month or 1, 1), date(year, month or 12, last))


@pages.route("/statement", who=signed_in)
def statement() -> Answer:
    """Take the own statement along: `as` csv, pdf or json; without, choose."""
    account_id = queries.wallet_with_months(me.id).account_id
    began = queries.first_entered(account_id) if account_id else None
    kind = request.args.get("as", "")
    if not kind:
        return _choice(clock.local(began).date() if began else None)
    period = period_named(request.args.get("period", ""))
    if account_id is None or kind not in {"csv", "json", "pdf"}:
        abort(404)
    if kind == "json":
        return _sent(queries.whole(account_id, _asked_day()), "application/json", "json", "")
    if kind == "csv":
        lines = queries.lines_entered(account_id, period.first, period.last)
        return _sent(write_csv(queries.table(lines)), "text/csv", "csv", period.name)
    if not pdf.is_installed():
        abort(404)
    return _sent([_on_paper(account_id, period)], "application/pdf", "pdf", period.name)


def _choice(began: date | None) -> Answer:
    today = clock.today()
    months = queries.months_until(today, 12)[::-1]
    years = range(today.year, (began or today).year - 1, -1)
    return page(
        "coins/statement.html",
        began=began,
        years=[str(year) for year in years],
        months=[month for month in months if began and month >= queries.month_of(began)],
        has_pdf=pdf.is_installed(),
        latest=queries.last_digest(),
    )


def _asked_day() -> date | None:
    """The day of the digest that the statement shall lead to."""
    text = request.args.get("day", "")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        abort(404)


def _sent(blocks: Iterable[bytes], media_type: str, ending: str, period: str) -> Response:
    """The blocks as a download. They are read while the database is still open to us, and kept on
    disk where they are many."""
    kept = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 (closed with the answer)
    for block in blocks:
        kept.write(block)
    size = kept.tell()
    kept.seek(0)
    answer = Response(_blocks(kept), mimetype=media_type, direct_passthrough=True)
    answer.call_on_close(kept.close)
    name = "-".join(part for part in ("sunhome", me.staff_no, period) if part)
    answer.headers["Content-Length"] = str(size)
    answer.headers["Content-Disposition"] = disposition(f"{name}.{ending}")
    return answer


def _blocks(kept: IO[bytes]) -> Iterator[bytes]:
    with kept:
        while block := kept.read(BLOCK):
            yield block


# ---- on paper -------------------------------------------------------------------------------


def _on_paper(account_id: int, period: Period) -> bytes:
    """Raises Refused for more lines than anybody prints."""
    if queries.count_entered(account_id, period.first, period.last) > MOST_ON_PAPER:
        told = _("超过 %(most)s 条，纸上放不下。请选短一点的时间，或下载表格。", most=MOST_ON_PAPER)
        raise Refused(told)
    lines = list(queries.lines_entered(account_id, period.first, period.last))
    return pdf.draw(
        "coins/statement.typ",
        {
            "lang": words.language(),
            "title": _("阳光金币明细"),
            "who": f"{me.name} · {me.staff_no}",
            "period": period.name or _("全部"),
            "sums": _sums(lines),
            "foot": _("%(at)s 从阳光家园下载", at=words.moment(clock.now())),
            "head": ["#", _("日期"), _("事由"), _("变动"), _("余额")],
            "lines": [_on_line(line) for line in lines],
        },
    )


def _sums(lines: list[Line]) -> str:
    change = f"{sum(line.amount for line in lines):+d}"
    return str(_("共 %(count)s 条，合计 %(change)s 枚。", count=len(lines), change=change))


def _on_line(line: Line) -> dict[str, Any]:
    entered = clock.local(line.entered_at).date().isoformat()
    told = (line.who, line.value_label, line.words or line.memo)
    return {
        "seq": str(line.seq),
        "day": line.happened_on.isoformat(),
        "entered": _("%(day)s 记入", day=entered) if line.entered_later else "",
        "label": line.label,
        "words": " · ".join(part for part in told if part),
        "amount": f"{line.amount:+d}",
        "before": f"{line.balance_before} →",
        "after": str(line.balance_after),
    }
