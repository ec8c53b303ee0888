--- JSON for the sandbox: an ordered tree that remembers where it was read.
--
-- A general decoder loses three things this server needs: the order of the keys
-- (answers look like the providers' pages), duplicate keys (refused in requests,
-- sent on request), and the exact bytes of a value (NetXD signs those of `payload`).
-- An object is { { key, value }, ... } with the metatable `object`, an array a list
-- with the metatable `array`. A number that was read, or that Lua cannot print, is
-- `json.raw(text)`: text which the encoder copies as it is.

local json = {}

local object, array, raw = {}, {}, {}
object.__index = object

--- JSON null, as a value of its own: a Lua nil would drop the field.
json.null = setmetatable({ text = "null" }, raw)

--- Text copied into the answer as it is, valid JSON or not.
function json.raw(text)
  return setmetatable({ text = text }, raw)
end

--- An ordered object of { "key", value, "key", value, ... }; no value may be nil.
function json.object(list)
  local self = setmetatable({}, object)
  for i = 1, #(list or {}), 2 do self[#self + 1] = { list[i], list[i + 1] } end
  return self
end

function json.array(list)
  return setmetatable(list or {}, array)
end

function json.is_object(v) return getmetatable(v) == object end
function json.is_array(v) return getmetatable(v) == array end
function json.is_raw(v) return getmetatable(v) == raw end

--- The { key, value } pair of a key, or nil.
function object:pair(key)
  for i = 1, #self do
    if self[i][1] == key then return self[i], i end
  end
end

function object:get(key)
  local pair = self:pair(key)
  return pair and pair[2]
end

