"""Audit: who looked at whose file, when and why; shown to the person it concerns."""

from portal.base.room import Room

room = Room(name="audit")
