"""Notify: what people are told. A row in the same transaction; a job delivers it by mail."""

from portal.base.room import Room
from portal.notify.views import pages

room = Room(name="notify", blueprints=(pages,))
