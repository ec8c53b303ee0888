--- The flow of a file, which is trusted, and not confined.

local check = require "cards.util.check"
local load_script = require "cards.script.load"

--- Loads a flow.
-- @return the function of a row that the file returns; or nil and what is wrong
return function(path)
  local chunk = loadfile(path)
  if not chunk then
    return nil, select(2, load_script.read(path)) -- it quotes nothing of a file with a key or token
  end
  local ok, flow = pcall(chunk)
  if not ok then
    return nil, check.line(flow)
  elseif type(flow) ~= "function" then
    return nil, ("%s: a flow returns a function of a row, not a %s"):format(path, type(flow))
  end
  return flow
end
