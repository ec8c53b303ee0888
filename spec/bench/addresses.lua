--- Addresses from a file of NAME=value lines, as spec/bench/servers and spec/sandbox/start leave them in DIR/env.

return function(directory)
  local values = {}
  for line in io.lines(directory .. "/env") do
    local name, value = line:match "^([%w_]+)=(.*)$"
    values[name or ""] = value
  end
  return values
end
