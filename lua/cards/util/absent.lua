--- What stands in the place of a name that is not there, so that using it says which name was meant, and not "attempt to call a nil value".
--
-- A name that begins with "_" is nil, as is everything that is no text: tools ask any table for such. Neither pairs nor rawget see anything of it.

local check = require "cards.util.check"

local absent = {}

local function is_name(key)
  return type(key) == "string" and not key:find "^_"
end

--- The names of the functions in a table, as keys.
local function functions_in(of)
  local names = {}
  for key, value in pairs(of) do
    names[key] = type(value) == "function" or nil
  end
  return names
end

--- A function that raises an error at the line that calls it.
-- @param wrong a function that returns the message
local function raiser(wrong)
  return function() error(wrong(), 2) end
end

--- The metatable of a module: a function that it does not have is one that raises.
-- @param name of the module, "cards.alix"
-- @param noun what its functions are
function absent.functions(name, module, noun)
  return {
    __index = function(_, key)
      return is_name(key) and raiser(function() return ("%s: %s"):format(name, check.unknown(key, functions_in(module), noun)) end) or nil
    end,
  }
end

--- The metatable of a module with modules in it. A name that is nearly one of them can be called and has any function, and each of these raises. Any other name
-- is nil, as who asks for it may only ask whether this version has it.
-- @param explain function(key) that returns the message for a name that is known elsewhere, or nil
function absent.modules(name, module, explain)
  return {
    __index = function(_, key)
      if not is_name(key) then
        return nil
      end
      local hint, meant = check.meant(key, module)
      local known = explain(key)
      if not known and not meant then
        return nil
      end
      local raise = raiser(function() return ("%s: %s"):format(name, known or ("unknown name '%s'%s"):format(check.shown(key), hint)) end)
      return setmetatable({}, { __call = raise, __index = function(_, inner) return is_name(inner) and raise or nil end })
    end,
  }
end

return absent
