--- canned_server.lua STATUS BODY: prints a port of 127.0.0.1, answers one HTTP request there with that, and ends. For answers that the sandbox cannot give.
-- Runs on lua5.4 with lua-cqueues, as the sandbox's proxy does.

local socket = require "cqueues.socket"

local listener = socket.listen("127.0.0.1", 0)
listener:listen()
local _, _, port = listener:localname()
io.write(port, "\n")
io.flush()

local client = listener:accept(10)
if not client then os.exit(1) end
client:setmode("b", "b")
client:settimeout(10)
local length = 0
for line in client:lines "*L" do
  length = tonumber(line:lower():match "^content%-length: (%d+)") or length
  if line == "\r\n" then break end
end
if length > 0 then client:read(length) end
client:write(("HTTP/1.1 %s Fine\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s"):format(arg[1], #arg[2], arg[2]))
client:flush()
client:shutdown "w"
client:close()
