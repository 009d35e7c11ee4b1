"""The two languages: which one this reader wants, and how each writes days, numbers and money."""

from __future__ import annotations

import os
from datetime import date, datetime
from functools import lru_cache
from gettext import NullTranslations
from pathlib import Path
from typing import Any

from babel.dates import format_date
from flask import Flask, current_app, g, has_app_context, has_request_context, request
from flask import session as cookie
from flask.globals import app_ctx
from flask_babel import Babel, Domain, get_locale, get_translations
from flask_babel.speaklater import LazyString
from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup

from portal.base import clock
from portal.base.access import me

LANGUAGES = ("zh", "en")


def chosen_language() -> str:
    """The language of this answer: the person's choice, the browser's, or Chinese."""
    if not has_request_context():
        terminal = os.environ.get("LC_ALL") or os.environ.get("LANG") or "zh"
        return "en" if terminal.lower().startswith("en") else "zh"
    if not request.path.startswith("/api/"):
        if cookie.get("language") in LANGUAGES:
            return str(cookie["language"])
        if g.get("_login_user") is not None and me.locale in LANGUAGES:
            return str(me.locale)
    return request.accept_languages.best_match(LANGUAGES, "zh") or "zh"


def language() -> str:
    """The language in force here: `zh` or `en`.

    Asked for each text and each day of a page, so it looks where Flask-Babel keeps its choice
    before it asks Flask-Babel, which costs ten times as much.
    """
    context: Any = app_ctx
    context = context._get_current_object() if has_app_context() else None
    kept = None if context is None else context.g.get("_flask_babel")
    locale = getattr(kept, "babel_locale", None) or get_locale()
    return "en" if locale is not None and locale.language == "en" else "zh"


def catalogue() -> NullTranslations | None:
    """The texts of the language in force; None for Chinese, which stands in the source.

    Flask-Babel looks its catalogue up anew for each text, by a name it spells out each time; a page
    has a hundred texts, so the templates come here.
    """
    tongue = language()
    if tongue == "zh":
        return None
    known: dict[str, NullTranslations] = current_app.extensions["sunhome_catalogues"]
    if tongue not in known:
        known[tongue] = get_translations()
    return known[tongue]


def quick_gettext(text: str) -> str:
    texts = catalogue()
    return text if texts is None else texts.gettext(text)


def quick_ngettext(one: str, many: str, number: int) -> str:
    texts = catalogue()
    return many if texts is None else texts.ngettext(one, many, number)


class Texts(Domain):
    """Flask-Babel's texts, looked up the short way."""

    def gettext(self, string: str, **variables: Any) -> str:
        found = quick_gettext(string)
        return found % variables if variables else found

    def ngettext(self, singular: str, plural: str, num: int, **variables: Any) -> str:
        return quick_ngettext(singular, plural, num) % {"num": num, **variables}


_, ngettext = quick_gettext, Texts().ngettext


def lazy(text: str) -> LazyString:
    """A text that is told in the language of whoever reads it: for what a list asks 25 times."""
    return LazyString(quick_gettext, text)


@lru_cache(maxsize=4096)
def _day(day: date, this_year: bool, language: str) -> str:
    if language == "zh":
        return f"{day.month}月{day.day}日" if this_year else f"{day.year}年{day.month}月{day.day}日"
    return format_date(day, "MMM d" if this_year else "MMM d, y", locale="en")


def day(value: date | datetime | None) -> str:
    """A day as people say it: without the year when it is this year's."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        value = clock.local(value).date()
    return _day(value, value.year == clock.today().year, language())


def exact(value: date | datetime | None) -> str:
    """The exact day or moment, for the hover and for screen readers."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return clock.local(value).strftime("%Y-%m-%d %H:%M")
    return value.isoformat()


def moment(value: datetime | None) -> str:
    """Day and time of day."""
    if value is None:
        return ""
    return f"{day(value)} {clock.local(value):%H:%M}"


WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")


def weekday(value: date | datetime) -> str:
    """A day with its weekday: 11月22日 周日."""
    on = clock.local(value).date() if isinstance(value, datetime) else value
    if language() == "zh":
        return f"{day(on)} {WEEKDAYS[on.weekday()]}"
    return format_date(on, "EEEE, MMM d", locale="en")


def ago(value: date | datetime | None) -> str:
    """How far off a day is, in words: 今天, 昨天, 还有 2 天; farther days by date."""
    if value is None:
        return ""
    on = clock.local(value).date() if isinstance(value, datetime) else value
    distance = (on - clock.today()).days
    if distance == 0:
        return _("今天")
    if distance in (-1, 1):
        return _("昨天") if distance < 0 else _("明天")
    if 1 < distance <= 14:
        return str(ngettext("还有 %(num)s 天", "还有 %(num)s 天", distance))
    if -7 < distance < 0:
        return str(ngettext("%(num)s 天前", "%(num)s 天前", -distance))
    return day(on)


def num(value: int | float | None) -> str:
    """A number with thousands marked."""
    if value is None:
        return "—"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.1f}"


def coins(value: int) -> str:
    """An amount of sunshine coins with its unit."""
    return str(ngettext("%(count)s 枚金币", "%(count)s 枚金币", value, count=f"{value:,}"))


def yuan(fen: int) -> str:
    """An amount of money, from fen."""
    sign = "-" if fen < 0 else ""
    return f"{sign}¥{abs(fen) // 100:,}.{abs(fen) % 100:02d}"


def percent(share: float | None, digits: int = 1) -> str:
    """A share (0.987) as percent."""
    return "—" if share is None else f"{share * 100:.{digits}f}%"


@lru_cache(maxsize=8192)
def _marked(text: str) -> Markup:
    return Markup(text)  # noqa: S704 (our own words, not what somebody typed)


@pass_eval_context
def _in_page(place: EvalContext, text: str, **variables: Any) -> str:
    """`_()` of templates: a hundred times a page, mostly without variables."""
    found = quick_gettext(text)
    if place.autoescape:
        found = _marked(found)
    return found % variables if variables or "%" in found else found


@pass_eval_context
def _in_page_of_many(place: EvalContext, one: str, many: str, number: int, **variables: Any) -> str:
    """`ngettext()` of templates."""
    found = quick_ngettext(one, many, number)
    if place.autoescape:
        found = _marked(found)
    return found % {"num": number, **variables}


def install(app: Flask) -> None:
    """Set up the two languages and the filters of templates."""
    root = Path(app.root_path)
    texts = sorted(path for path in root.glob("*/texts") if path.is_dir())
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = ";".join(str(path) for path in texts)
    app.config["BABEL_DEFAULT_LOCALE"] = "zh"
    babel = Babel(app, locale_selector=chosen_language, default_locale="zh")
    babel.domain_instance = Texts()
    filters: dict[str, Any] = {
        "day": day, "weekday": weekday, "moment": moment, "ago": ago, "exact": exact, "num": num,
        "coins": coins, "yuan": yuan, "percent": percent,
    }  # fmt: skip
    app.jinja_env.filters.update(filters)
    app.extensions["sunhome_catalogues"] = {}
    app.jinja_env.globals.update(_=_in_page, gettext=_in_page, ngettext=_in_page_of_many)
