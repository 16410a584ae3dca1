"""What the words mean that exports use for their files, columns and states, in many languages."""
