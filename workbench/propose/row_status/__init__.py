"""What the status of a row says: whether it counts, is set aside, or takes back."""
