"""The pictures of README and docs, taken from a demo company: `make screenshots`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image

from tests.browser.conftest import House, _browser, _served

FOLDER = Path(__file__).parents[2] / "docs/img"
PEOPLE = 400
LARGEST = 200_000
# name: (who, path, language, width, height, colours)
PICTURES = {
    "home-zh": ("agent", "/", "zh", 1280, 860, "light"),
    "growth-en": ("agent", "/growth/", "en", 1280, 980, "light"),
    "phone-zh": ("leader", "/", "zh", 390, 844, "light"),
    "phone-dark": ("agent", "/suggestions/", "zh", 390, 844, "dark"),
}


def company(folder: Path) -> tuple[Any, dict[str, Any]]:
    """A portal with a demo company in it, and its accounts by role."""
    from types import SimpleNamespace

    from sqlalchemy import select

    from portal import create_app
    from portal.base import upkeep
    from portal.base.db import Base, db, transaction
    from portal.base.settings import Settings
    from portal.demo import rules
    from portal.people.models import Employment

    settings = Settings(instance=folder, database_url=f"sqlite:///{folder / 'demo.sqlite3'}")
    app = create_app(settings)
    if upkeep.revisions()[0]:
        upkeep.upgrade(settings)
    else:
        with app.app_context():
            Base.metadata.create_all(db.engine)
    with app.app_context(), transaction() as session:
        accounts = rules.seed(settings=settings, size=PEOPLE, said=lambda _text: None)
        session.flush()
        of = dict(session.execute(select(Employment.staff_no, Employment.person_id)).all())
    return app, {each["role"]: SimpleNamespace(id=of[each["staff_no"]]) for each in accounts}


def shrink(path: Path) -> None:
    """Fewer colours, until it is small enough for a README."""
    for colours in (256, 128, 64):
        with Image.open(path) as picture:
            few = picture.convert("RGB").quantize(colours, dither=Image.Dither.NONE)
        few.save(path, optimize=True)
        if path.stat().st_size <= LARGEST:
            return


def main(browser_path: str) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        app, people = company(Path(folder))
        with _served(app) as url, _browser(browser_path) as chromium:
            house = House(app, url, None, {}, chromium)
            for name, (role, path, language, width, height, colours) in PICTURES.items():
                house.speak(language)
                page = house.visit(people[role], width=width, color_scheme=colours)
                page.set_viewport_size({"width": width, "height": height})
                page.goto(path)
                page.screenshot(path=FOLDER / f"{name}.png")
                shrink(FOLDER / f"{name}.png")
            house.leave()


if __name__ == "__main__":
    from tests.conftest import NO_BROWSER, chromium

    found = chromium()
    if found is None:
        sys.exit(NO_BROWSER)
    main(found)
