"""Commands: bringing files in, handing out first passwords, making tokens."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import click
from flask_babel import gettext as _

from portal.base import clock, words
from portal.base.db import transaction
from portal.base.errors import Refused
from portal.people import queries, rules
from portal.people.imports import batches
from portal.people.imports.mapping import named
from portal.people.imports.work import Work
from portal.people.models import BatchState, ImportBatch, Severity
from portal.people.views.blueprints import pages

SHOWN = 20
"""So many findings of one reason are printed; the rest are counted."""


@contextmanager
def in_words() -> Iterator[None]:
    """A refusal is one sentence and an exit code, not a trace."""
    try:
        yield
    except Refused as refusal:
        raise click.ClickException(refusal.message) from refusal


@pages.cli.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--mapping", "mapping_name", required=True, help="A shipped or saved one, or a file.")
@click.option("--rehearse", is_flag=True, help="Say what would be done, and do nothing.")
@click.option("--on", "as_of", type=click.DateTime(["%Y-%m-%d"]), help="The file's day (today).")
@click.option("--leave-out", is_flag=True, help="Leave out rows that cannot be used.")
def import_file(
    file: Path, mapping_name: str, rehearse: bool, as_of: datetime | None, leave_out: bool
) -> None:
    """Bring a staff file in (docs/import.md)."""
    day = as_of.date() if as_of else clock.today()
    content = file.read_bytes()
    with in_words(), transaction(read_only=rehearse):
        mapping = named(mapping_name)
        if rehearse:
            work = batches.rehearsed(content, file.name, mapping, as_of=day)
            _print_report(work, None)
        else:
            batch, work = batches.import_now(
                content, file.name, mapping, as_of=day, leave_out=leave_out
            )
            _print_report(work, batch)
    if work.findings.fatal_rows and (rehearse or not leave_out):
        raise SystemExit(1)


def _print_report(work: Work, batch: ImportBatch | None) -> None:
    language = words.language()
    printed: Counter[tuple[str, str]] = Counter()
    for row in work.findings.rows:
        if row["severity"] in {Severity.CHANGE, Severity.NOTE}:
            continue
        kind = (row["severity"], row["code"])
        printed[kind] += 1
        if printed[kind] <= SHOWN:
            cell = f"{row['letters'] or ''}{row['row']}"
            spot = " ".join(part for part in (row["sheet"], cell) if part)
            text = row["text"][language]
            click.echo(f"{row['severity']:<6} {spot:<8} {row['value'] or ''}  {text}")
    for (severity, code), count in sorted(printed.items()):
        if count > SHOWN:
            click.echo(f"{severity:<6} {code}: +{count - SHOWN}")
    for name, count in sorted(work.plan.counts.items()):
        click.echo(f"{name:<20} {count}")
    for severity, count in sorted(work.findings.counts().items()):
        click.echo(f"{severity:<20} {count}")
    if batch is None:
        click.echo(_("只是演练，什么也没有改动。"))
    elif batch.state == BatchState.APPLIED:
        click.echo(_("已导入，批次 %(batch)s。", batch=batch.id))
    else:
        click.echo(_("有些行不能用，什么也没有改动。"))


@pages.cli.command("passwords")
@click.option("--unit", "unit_name", required=True, help="The unit, by name or number.")
def print_passwords(unit_name: str) -> None:
    """Open accounts for those of a unit who have none; print the first passwords, once."""
    with in_words(), transaction():
        named_so = queries.units_named(unit_name)
        if len(named_so) > 1:
            raise Refused(_("有几个单位叫这个名字，请用编号。"))
        unit = named_so[0] if named_so else None
        if unit is None and unit_name.isascii() and unit_name.isdigit() and len(unit_name) < 16:
            unit = queries.unit_today(int(unit_name))
        if unit is None:
            raise Refused(_("没有叫 %(name)s 的单位。", name=unit_name))
        people = queries.without_account(unit.id, None, clock.today(), weighty=True)
        made = rules.first_passwords(people)
        for line in made:
            click.echo(f"{line.staff_no}\t{line.name}\t{line.unit}\t{line.password}")
        if not made:
            click.echo(_("这里的人都有账号了。"))
