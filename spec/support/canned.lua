--- One call against an answer that the sandbox cannot give: any status and body, over http on loopback.

local module = require "support.module"
local sandbox = require "support.sandbox"

local function shell(s) return "'" .. s:gsub("'", "'\\''") .. "'" end

--- @param provider name
-- @param status of the answer
-- @param body of the answer, JSON
-- @param params of the call
-- @return record, err
return function(provider, status, body, params)
  local server = io.popen(("lua5.4 spec/support/canned_server.lua %d %s"):format(status, shell(body)))
  local port = assert(server:read "*l", "no canned server: is lua-cqueues installed?")
  local client = module(provider).new(sandbox.config(provider, { base_url = "http://127.0.0.1:" .. port, insecure_http = true, retries = 0, timeout = 5 }))
  local record, err = client[sandbox.operation(provider)](client, params)
  server:close()
  return record, err
end
