#! is bytecode behind a line for the shell.
Lua
