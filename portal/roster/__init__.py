"""Roster: which day a moment belongs to for whoever works by shifts.

So far there is one question and one answer (`queries.shift_date`), by the hour of the day. When
shifts are planned here, the answer will come from them; whoever asks need not change.
"""
