--- The environment variables that a script file may name in `from_env`: those that the host has listed, none at first.

local environment = {}

local names, prefixes = {}, {}

--- What is wrong with such a list, or nil.
function environment.check(value, key)
  if type(value) ~= "table" then
    return ("%s must be a list of names"):format(key)
  end
  for i, name in ipairs(value) do
    if type(name) ~= "string" or not name:find "^[%a_][%w_]*%*?$" then
      return ("%s.%d must be the name of a variable, or the beginning of one with a * behind it"):format(key, i)
    end
  end
end

--- Replaces the list: names, or beginnings with a "*" behind them.
function environment.set(value)
  names, prefixes = {}, {}
  for _, name in ipairs(value) do
    local prefix = name:match "^(.*)%*$"
    if prefix then
      prefixes[#prefixes + 1] = prefix
    else
      names[name] = true
    end
  end
end

--- Whether scripts may read a variable.
function environment.has(name)
  for _, prefix in ipairs(prefixes) do
    if name:sub(1, #prefix) == prefix then
      return true
    end
  end
  return names[name] == true
end

return environment
