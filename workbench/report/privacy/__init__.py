"""What is not shown, since it is about few customers."""
