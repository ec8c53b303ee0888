--- Script files: what comes out of one is plain, a mark or a function; an error is one line with its place; nothing of the host's changes; and nobody can tell
-- from the outcome which of two cards a function was given.
--
-- The input: 't' and a text, 'f' and the body of a function as words, or anything else and a file as words.

local cards = require "cards"
local core = require "cards.core"

local NAMES = { "keep", "pan", "fn", "hash", "from_env", "map", "digits" }

local WORDS = { "return", "{", "}", "(", ")", "[", "]", "=", ",", "r", "r.number", "r.cvv", "r.list", "r.name", "v",
  "1", "'x'", "..", "+", "==", "<", "#", "not",
  "local v =", "local t = {}", "t[#t + 1] =", "kept[#kept + 1] =", "#kept", "kept[1]", "function()", "end", "if", "then", "else", "for i = 1, 3 do",
  "for k, v in pairs(r) do",
  "while true do", "repeat until false", "goto x", "::x::", "tostring(", "tonumber(", "type(", "next(", "select('#',", "error(", "assert(",
  "ipairs(", "unpack(",
  "string.rep(", "string.format('%s%q',", "string.find(", "string.gsub(", "string.gmatch(", "string.byte(", "string.char(", "string.sub(",
  "table.concat(", "table.sort(",
  "table.insert(", "table.remove(", "math.floor(", "math.huge", "('a'):rep(1e5)", "('a?'):rep(9)", "'.-.-.-b'", "'%b()'", "'[^%]]*'", ":reveal()",
  ":first(6)", ".class", ".present",
  ".value", ".bytes", "keep", "pan", "fn", "hash", "from_env 'PATH'", "digits", "map", "_G", "_ENV", "getmetatable(''", "setmetatable({}",
  "coroutine.wrap(", "string.dump(",
  "io.open", "os.exit()", "debug.getinfo(1)", "load(", "require", "local x <close> = keep", "utf8.char(", "1e309", "0/0", "-", "//", "%",
  "r.number == '4111111100551111'",
  "r.cvv .. ''", "\n", ";", "--", "[[", "]]", "\27", "\239\187\191", "#" }

local pair = { { number = "4111111100551111", cvv = "739" }, { number = "4111111177791111", cvv = "111" } }

local upper, index = string.upper, getmetatable("").__index

local function fail(what, ...)
  error(what:format(...), 0)
end

local function words(bytes, at)
  local list = {}
  for i = at, math.min(#bytes, at + 300) do
    list[#list + 1] = WORDS[bytes:byte(i) % #WORDS + 1]
  end
  return table.concat(list, " ")
end

local function text_of(bytes)
  local kind = bytes:sub(1, 1)
  if kind == "t" then
    return bytes:sub(2)
  elseif kind == "f" then
    return "local kept = {} return function(r) " .. words(bytes, 2) .. " end"
  end
  return words(bytes, 2)
end

local function must_be_line(text)
  if type(text) ~= "string" or not text:find "^fuzz%.lua" or text:find "[%c\127]" or #text > 1200 then
    fail("an error that is none: %q", tostring(text))
  end
end

--- A value as a text, the same for the same; functions are gathered. Anything but plain values, marks and functions is a failure.
local function dump(value, functions)
  local kind = type(value)
  if kind == "function" then
    functions[#functions + 1] = value
    return "function"
  elseif kind == "number" and value ~= value then
    return "nan"
  elseif kind ~= "table" then
    return (kind == "nil" or kind == "boolean" or kind == "string" or kind == "number") and kind .. ":" .. tostring(value) or fail("a %s came out", kind)
  end
  local meta = getmetatable(value)
  if meta ~= nil and meta ~= "cards.script.mark" then
    fail("a table with the metatable %s came out", tostring(meta))
  end
  local fields, keys, contents = {}, {}, {}
  for key, content in next, value do
    keys[#keys + 1] = dump(key, functions)
    contents[keys[#keys]] = content
  end
  table.sort(keys) -- so that functions are gathered in the same order
  for i, key in ipairs(keys) do
    fields[i] = key .. "=" .. dump(contents[key], functions)
  end
  return (meta and "mark" or "") .. "{" .. table.concat(fields, ",") .. "}"
end

--- All that anybody sees of a script and a card.
local function outcome(text, card)
  local functions, seen = {}, {}
  local value, why = core.script(text, "fuzz.lua", NAMES)
  if value == nil and why ~= nil then
    must_be_line(why)
    return why
  end
  seen[1] = dump(value, functions)
  local record = { number = cards.secret(card.number, "pan"), cvv = cards.secret(card.cvv, "cvv"), name = "John", list = { 1, 2, { "x" } } }
  for i = 1, math.min(#functions, 2) do
    for _ = 1, 2 do
      local ok, result = pcall(functions[i], record)
      if ok then
        seen[#seen + 1] = dump(result, {})
      else
        must_be_line(result)
        seen[#seen + 1] = result
      end
    end
  end
  record.number:close()
  record.cvv:close()
  return table.concat(seen, "\n")
end

--- Whether the outcomes for the cards have nothing in common. The order of a table differs from state to state, and so does the moment when time is up.
local function differs(text)
  local seen = { {}, {} }
  for _ = 1, 10 do
    for i = 1, 2 do
      local made = outcome(text, pair[i])
      if seen[3 - i][made] or made:find("took too long", 1, true) then
        return false
      end
      seen[i][made] = true
    end
  end
  return true
end

return function(bytes)
  local text = text_of(bytes)
  if differs(text) then
    fail("the outcome depends on the card: %s", outcome(text, pair[1]))
  end
  if string.upper ~= upper or getmetatable("").__index ~= index or rawget(_G, "kept") ~= nil then
    fail "the host has changed"
  end
end
