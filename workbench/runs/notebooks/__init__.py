"""Notebooks executed: kernels, whose turn it is, how far a run has come, pages."""
