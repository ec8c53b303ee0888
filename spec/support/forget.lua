--- A helper of busted, which keeps what a file's specs had until all files have run. Each file has its own copy of all modules, 1 MB of them, so that every
-- collection of garbage would take longer than the one before it, and much longer under valgrind.
-- But cqueues is loaded once for all: while it is loaded anew, its old objects cannot be collected, which raises an error on 5.1 and LuaJIT.

local busted = require "busted"

--- Lets go of the functions of a file or block, and of all in it. Names and results stay.
local function forget(element)
  for _, child in ipairs(busted.children(element)) do
    forget(child)
    for key, value in pairs(child) do
      local is_block = type(value) == "table" and type(value[1]) == "table" and value[1].run -- before_each and its like
      if key == "run" or key == "env" or is_block then child[key] = nil end
    end
  end
end

for _, name in ipairs { "cqueues", "cqueues.condition", "cqueues.socket" } do pcall(require, name) end

busted.subscribe({ "file", "end" }, function(file)
  forget(file)
  return nil, true
end)
