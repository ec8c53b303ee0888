--- This process, and whether another one lives: by its id and when it began, as an id is used again.

local process = {}

--- The id of the process and when it began, by Linux's /proc, as one word; nil where there is none.
-- @param id "self", or the id of another process
local function look(id)
  local file = io.open(("/proc/%s/stat"):format(id))
  local text = file and file:read "*a"
  if file then
    file:close()
  end
  -- id (name) state and 18 numbers more, then when it began; a name may have spaces and brackets in it
  local found, state, rest = (text or ""):match "^(%d+) %(.*%) (%a) (.*)$"
  local began = rest and rest:match("^" .. ("%S+ "):rep(18) .. "(%d+)")
  return began and state ~= "Z" and state ~= "X" and found .. "-" .. began or nil
end

--- The name of this process, which no other one has.
function process.name()
  return look "self"
end

--- Whether the process of that name still runs.
function process.lives(name)
  return look(name:match "^%d+") == name
end

return process
