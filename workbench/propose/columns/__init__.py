"""Which expression gives a column of the contract, from the columns of one file."""
