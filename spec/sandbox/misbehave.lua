--- The catalogue of misbehaviours: name -> { what it does, function(answer, argument) }.
--
-- Asked for by the header `X-Sandbox: <case>` or by a card or token id `sandbox-<case>`. Several are
-- joined by commas and applied from left to right (`rate_limited,retry_after=2`); an argument stands
-- behind `=`. Requests are checked first: a wrong credential is a 401 whatever was asked for, save for
-- the cases that give credentials back.

local json = require "json"
local tree = require "tree"
local gzip = require "gzip"
local wire = require "wire"
local parts = require "parts"
local control = require "control"
local framing = require "framing"
local pause = require "pause"

local misbehave = {}
local raw, object, array, null = json.raw, json.object, json.array, json.null
local refuse, filter, number, text = parts.refuse, parts.filter, parts.number, parts.text
local record, each, with, duplicate = parts.record, parts.each, parts.with, parts.duplicate
local on_wire, secrets_of, seconds = parts.on_wire, parts.secrets_of, parts.seconds
local OTHER_PAN, OTHER_KEY_PAN = parts.OTHER_PAN, "4012888888881881"

-- The catalogue -----------------------------------------------------------------

local catalogue = {
  -- refusals
  declined = { "the provider's own refusal (400; netxd, nayax 200; payengine with code E129)", function(answer)
    local name = answer.request.path:match "^/([^/]*)"
    answer:refuse((name == "netxd" or name == "nayax") and 200 or 400, name == "payengine" and "E129" or nil)
  end },
  declined_200 = { "the refusal at 200", refuse(200) },
  bad_request = { "400", refuse(400, nil, "The request is invalid") },
  unauthorized = { "401", refuse(401, nil, "Unauthorized") },
  forbidden = { "403", refuse(403, nil, "Forbidden") },
  not_found = { "404", refuse(404, nil, "Card not found") },
  timeout_408 = { "408", refuse(408, nil, "Request timeout") },
  conflict = { "409", refuse(409, nil, "Conflict") },
  unprocessable = { "422", refuse(422, nil, "Unprocessable") },
  too_early = { "425", refuse(425, nil, "Too early") },
  rate_limited = { "429, without Retry-After (join retry_after)", refuse(429) },
  server_error = { "500", refuse(500, nil, "Internal server error") },
  bad_gateway = { "502", refuse(502, nil, "Bad gateway") },
  unavailable = { "503, without Retry-After (join retry_after)", refuse(503, nil, "Service unavailable") },
  status = { "=NNN any status; a 2xx keeps the normal body", function(answer, argument)
    local status = tonumber(argument) or 500
    if status < 300 then answer.status = status else answer:refuse(status) end
  end },
  nested_error = { "a top-level code and message move below `error` (join with a refusal)", function(answer)
    local code, message = answer.tree:get "code", answer.tree:get "message"
    answer.tree:remove "code"
    answer.tree:remove "message"
    answer.tree:set("error", object():set("code", code):set("message", message))
  end },
  retry_after = { "=N | date:N | ms:N | anything else as it is: the header Retry-After (ms: retry-after-ms)",
    function(answer, argument)
      local kind, n = (argument or "1"):match "^(%a+):(%-?%d+)$"
      if kind == "date" then
        answer.headers["Retry-After"] = ngx.http_time(ngx.time() + n)
      elseif kind == "ms" then
        answer.headers["retry-after-ms"] = n
      else
        answer.headers["Retry-After"] = argument or "1"
      end
    end },
  x_should_retry = { "=true | false: the header x-should-retry", function(answer, argument)
    answer.headers["x-should-retry"] = argument or "true"
  end },
  fail_then_ok = { "=N or N:STATUS the first N requests with this id are 503 (STATUS), then normal",
    function(answer, argument)
      local times, status = (argument or "1"):match "^(%d+):?(%d*)$"
      if control.times("fail", answer.request.id) < (tonumber(times) or 1) then
        answer:refuse(tonumber(status) or 503)
      end
    end },
  expire_then_ok = { "the first request with this id is 401, then normal", function(answer)
    if control.times("expire", answer.request.id) == 0 then answer:refuse(401, nil, "The token has expired") end
  end },

  -- time
  slow_first_byte = { "=SECONDS nothing at all for so long", function(answer, argument)
    answer.delay = seconds(argument, 1)
  end },
  slow_body = { "=SECONDS the head at once, the body in dribbles over that time", function(answer, argument)
    answer.send = function(self)
      local body, steps = self:body(), 20
      local size = math.ceil(#body / steps)
      ngx.on_abort(function() ngx.exit(499) end)
      ngx.status = self.status
      for name, value in pairs(self.headers) do ngx.header[name] = value end
      ngx.header["Content-Length"] = #body
      ngx.send_headers()
      for from = 1, #body, size do
        ngx.flush(true)
        pause(seconds(argument, 1) / steps)
        ngx.print(body:sub(from, from + size - 1))
      end
    end
  end },
  never = { "no answer, the connection stays open", function(answer)
    answer.send = function() wire.wait(600) end
  end },

  -- connections that end early
  cut_short = { "half of what Content-Length promised, then FIN", on_wire(function(answer)
    local body = answer:body()
    return wire.head(answer, { "Content-Length: " .. #body }) .. body:sub(1, math.floor(#body / 2))
  end) },
  cut_chunked = { "a chunk but no last chunk, then FIN", on_wire(function(answer)
    local body = answer:body()
    return wire.head(answer, { "Transfer-Encoding: chunked" }) .. ("%x\r\n%s\r\n"):format(#body, body)
  end) },
  close = { "FIN without an answer", on_wire(function() return "" end) },
  reset = { "RST without an answer", function(answer) answer.send = wire.reset end },
  reset_body = { "half of the body, then RST", function(answer)
    answer.send = function(self)
      local body = self:body()
      for name, value in pairs(self.headers) do ngx.header[name] = value end
      ngx.header["Content-Length"] = #body
      ngx.print(body:sub(1, math.floor(#body / 2)))
      ngx.flush(true)
      ngx.sleep(0.05)    -- a reset overtakes what the client has not read yet
      return wire.reset()
    end
  end },

  -- bodies that are not what they should be
  empty = { "200 without a byte", filter(function() return "" end) },
  not_json = { "200 with plain text", filter(function() return "this is not JSON" end) },
  html = { "an HTML error page at 502 (=STATUS)", function(answer, argument)
    answer.status = tonumber(argument) or 502
    answer.headers["Content-Type"] = "text/html"
    answer.filters[#answer.filters + 1] = function()
      return "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body><center><h1>502 Bad Gateway</h1>"
        .. "</center></body>\r\n</html>\r\n"
    end
  end },
  big = { "=BYTES valid JSON of that size (2 MiB)", function(answer, argument)
    local missing = seconds(argument, 2097152) - #json.encode(answer.tree) - #',"padding":""'
    record(answer):set("padding", ("x"):rep(math.max(missing, 0)))
  end },
  chunked = { "no Content-Length, chunks", function(answer) answer.chunked = true end },
  big_chunked = { "=BYTES big, without Content-Length", function(answer, argument)
    misbehave.catalogue.big[2](answer, argument)
    answer.chunked = true
  end },
  deep = { "=N an undeclared field N levels deep (100)", function(answer, argument)
    local n = seconds(argument, 100)
    record(answer):set("deep", raw(('{"a":'):rep(n) .. "1" .. ("}"):rep(n)))
  end },
  duplicate_keys = { "the number (CVV, token) twice, with two values", duplicate(function(key) return key end) },
  duplicate_keys_escaped = { "the same, the second key written with \\u escapes", duplicate(function(key)
    return raw(('"\\u%04x%s"'):format(key:byte(), key:sub(2)))
  end) },
  invalid_utf8 = { "bytes that are no UTF-8 in a documented string (=secret: in a secret one)", text '"a\255\254b"' },
  nul_in_string = { "\\u0000 in a documented string (=secret)", text '"1\\u00001"' },
  control_in_string = { "a raw control character in a documented string (=secret)", text '"1\0011"' },
  trailing_garbage = { "text after the JSON", filter(function(body) return body .. "garbage" end) },
  bom = { "a byte order mark first", filter(function(body) return "\239\187\191" .. body end) },
  single_quotes = { "single quotes for double ones", filter(function(body) return (body:gsub('"', "'")) end) },
  content_type_text = { "right JSON as text/plain", function(answer)
    answer.headers["Content-Type"] = "text/plain"
  end },

  -- numbers
  leading_zero_number = { "012 as a number", number "012" },
  nan = { "NaN as a number", number "NaN" },
  float_huge = { "1e400 as a number", number "1e400" },
  big_integer = { "an undeclared integer 9007199254740993", function(answer)
    record(answer):set("sequence", raw "9007199254740993")
  end },
  big_integer_declared = { "the same in a declared number (alix: in expYear)", number "9007199254740993" },
  numbers_for_strings = { "every payload string that is all digits is a number (ids that are echoed stay)",
    function(answer)
      each(answer, function(value)
        local digits = type(value) == "string" and value:match "^0*(%d+)$"
        return digits and raw(digits) or nil    -- false would be a value
      end, with(answer.provider.keep, answer.provider.echo))
    end },
  strings_for_numbers = { "every payload number is a string", function(answer)
    each(answer, function(value)
      if type(value) == "number" then return ("%.14g"):format(value) end
      return json.is_raw(value) and value ~= null and value.text or nil
    end)
  end },
  cvv_number = { "=12 the CVV is that integer (payengine, nayax: the last four)", function(answer, argument)
    local path = answer.provider.cvv or answer.provider.last4
    if path then tree.replace(answer.tree, path, raw(argument or "12")) end
  end },
  last4_number = { "=42 the last four are that integer, where there are any", function(answer, argument)
    if answer.provider.last4 then tree.replace(answer.tree, answer.provider.last4, raw(argument or "42")) end
  end },

  -- shapes
  wrong_types = { "objects, arrays and booleans for strings (ids that are echoed stay)", function(answer)
    local turn = 0
    each(answer, function(value)
      if type(value) ~= "string" then return nil end
      turn = turn + 1
      if turn % 3 == 0 then return true end
      return turn % 3 == 1 and object { "value", value } or array { value }
    end, with(answer.provider.keep, answer.provider.echo))
  end },
  nulls = { "every field null save what says success and netxd's echoes", function(answer)
    each(answer, function() return null end)
  end },
  null_objects = { "every object of the payload null", function(answer)
    local kept = table.concat(answer.provider.keep, ",")
    for _, pair in ipairs(record(answer)) do
      if json.is_object(pair[2]) and pair[1] ~= kept then pair[2] = null end
    end
  end },
  null_root = { "data, result or the whole null", function(answer)
    local path = answer.provider.record
    if path then tree.replace(answer.tree, path, null) else answer.tree = null end
  end },
  array_root = { "the whole in an array", function(answer) answer.tree = array { answer.tree } end },
  undeclared = { "fields that no page has: a PAN as string and as number, boolean, object, array", function(answer)
    record(answer):set("extra_string", OTHER_PAN):set("extra_number", raw(OTHER_PAN)):set("extra_boolean", true)
      :set("extra_object", object { "inner", OTHER_PAN, "deeper", object { "number", 42 } })
      :set("extra_array", array { OTHER_PAN, 7, object { "pan", OTHER_PAN } })
  end },
  undeclared_keys = { "object keys that are a PAN", function(answer)
    record(answer):set(OTHER_KEY_PAN, "value"):set("extra_object", object { OTHER_KEY_PAN, object { "a", 1 } })
  end },
  missing_secrets = { "the secret fields absent (whop: the whole object)", function(answer)
    for _, path in ipairs(answer.provider.secrets) do tree.remove(answer.tree, path) end
  end },
  null_secrets = { "the secret fields null (whop: the whole object)", function(answer)
    for _, path in ipairs(answer.provider.secrets) do tree.replace(answer.tree, path, null) end
  end },
  wrong_id = { "another id echoed (alix, revolut echo none)", function(answer)
    for _, path in ipairs(answer.provider.echo) do tree.replace(answer.tree, path, "someone-elses") end
  end },
  wrong_card = { "netxd: another cardId", function(answer)
    tree.replace(answer.tree, "result.card.cardId", "someone-elses")
  end },
  wrong_reference = { "netxd: another originalReference", function(answer)
    tree.replace(answer.tree, "result.api.originalReference", "someone-elses")
  end },

  -- HTTP
  redirect = { "302 (=301|307|308) to the same path on another host and port", function(answer, argument)
    answer:refuse(tonumber(argument) or 302)
    answer.headers.Location = ngx.var.sandbox_other .. answer.request.uri
  end },
  gzip = { "gzip, asked for or not", function(answer)
    answer.headers["Content-Encoding"] = "gzip"
    answer.filters[#answer.filters + 1] = gzip.compress
  end },
  gzip_bomb = { "=MIB some KiB of gzip that expand to 64 MiB of JSON", function(answer, argument)
    answer.headers["Content-Encoding"] = "gzip"
    answer.filters[#answer.filters + 1] = function() return gzip.bomb(seconds(argument, 64)) end
  end },
  gzip_broken = { "gzip whose middle is damaged", function(answer)
    answer.headers["Content-Encoding"] = "gzip"
    answer.filters[#answer.filters + 1] = function(body)
      local packed = gzip.compress(body)
      local from = math.floor(#packed / 2) - 10
      return packed:sub(1, from) .. ("\255"):rep(20) .. packed:sub(from + 21)
    end
  end },
  brotli = { "Content-Encoding: br, unasked, over plain bytes", function(answer)
    answer.headers["Content-Encoding"] = "br"
  end },
  echo_secrets = { "=STATUS a refusal (400; 200, 401, 500 …) whose code and message are all secrets of the call",
    function(answer, argument)
      local all = table.concat(secrets_of(answer), " | ")
      answer:refuse(tonumber(argument) or 400, all, all)
    end },
  secret_in_header = { "credential and number in x-request-id and other headers", function(answer)
    local r, p = answer.request, answer.provider
    local credential = p.credentials(r)[1] or ""
    local pan = answer.plant.pan or p.pan and tree.get(answer.tree, p.pan) or OTHER_PAN
    answer.headers["x-request-id"] = "req_" .. credential .. "_" .. pan
    answer.headers["x-echo"] = credential .. " " .. pan
    answer.headers["Set-Cookie"] = "card=" .. pan
  end },
  huge_headers = { "=BYTES so many bytes of headers (512 KiB)", on_wire(function(answer, argument)
    local lines = {}
    for i = 1, math.ceil(seconds(argument, 524288) / 4096) do
      lines[i] = ("X-Padding-%d: %s"):format(i, ("x"):rep(4080))
    end
    return wire.whole(answer, lines)
  end) },
  http_1_0 = { "HTTP/1.0 without a length, ended by FIN", on_wire(function(answer)
    return wire.head(answer, {}, "1.0") .. answer:body()
  end) },
  early_hints = { "103 before the answer", on_wire(function(answer)
    return "HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n" .. wire.whole(answer)
  end) },
  continue = { "100, unasked, before the answer", on_wire(function(answer)
    return "HTTP/1.1 100 Continue\r\n\r\n" .. wire.whole(answer)
  end) },
  bad_status_line = { "a status line that is none", on_wire(function(answer)
    return (wire.whole(answer):gsub("^[^\r]*", "HTP/1.1 fine 200", 1))
  end) },
  bad_header_line = { "a header line without a colon", on_wire(function(answer)
    return wire.whole(answer, { "this line has no colon" })
  end) },
  two_answers = { "=SECONDS a second answer, with somebody else's number, after the first (at once)",
    function(answer, argument)
      answer.send = function(self)
        local socket, first = wire.take(), wire.whole(self)
        local p = self.provider
        self.headers["x-request-id"] = "req_unsolicited"
        for _, path in ipairs { p.pan or p.cvv or p.text } do tree.replace(self.tree, path, OTHER_PAN) end
        local second = wire.whole(self)
        if argument then
          socket:send(first)
          pause(seconds(argument, 0))
          socket:send(second)
        else
          socket:send(first .. second)
        end
        -- stays open, so that only the client can notice that the framing is in doubt
        socket:settimeout(2000)
        socket:receive(1)
      end
    end },
}
for name, case in pairs(framing) do catalogue[name] = case end
misbehave.catalogue = catalogue

local gives_back = { echo_secrets = true, secret_in_header = true }

--- The cases a request asks for: a list of { name, argument, run }, or nil and an unknown name.
function misbehave.parse(r)
  local asked = r.headers["x-sandbox"]
  if type(asked) == "table" then asked = table.concat(asked, ",") end
  asked = asked or (r.id or ""):match "^sandbox%-(.+)$" or ""
  local list = {}
  for item in asked:gmatch "[^,]+" do
    local name, argument = item:match "^%s*([^=%s]*)=?(.-)%s*$"
    local case = catalogue[name]
    if not case then return nil, name end
    list[#list + 1] = { name = name, argument = argument ~= "" and argument or nil, run = case[2] }
  end
  return list
end

--- Whether the cases that the header asks for begin with the one that leaves the request's body unread.
function misbehave.leaves_body(asked)
  return (asked or ""):find "^early_answer" ~= nil
end

--- Whether the cases are about credentials that come back, right or wrong ones.
function misbehave.lenient(cases)
  for _, case in ipairs(cases) do
    if gives_back[case.name] then return true end
  end
  return false
end

return misbehave
