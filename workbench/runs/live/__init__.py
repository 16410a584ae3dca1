"""What a notebook shows of a run while a person works in it: controls, thresholds, one customer, large tables."""
