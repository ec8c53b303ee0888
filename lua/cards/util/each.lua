--- pairs under another name, for loops that a finalizer may get to: that of cards.trace sends the last spans when a program ends. In a finalizer LuaJIT never
-- leaves a loop over `pairs`, by that name, of which it has compiled something that does not fit.

return pairs
