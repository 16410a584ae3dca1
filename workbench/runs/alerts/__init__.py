"""Alerts at the end of a run: what is new, to whom it is sent."""
