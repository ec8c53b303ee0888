--- An answer while it is made, and the ordinary way to send it.
--
-- { status, headers, tree, filters, send, request, provider, plant }: the misbehaviours
-- change any of these; whoever comes last may replace `send` by one that breaks HTTP.

local json = require "json"

local answer = {}
answer.__index = answer

--- Writes head and body as HTTP wants it: a Content-Length, or chunks where `chunked` is set.
local function send(self)
  local body = self:body()
  ngx.status = self.status
  for name, value in pairs(self.headers) do ngx.header[name] = value end
  if self.status ~= 204 and self.status ~= 304 then
    if not self.chunked then ngx.header["Content-Length"] = #body end
    ngx.print(body)
  else
    ngx.send_headers()
  end
  return ngx.exit(ngx.OK)
end

local LETTERS = "ghijklmnop"

--- An id without digits: one that had enough of them would now and then be taken for a card number.
local function request_id()
  return "req_" .. ngx.var.request_id:sub(1, 16):gsub("%d", function(digit) return LETTERS:sub(digit + 1, digit + 1) end)
end

--- A 200 with an empty object, to be filled.
function answer.new(request, provider, plant)
  return setmetatable({
    request = request, provider = provider, plant = plant or {},
    status = 200, tree = json.object(), filters = {}, send = send,
    headers = { ["Content-Type"] = provider and provider.media or "application/json", ["x-request-id"] = request_id() },
  }, answer)
end

--- The text of the body: the tree encoded, then changed by every filter in turn.
function answer:body()
  local encode = self.provider and self.provider.encode or json.encode
  local text, kind = encode(self.tree, self.request)
  self.headers["Content-Type"] = kind or self.headers["Content-Type"]
  for _, filter in ipairs(self.filters) do text = filter(text) end
  return text
end

--- Turns the answer into the provider's own refusal. Code and message are optional.
function answer:refuse(status, code, message)
  self.status = status
  self.tree = self.provider.envelope(status, code, message, self.request)
  return self
end

--- An answer of the sandbox itself, in no provider's form.
function answer.plain(status, tree)
  local self = answer.new()
  self.status, self.tree = status, tree
  return self:send()
end

return answer
