LJ is bytecode behind a byte order mark.
