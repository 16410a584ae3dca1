"""What the report says, gathered from a run's stage tables and compared with the run before: figures only."""
