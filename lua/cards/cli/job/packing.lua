--- What is in a row as one line of text, and back.
--
-- Fields of CSV stand between tabs, as they may have bytes that JSON cannot; a line of NDJSON stands as it is.

local packing = {}

local concat, find, gsub, sub = table.concat, string.find, string.gsub, string.sub

local SPECIAL = "[\\\t\n]"
local ESCAPES = { ["\\"] = "\\\\", ["\t"] = "\\t", ["\n"] = "\\n" }
local CHARACTERS = { ["\\"] = "\\", t = "\t", n = "\n" }

--- A list of fields, or a line, as text without a line break.
function packing.pack(content)
  if type(content) == "string" then
    return content
  end
  for i = 1, #content do
    if find(content[i], SPECIAL) then
      content[i] = gsub(content[i], SPECIAL, ESCAPES)
    end
  end
  return concat(content, "\t")
end

--- The list of fields of a text.
function packing.fields(text)
  local fields, count, at = {}, 0, 1
  local is_plain = not find(text, "\\", 1, true)
  while true do
    local tab = find(text, "\t", at, true)
    local field = sub(text, at, tab and tab - 1)
    count = count + 1
    fields[count] = is_plain and field or gsub(field, "\\(.)", CHARACTERS)
    if not tab then
      return fields
    end
    at = tab + 1
  end
end

return packing
