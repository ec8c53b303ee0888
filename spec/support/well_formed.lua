--- Whether HTML as this project writes it is well formed: what is opened is closed in its turn, attributes are quoted, and no text has markup in it.

local VOID = { meta = true, ["!doctype"] = true, br = true, img = true }
local OPEN_ENDED = { html = true } -- whose end is there, but not those of head and body, which nobody opens

--- @return nil; or what is wrong, and where
return function(html)
  local stack, at = {}, 1
  while true do
    local from, to, slash, name, rest = html:find("<(/?)([%a!][%w]*)([^<>]*)>", at)
    local text = html:sub(at, (from or #html + 1) - 1)
    local top = stack[#stack]
    if top ~= "style" and (text:find "[<>]" or text:gsub("&%a+;", ""):gsub("&#%d+;", ""):find "&") then
      return "markup in a text: " .. text:sub(1, 200)
    elseif not from then
      return stack[1] and not OPEN_ENDED[stack[1]] and "not closed: " .. stack[#stack] or nil
    elseif slash == "/" then
      if table.remove(stack) ~= name:lower() then
        return ("</%s> at %d closes another element, %s"):format(name, from, tostring(top))
      end
    else
      local left = rest:gsub('%s+[%w-]+="[^"]*"', ""):gsub("%s+[%w-]+", "")
      if left ~= "" and left ~= "/" then
        return ("attributes of <%s> at %d: %s"):format(name, from, rest)
      elseif left ~= "/" and not VOID[name:lower()] then
        table.insert(stack, name:lower())
      end
    end
    at = to + 1
  end
end
