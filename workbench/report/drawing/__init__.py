"""Charts in the house style, drawn from computed numbers."""
