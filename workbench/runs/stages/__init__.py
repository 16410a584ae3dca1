"""A run's parameters, its folders and stage tables, and what each was made from."""
