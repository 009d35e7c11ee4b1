"""The blueprint that all pages of this room hang on."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import request

from portal.base.access import Pages
from portal.base.forms import CONTROL, EARLIEST, LATEST, clean

pages = Pages("growth", __name__, url_prefix="/growth", cli_group="growth")


def day_asked(name: str) -> date | None:
    """The day in the address; None where there is none or it is no day."""
    try:
        day = date.fromisoformat(clean(request.args.get(name))[:10])
    except ValueError:
        return None
    return day if EARLIEST <= day <= LATEST else None


def number_asked(name: str) -> int | None:
    """The whole number in the address; None where there is none."""
    text = request.args.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else None


def key_asked() -> tuple[str, int] | None:
    """Where a list in reading order goes on: sort key and id."""
    key, number = CONTROL.sub("", request.args.get("after", "")), number_asked("id")
    return (key[:200], number) if key and number is not None else None


Context = dict[str, Any]
