"""How well files and columns fit the contract, and how the files refer to each other."""
