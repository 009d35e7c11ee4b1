"""Commands of the growth file, for operators."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path

import click

from portal.base import clock
from portal.base.db import session, transaction
from portal.base.errors import Refused
from portal.growth import queries, rules
from portal.growth.forms import month_of
from portal.growth.models import PerformanceSheet, SheetFinding, SheetState
from portal.growth.queries.figures import back
from portal.growth.queries.sheets import address, sentence
from portal.growth.queries.timeline import change_name
from portal.growth.rules.checking import Check
from portal.growth.rules.importing import finding_row
from portal.growth.views.blueprint import pages
from portal.people import queries as people


def _month(_context: object, _option: object, typed: str | None) -> date | None:
    if typed is None:
        return None
    found = month_of(typed)
    if found is None:
        raise click.BadParameter(f"“{typed}” is no month: write 2026-01.")
    return found


@pages.cli.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--rehearse", is_flag=True, help="Say what would happen; write nothing.")
@click.option("--month", callback=_month, help="The month, where the sheet does not say.")
@click.option("--accept", is_flag=True, help="Say yes to the readings that are asked about.")
def bring(file: Path, rehearse: bool, month: date | None, accept: bool) -> None:
    """Import a month's performance sheet: all of it or nothing."""
    try:
        if rehearse:
            with transaction(read_only=True):
                judged = rules.judge(None, file.read_bytes(), file.name, month=month)
                is_open = _say(judged)
        else:
            is_open = _import(file, month, accept)
    except Refused as refusal:
        raise click.ClickException(refusal.message) from refusal
    if is_open:
        raise SystemExit(1)


def _import(file: Path, month: date | None, accept: bool) -> bool:
    with transaction():
        sheet = rules.bring(None, content=file.read_bytes(), name=file.name, month=month)
        if sheet.state == SheetState.APPLIED:
            click.echo(f"{file.name}: {sheet.month:%Y-%m}, version {sheet.version}, "
                       "is in already; nothing was changed.")  # fmt: skip
            return False
        _say_findings(queries.findings_of(sheet.id, limit=1000))
        if sheet.stop_count or (sheet.ask_count and not accept):
            click.echo(f"{file.name}: nothing was imported; {sheet.stop_count} to mend, "
                       f"{sheet.ask_count} to answer (--accept says yes).")  # fmt: skip
            return True
        if not sheet.new_count and not sheet.changed_count:
            click.echo(f"{file.name}: the same as what is known; nothing was changed.")
            rules.drop(sheet)
            return False
        rules.take_over(None, sheet, accept=accept)
        _say_done(file.name, sheet)
    return False


def _say_done(name: str, sheet: PerformanceSheet) -> None:
    click.echo(
        f"{name}: {sheet.month:%Y-%m}, version {sheet.version}: {sheet.row_count} rows, "
        f"{sheet.new_count} new, {sheet.changed_count} changed."
    )


def _say(judged: Check) -> bool:
    """Print a rehearsal; answers whether anything stands open."""
    session().expunge_all()
    findings = [SheetFinding(**finding_row(0, finding)) for finding in judged.reading.findings]
    _say_findings(findings)
    stops = sum(finding.severity == "stop" for finding in findings)
    asks = sum(finding.severity == "ask" for finding in findings)
    month = f"{judged.month:%Y-%m}" if judged.month else "no month"
    click.echo(
        f"{month}, version {judged.version}: {len(judged.reading.rows)} rows, "
        f"{judged.new_count} new, {len(judged.changed)} changed; {stops} to mend, {asks} to answer."
    )
    return bool(stops)


def _say_findings(findings: Iterable[SheetFinding]) -> None:
    for finding in findings:
        where = " · ".join(part for part in (address(finding), finding.value) if part)
        click.echo(f"{finding.severity:<5} {where}  {sentence(finding)}")


@pages.cli.command("show")
@click.argument("staff_no")
def show(staff_no: str) -> None:
    """Print somebody's growth file: service, positions, honours, months."""
    today = clock.today()
    with transaction(read_only=True):
        person = people.by_staff_no(staff_no, in_service=False)
        if person is None:
            raise click.ClickException(f"Nobody has the staff number {staff_no}.")
        career, honours = queries.life(person.id, today)
        service = queries.service_length(career, today)
        click.echo(f"{person.staff_no}  {person.name}  {service.years} y {service.rest} m")
        for span in career.periods():
            click.echo(f"  {span.staff_no}  {span.since} – {span.until or ''}  {span.contract}")
        for step in career.steps:
            parts = (step.unit, step.title, step.grade, change_name(step.change), step.document_no)
            click.echo(f"  {step.since}  " + " · ".join(part for part in parts if part))
        for honour in honours:
            click.echo(f"  {honour.awarded_on}  {honour.name} · {honour.issuer}")
        found, _medians = queries.figures(
            person.id, first=back(today.replace(day=1), 11), last=today
        )
        for figure in found:
            click.echo(
                f"  {figure.month:%Y-%m}  calls {figure.calls}  talk {figure.talk_seconds} s  "
                f"satisfaction {figure.satisfaction_share}  praise {figure.praises}"
            )
