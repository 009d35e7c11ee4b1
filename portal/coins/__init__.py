"""Coins: accounts and transfers; awards from a unit's budget; everybody's own statement."""

from portal.base.room import Room

room = Room(name="coins")
