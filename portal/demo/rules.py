"""Seeding the demo: all rooms, one transaction."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from importlib import import_module

from flask_babel import gettext as _

from portal.base import clock
from portal.base.db import session
from portal.base.errors import Refused
from portal.base.settings import Settings
from portal.demo import people
from portal.demo.world import World
from portal.people.queries import is_empty

SEED = 10086
ROOMS = ("growth", "coins", "suggestions", "drives", "rewards", "notify", "greetings", "jobs")
"""The rooms with a history of their own, in the order in which they build on one another."""


def seed(
    *, settings: Settings, size: int, said: Callable[[str], None] = lambda _line: None
) -> list[dict[str, str]]:
    """Fill an empty portal with `size` made-up people and a year of their life here.

    Answers the accounts to sign in with. `said` hears a line a room. The caller commits.
    Raises Refused when anybody is here already, or when the company would be too small to live.
    """
    if not is_empty():
        raise Refused(_("这里已经有人了：演示数据只放进空的门户。"), status=409)
    if size < 120:
        raise Refused(_("演示公司至少要 120 人，才有班组和两个站点。"))
    today = clock.today()
    world = World(rng=random.Random(SEED), today=today, start=today - timedelta(days=365))  # noqa: S311 (not for secrets)
    people.seed(world, size)
    accounts = people.seed_accounts(world, settings)
    said(f"people: {len(world.people)}")
    for name in ROOMS:
        import_module(f"portal.demo.{name}").seed(world)
        said(name)
    world.finish()
    session().flush()
    return accounts
