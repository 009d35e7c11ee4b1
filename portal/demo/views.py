"""The command that seeds the demo."""

from __future__ import annotations

import click
from flask import current_app

from portal.base.access import Pages
from portal.base.db import transaction
from portal.base.errors import Refused
from portal.demo import rules

pages = Pages("demo", __name__, cli_group="demo")


@pages.cli.command("seed")
@click.option("--people", "size", type=click.IntRange(120, 200_000), default=2000)
@click.option("--accounts/--no-accounts", "shows", default=True, help="Print the accounts.")
def seed(size: int, shows: bool) -> None:
    """Fill an empty portal with made-up people and a year of history."""
    try:
        with transaction():
            accounts = rules.seed(
                settings=current_app.config["SUNHOME"], size=size, said=click.echo
            )
    except Refused as refusal:
        raise click.ClickException(refusal.message) from refusal
    for account in accounts if shows else ():
        click.echo(f"{account['role']:<16} {account['staff_no']:<8} {account['password']}")
