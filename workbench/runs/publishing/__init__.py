"""Drafts, published runs, and what lies beside them: which there are, and how they compare."""
