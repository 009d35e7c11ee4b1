"""Sunhome 阳光家园. The only file that knows every room."""

from __future__ import annotations

from flask_openapi3 import APIBlueprint, Info
from flask_openapi3.models.security_scheme import SecurityScheme
from werkzeug.middleware.proxy_fix import ProxyFix

from portal import (
    audit,
    coins,
    demo,
    drives,
    greetings,
    growth,
    home,
    jobs,
    notify,
    people,
    rewards,
    suggestions,
)
from portal.base import db as database
from portal.base import health, openapi, pages, serve, upkeep, words
from portal.base.access import Door, doors, everyone, login_manager, refuse_unguarded
from portal.base.api import Problem, invalid_request
from portal.base.application import Portal
from portal.base.cookies import Cookies
from portal.base.db import db
from portal.base.room import Room
from portal.base.settings import Settings, load_settings, secret_key
from portal.jobs.queries import jobs_succeed, scheduler_alive
from portal.notify.queries import mail_flows, unread

ROOMS: tuple[Room, ...] = (
    people.room,
    audit.room,
    jobs.room,
    notify.room,
    coins.room,
    growth.room,
    suggestions.room,
    drives.room,
    rewards.room,
    greetings.room,
    home.room,
    demo.room,
)


def create_app(settings: Settings | None = None) -> Portal:
    """The application, with every room in it. Raises Unready when it cannot work as set."""
    settings = settings or load_settings()
    app = Portal(
        __name__,
        info=Info(title="Sunhome 阳光家园", version="1.0.0"),
        security_schemes={"bearer": SecurityScheme(type="http", scheme="bearer")},
        validation_error_model=Problem,
        validation_error_callback=invalid_request,
        doc_ui=False,
        instance_path=str(settings.instance),
        template_folder="../templates",
        static_folder="static",
    )
    app.config.update(
        SECRET_KEY=secret_key(settings.instance),
        SUNHOME=settings,
        MAX_CONTENT_LENGTH=settings.upload_bytes,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        SESSION_COOKIE_NAME="sunhome",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=None,
        **database.configure(settings),
    )
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops
        )
    app.session_interface = Cookies()
    db.init_app(app)
    login_manager.init_app(app)
    words.install(app)
    pages.install(app)
    health.install(app)
    openapi.install(app)
    upkeep.install(app)
    serve.install(app)
    _open_rooms(app)
    doors(app)["static"] = Door(everyone)
    refuse_unguarded(app)
    return app


def _open_rooms(app: Portal) -> None:
    for room in ROOMS:
        for blueprint in room.blueprints:
            if isinstance(blueprint, APIBlueprint):
                app.register_api(blueprint)
                pages.csrf.exempt(blueprint)
            else:
                app.register_blueprint(blueprint)
    entries = sorted((e for room in ROOMS for e in room.menu), key=lambda entry: entry.order)
    app.extensions["sunhome_frame"].menu = tuple(entries)
    app.extensions["sunhome_frame"].unread = unread
    app.extensions["sunhome_checks"] |= {
        "scheduler": scheduler_alive,
        "jobs": jobs_succeed,
        "mail": mail_flows,
    }
    app.extensions["sunhome_rooms"] = ROOMS
    app.extensions["sunhome_jobs"] = tuple(job for room in ROOMS for job in room.jobs)
