"""Raw inputs: what a source file says, how each format and server is opened, and how raw values are read."""
