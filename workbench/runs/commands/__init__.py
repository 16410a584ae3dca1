"""What the commands on runs do: run, score, serve, make past runs."""
