Lua is bytecode.
