--- Reads the lines and texts of a reply out of the pieces that a socket gives. Who sends it may be no Redis, and never stop: so each piece, line, text and list
-- has a maximum, and the socket's function `more` looks at the time between two pieces.

local reader = {
  PIECE = 65536, -- bytes that `more` reads at once, at most
}

local TURN = 65536              -- bytes that are read until others have a turn
local LONGEST_LINE = 65536      -- bytes
local LONGEST_TEXT = 512 * 2^20 -- bytes of a string in Redis
local MOST = 2^20               -- replies in the lists of a reply

local OUT_OF_RANGE = "a length that is out of range"

local methods = {}
local metatable = { __index = methods }

--- Begins another reply.
function methods:begin()
  self.lines, self.replies = 0, 0
end

--- Whether all that came was read.
function methods:is_empty()
  return self.at > #self.piece
end

--- @return some more bytes; or nil and why there are none
local function fetch(self)
  if self.got >= TURN then
    self.got = 0
    self.yield()
  end
  local piece, why = self.more()
  self.got = self.got + #(piece or "")
  return piece, why
end

--- Reads a line. @return it without its end; or nil and why not
function methods:line()
  self.lines = self.lines + 1
  local piece, at = self.piece, self.at
  local first, last = piece:find("\r\n", at, true)
  while not first do
    local rest, more, why = piece:sub(at), nil, "a line without an end"
    if #rest <= LONGEST_LINE then
      more, why = fetch(self)
    end
    if not more then
      return nil, why
    end
    piece, at = rest .. more, 1
    self.piece, self.at = piece, at
    first, last = piece:find("\r\n", math.max(1, #rest), true)
  end
  self.at = last + 1
  local line = piece:sub(at, first - 1)
  if line:byte() == 42 then -- "*": a list
    local length = tonumber(line:match "^%*(%-?%d+)$")
    self.replies = self.replies + math.max(0, length or 0)
    if not length or self.replies > MOST then
      return nil, OUT_OF_RANGE
    end
  end
  return line
end

--- Reads so many bytes. @return them; or nil and why not
function methods:text(length)
  if length < 0 or length > LONGEST_TEXT + 2 then
    return nil, OUT_OF_RANGE
  end
  local there = #self.piece - self.at + 1
  if there >= length then
    local text = self.piece:sub(self.at, self.at + length - 1)
    self.at = self.at + length
    return text
  end
  local parts = { self.piece:sub(self.at) }
  repeat
    local more, why = fetch(self)
    if not more then
      return nil, why
    end
    parts[#parts + 1], self.piece = more, more
    there = there + #more
  until there >= length
  local last = #self.piece - (there - length)
  parts[#parts], self.at = self.piece:sub(1, last), last + 1
  return table.concat(parts)
end

--- @param more function() that returns some more bytes; or nil and why there are none
-- @param yield function() that lets others have a turn
function reader.new(more, yield)
  return setmetatable({ more = more, yield = yield, got = 0, piece = "", at = 1, lines = 0, replies = 0 }, metatable)
end

return reader
