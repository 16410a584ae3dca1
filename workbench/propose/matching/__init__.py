"""Which raw file is which table of the contract."""
