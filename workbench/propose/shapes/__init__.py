"""Tables in another shape than one row per fact: months across, pivots, logs of movements, texts of several values."""
