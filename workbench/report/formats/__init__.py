"""How figures, cells and tables are written for a reader."""
