--- Looks for marker secrets in text: whole, in part, and in the disguises that a program gives them without meaning to.

local leak = {}

local RUN = 8 -- so many bytes of a longer marker are too much

local function fold(text) return (text:lower()) end

local function percent_decoded(text)
  return (text:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

-- Digits that are grouped by blanks, dashes, dots or colons, as one run.
local function joined(text)
  local before
  repeat
    before = text
    text = text:gsub("(%d)[ .:_-]+(%d)", "%1%2")
  until text == before
  return text
end

local ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

function leak.base64(bytes)
  local out = {}
  for i = 1, #bytes, 3 do
    local a, b, c = bytes:byte(i, i + 2)
    local n = a * 65536 + (b or 0) * 256 + (c or 0)
    for place = 0, 3 do
      local index = math.floor(n / 64 ^ (3 - place)) % 64
      local absent = place == 2 and not b or place == 3 and not c
      out[#out + 1] = absent and "=" or ALPHABET:sub(index + 1, index + 1)
    end
  end
  return table.concat(out)
end

local function hex(bytes)
  return (bytes:gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end

-- What base64 of a text with the marker somewhere in it has in common, for each of the three alignments: without the ends, which depend on the neighbours.
local function base64_cores(marker)
  local cores, tail = {}, { [0] = 0, 3, 2 }
  for shift = 0, 2 do
    local text = leak.base64(("\0"):rep(shift) .. marker)
    cores[#cores + 1] = text:sub(shift == 0 and 1 or shift + 2, -1 - tail[(shift + #marker) % 3])
  end
  return cores
end

--- @param markers { name = text }: those of fewer than eight bytes are found where no letter or digit stands beside them, the others by any run of eight bytes.
function leak.search(markers)
  local runs, short = {}, {}
  local function add(name, text)
    text = fold(text)
    if #text < RUN then
      short[#short + 1] = { name = name, text = text }
    else
      for i = 1, #text - RUN + 1 do runs[text:sub(i, i + RUN - 1)] = name end
    end
  end
  for name, text in pairs(markers) do
    add(name, text)
    add(name .. " in hex", hex(text))
    for _, core in ipairs(base64_cores(text)) do
      if #core >= RUN then add(name .. " in base64", core) end
    end
  end

  local function find_in(text)
    for i = 1, #text - RUN + 1 do
      local name = runs[text:sub(i, i + RUN - 1)]
      if name then return name, text:sub(math.max(1, i - 40), i + 60) end
    end
    for _, marker in ipairs(short) do
      local from, to = text:find(marker.text, 1, true)
      while from do
        local before, after = from > 1 and text:sub(from - 1, from - 1) or "", text:sub(to + 1, to + 1)
        if not before:find "%w" and not after:find "%w" then
          return marker.name, text:sub(math.max(1, from - 40), to + 40)
        end
        from, to = text:find(marker.text, to + 1, true)
      end
    end
  end

  --- The name of a marker that the text shows and where, or nil.
  return function(text)
    text = fold(text)
    local views = { text }
    local decoded = percent_decoded(text)
    if decoded ~= text then views[#views + 1] = decoded end
    local digits = joined(decoded)
    if digits ~= decoded then views[#views + 1] = digits end
    for _, view in ipairs(views) do
      local name, around = find_in(view)
      if name then return name, around end
    end
  end
end

return leak
