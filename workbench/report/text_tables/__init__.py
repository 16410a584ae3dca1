"""The tables of the page, as texts."""
