"""Fill the database of one stage, in a process of its own: `python -m bench.seed PEOPLE`."""

from __future__ import annotations

import sys
from contextlib import closing

from portal import create_app
from portal.base import upkeep
from portal.base.db import Base, db, transaction
from portal.base.settings import load_settings
from portal.demo import rules


def main() -> None:
    settings = load_settings()
    app = create_app(settings)
    with app.app_context():
        if upkeep.revisions()[0]:
            upkeep.upgrade(settings)
        else:
            Base.metadata.create_all(db.engine)
        with transaction():
            rules.seed(settings=settings, size=int(sys.argv[1]))
        db.session.remove()
        with closing(db.engine.raw_connection()) as connection:
            if not settings.is_sqlite:
                connection.driver_connection.autocommit = True  # type: ignore[union-attr]
            connection.cursor().execute("ANALYZE" if settings.is_sqlite else "VACUUM ANALYZE")


if __name__ == "__main__":
    main()
