--- The fuzzer's bytes as Lua values: a byte chooses, what follows is the value. At the end of the bytes everything is the first choice, or empty.

local reader = {}
reader.__index = reader

--- @param bytes the input
-- @param secrets function(number) that returns one of the secrets that the script has at hand, or nil
function reader.new(bytes, secrets)
  return setmetatable({ bytes = bytes, at = 1, secrets = secrets or function() end }, reader)
end

function reader:more()
  return self.at <= #self.bytes
end

function reader:byte()
  local byte = self.bytes:byte(self.at) or 48
  self.at = self.at + 1
  return byte
end

--- One of a list; '0' chooses the first.
function reader:choice(list)
  return list[(self:byte() - 48) % #list + 1]
end

--- A text: '0' to 'Z' are 0 to 42 bytes, 'a' is one that is long, 'z' one that is very long, else what there is up to a line break.
function reader:text()
  local kind = self:byte()
  local len = kind - 48
  if kind == 97 then
    return (self:text()):rep(100):sub(1, 5000)
  elseif kind == 122 then
    return ("x"):rep(2 ^ 20 + self:byte() - 48)
  elseif len < 0 or len > 42 then
    len = (self.bytes:find("\n", self.at, true) or #self.bytes + 1) - self.at
    local text = self.bytes:sub(self.at, self.at + len - 1)
    self.at = self.at + len + 1
    return text
  end
  local text = self.bytes:sub(self.at, self.at + len - 1)
  self.at = self.at + len
  return text
end

local numbers = { 0, 1, 2, 3, 4, 5, 8, 13, 19, 30, 100, 1e6, 1e6 + 1, -1, 0.5, 2 ^ 31, 2 ^ 53, 2 ^ 63, 1e300, -2 ^ 63, 1 / 0, -1 / 0, 0 / 0, math.maxinteger,
  math.mininteger, 65535, 86400, 86401, 0.001, 1024 * 1024 * 1024, 1024 * 1024 * 1024 + 1, -0.0 }

function reader:number()
  return self:choice(numbers)
end

local kinds = { "text", "number", "secret", "table", "nil", "true", "false", "function", "userdata", "thread", "tricky" }

--- Any value at all. depth is how many tables may stand in each other.
function reader:value(depth)
  depth = depth or 2
  local kind = self:choice(kinds)
  if kind == "text" then
    return self:text()
  elseif kind == "number" then
    return self:number()
  elseif kind == "secret" then
    return self.secrets(self:byte() - 48)
  elseif kind == "table" then
    local made = {}
    for _ = 1, depth > 0 and (self:byte() - 48) % 5 or 0 do
      local key = self:value(depth - 1)
      if key ~= nil and key == key then
        made[key] = self:value(depth - 1)
      end
    end
    return made
  elseif kind == "true" or kind == "false" then
    return kind == "true"
  elseif kind == "function" then
    local inner = depth >= 0 and self:value(depth - 1)
    local raises = self:byte() % 2 == 1
    return function()
      if raises then
        error(inner, 0)
      end
      return inner
    end
  elseif kind == "userdata" then
    return io.stdout
  elseif kind == "thread" then
    return coroutine.create(print)
  elseif kind == "tricky" then
    return setmetatable({}, { __index = function() error("index", 0) end, __tostring = function() return 1 end, __len = function() return -1 end })
  end
end

return reader
