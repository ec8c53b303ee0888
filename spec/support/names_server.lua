--- names_server.lua LOG: the server of names of redis.lua: every name is 127.0.0.1. Writes its port of UDP into LOG. Ends with its standard input, or by a line
-- there.

local socket = require "socket"

local log = assert(io.open(arg[1], "w"))
local udp = assert(socket.udp())
assert(udp:setsockname("127.0.0.1", 0))
log:write((select(2, udp:getsockname())), "\n")
log:close()

local stdin = { getfd = function() return 0 end, dirty = function() return false end }

--- The answer to a question: its header and its first question, and for an A record one with the address.
local function answer(question)
  local behind = question:find("\0", 13, true)
  local wants_a = question:sub(behind + 1, behind + 2) == "\0\1"
  local head = question:sub(1, 2) .. "\x81\x80\0\1" .. (wants_a and "\0\1" or "\0\0") .. "\0\0\0\0"
  return head .. question:sub(13, behind + 4) .. (wants_a and "\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x7f\0\0\1" or "")
end

while true do
  local ready = socket.select({ udp, stdin })
  if ready[stdin] then os.exit(0) end
  local question, address, port = udp:receivefrom()
  if question and #question > 16 then udp:sendto(answer(question), address, port) end
end
