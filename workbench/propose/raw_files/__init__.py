"""A folder's files as they lie: which there are, how they are written, and what the values of a column look like."""
