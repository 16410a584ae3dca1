"""What a proposal is made of: columns as SQL, tables, and the doubts about each."""
