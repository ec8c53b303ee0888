--- The types in annotations: where one ends, and which literals it has.

local types = {}

--- Where a type ends that begins at a place: behind its last part.
local function ending(text, at)
  local last = select(2, text:find("^%b()", at)) or select(2, text:find("^%b{}", at)) or select(2, text:find('^"[^"]*"', at))
  if text:find("^fun%s*%(", at) then
    last = select(2, text:find("^fun%s*%b()", at))
    local colon = select(2, text:find("^%s*:%s*", last + 1))
    while colon do -- what it returns
      last = ending(text, colon + 1)
      colon = select(2, text:find("^%s*,%s*", last + 1))
    end
  end
  last = last or select(2, text:find("^[%w_.%-]+%b<>", at)) or select(2, text:find("^[%w_.%-]+", at)) or at
  last = select(2, text:find("^[%[%]?]*", last + 1))
  local bar = select(2, text:find("^%s*|%s*", last + 1))
  return bar and ending(text, bar + 1) or last
end

--- Splits the type at the beginning of a text from what is behind it.
function types.split(text)
  local last = ending(text, 1)
  return text:sub(1, last), text:sub(last + 1):gsub("^%s*#?%s*", "")
end

--- The literals of a type that has nothing else, a list; else nil.
function types.literals(type)
  local list = {}
  for literal in type:gmatch '"[^"]*"' do
    table.insert(list, literal)
  end
  return list[1] and not type:gsub('"[^"]*"', ""):find "[^|%s]" and list or nil
end

return types
