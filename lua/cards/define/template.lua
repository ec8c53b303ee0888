--- Templates of a definition: texts with {names}, in the place of which values are put.

local template = {}

--- The value where it is such a text, else nil and a mistake.
-- @param known a function of a name that returns whether there is one
-- @param such_as what the text says of an unknown name: "such as {body}"
-- @param one_line whether it may have no line break or other control character
function template.read(at, value, known, such_as, one_line)
  if type(value) ~= "string" or value == "" or #value > 1000 or value:find "%z" then
    return at:wrong "must be a string of 1 to 1000 bytes"
  end
  if one_line and value:find "%c" then
    return at:wrong "contains a line break, a NUL or another control character"
  end
  local right = true
  local bare = value:gsub("{([^{}]*)}", function(name)
    right = right and known(name)
    return ""
  end)
  if not right or bare:find "[{}]" then
    return at:wrong("has a brace that is not part of a name %s", such_as)
  end
  return value
end

return template
