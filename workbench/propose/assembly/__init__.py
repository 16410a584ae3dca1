"""Tables put together from all that was found, and what they and the source as a whole state."""