--- Sets or appends; a nil value leaves the object alone, so that optional fields read plainly.
function object:set(key, value)
  if value == nil then return self end
  local pair = self:pair(key)
  if pair then pair[2] = value else self[#self + 1] = { key, value } end
  return self
end

function object:remove(key)
  local _, at = self:pair(key)
  if at then table.remove(self, at) end
end

-- Encoding -----------------------------------------------------------------

local escapes = { ['"'] = '\\"', ["\\"] = "\\\\", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t" }

local function quote(s)
  return '"' .. s:gsub('[%z\1-\31"\\]', function(c)
    return escapes[c] or ("\\u%04x"):format(c:byte())
  end) .. '"'
end
json.quote = quote

local function write(out, v)
  local kind = type(v)
  if kind == "string" then
    out[#out + 1] = quote(v)
  elseif kind == "number" then
    out[#out + 1] = ("%.14g"):format(v)
  elseif kind == "boolean" then
    out[#out + 1] = tostring(v)
  elseif json.is_raw(v) then
    out[#out + 1] = v.text
  elseif json.is_array(v) then
    out[#out + 1] = "["
    for i = 1, #v do
      if i > 1 then out[#out + 1] = "," end
      write(out, v[i])
    end
    out[#out + 1] = "]"
  elseif json.is_object(v) then
    out[#out + 1] = "{"
    for i = 1, #v do
      if i > 1 then out[#out + 1] = "," end
      write(out, v[i][1])
      out[#out + 1] = ":"
      write(out, v[i][2])
    end
    out[#out + 1] = "}"
  else
    error("not a JSON value: " .. kind)
  end
end

--- The text of a tree, without spaces.
function json.encode(tree)
  local out = {}
  write(out, tree)
  return table.concat(out)
end

-- Decoding -----------------------------------------------------------------

local function utf8(code)
  if code < 0x80 then return string.char(code) end
  local first, following = 0xf0, 3
  if code < 0x800 then first, following = 0xc0, 1 elseif code < 0x10000 then first, following = 0xe0, 2 end
  local tail = ""
  for _ = 1, following do
    tail = string.char(0x80 + code % 64) .. tail
    code = math.floor(code / 64)
  end
  return string.char(first + code) .. tail
end

local function fail(at, what)
  error({ json = ("%s at byte %d"):format(what, at) }, 0)
end

local plain = { b = "\b", f = "\f", n = "\n", r = "\r", t = "\t", ['"'] = '"', ["\\"] = "\\", ["/"] = "/" }

local function read_string(s, at)
  local out, from = {}, at + 1
  while true do
    local stop = s:find('[%z\1-\31"\\]', from)
    if not stop then fail(at, "unfinished string") end
    out[#out + 1] = s:sub(from, stop - 1)
    local c = s:sub(stop, stop)
    if c == '"' then return table.concat(out), stop + 1 end
    if c ~= "\\" then fail(stop, "control character in a string") end
    local e = s:sub(stop + 1, stop + 1)
    if plain[e] then
      out[#out + 1], from = plain[e], stop + 2
    elseif e == "u" then
      local code = tonumber(s:match("^%x%x%x%x", stop + 2) or fail(stop, "bad escape"), 16)
      from = stop + 6
      if code >= 0xd800 and code < 0xe000 then
        local low = tonumber(s:match("^\\u(%x%x%x%x)", from) or "0", 16)
        if code >= 0xdc00 or low < 0xdc00 or low > 0xdfff then fail(stop, "lone surrogate") end
        code, from = 0x10000 + (code - 0xd800) * 0x400 + low - 0xdc00, from + 6
      end
      out[#out + 1] = utf8(code)
    else
      fail(stop, "bad escape")
    end
  end
end

local read_value

local function skip(s, at) return s:find("[^ \t\r\n]", at) or #s + 1 end

local function read_object(s, at, depth)
  local node, from, seen = json.object(), at, {}
  at = skip(s, at + 1)
  if s:sub(at, at) ~= "}" then
    while true do
      if s:sub(at, at) ~= '"' then fail(at, "key expected") end
      local key, value
      local start = at
      key, at = read_string(s, at)
      if seen[key] then fail(start, "duplicate key") end
      seen[key] = true
      at = skip(s, at)
      if s:sub(at, at) ~= ":" then fail(at, "':' expected") end
      value, at = read_value(s, skip(s, at + 1), depth + 1)
      node[#node + 1] = { key, value }
      at = skip(s, at)
      local c = s:sub(at, at)
      if c == "}" then break end
      if c ~= "," then fail(at, "',' or '}' expected") end
      at = skip(s, at + 1)
    end
  end
  node.from, node.to = from, at     -- the object's own bytes in the text
  return node, at + 1
end

local function read_array(s, at, depth)
  local node = json.array()
  at = skip(s, at + 1)
  if s:sub(at, at) == "]" then return node, at + 1 end
  while true do
    node[#node + 1], at = read_value(s, at, depth + 1)
    at = skip(s, at)
    local c = s:sub(at, at)
    if c == "]" then return node, at + 1 end
    if c ~= "," then fail(at, "',' or ']' expected") end
    at = skip(s, at + 1)
  end
end

function read_value(s, at, depth)
  if depth > 64 then fail(at, "too deep") end
  local c = s:sub(at, at)
  if c == "{" then return read_object(s, at, depth) end
  if c == "[" then return read_array(s, at, depth) end
  if c == '"' then return read_string(s, at) end
  for word, value in pairs { ["true"] = true, ["false"] = false, ["null"] = json.null } do
    if s:sub(at, at + #word - 1) == word then return value, at + #word end
  end
  local digits = s:match("^-?[1-9]%d*", at) or s:match("^-?0", at)
  if not digits then fail(at, "value expected") end
  local stop = at + #digits
  local rest = s:match("^%.%d+", stop) or ""
  rest = rest .. (s:match("^[eE][+-]?%d+", stop + #rest) or "")
  return json.raw(digits .. rest), stop + #rest
end

--- The tree of a whole text, or nil and what is wrong. Strict: RFC 8259, no duplicate keys.
function json.decode(s)
  local ok, tree, at = pcall(read_value, s, skip(s, 1), 1)
  if not ok then
    if type(tree) ~= "table" then error(tree, 0) end
    return nil, tree.json
  end
  at = skip(s, at)
  if at <= #s then return nil, ("garbage at byte %d"):format(at) end
  return tree
end

return json
