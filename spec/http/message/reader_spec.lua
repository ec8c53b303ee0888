--- How answers are framed: what can be read in two ways is refused, with what is wrong, and its connection is not used again; what is unusual but plain is
-- read, and its connection is kept where the answer says so.

local cards = require "cards"
local acme = require "support.acme"
local heard = require "support.heard"
local pool = require "support.pool"
local sandbox = require "support.sandbox"
local scripted = require "support.scripted"

teardown(function()
  scripted.stop_all()
  pool.remove()
end)

local BODY = '{"success":true,"message":"ok","data":{"cvv":"111","expYear":"27","expMonth":"01","cardNo":"4111111111111111"},"errorCode":0}'

--- An answer with these lines in its head; without a length of its own.
local function framed(lines, body, status_line)
  local head = { status_line or "HTTP/1.1 200 OK", "Content-Type: application/json" }
  for _, line in ipairs(lines) do head[#head + 1] = line end
  return table.concat(head, "\r\n") .. "\r\n\r\n" .. (body or BODY)
end

local LENGTH = "Content-Length: " .. #BODY
local CHUNKED = "Transfer-Encoding: chunked"

--- The body in two chunks: text around the sizes, and behind the last chunk.
local function chunks(parts)
  parts = parts or {}
  local first, second = BODY:sub(1, 50), BODY:sub(51)
  return ("%s%x%s\r\n%s%s%x\r\n%s\r\n0\r\n%s\r\n"):format(parts.before or "", #first, parts.behind or "", first, parts.ending or "\r\n", #second, second,
    parts.trailers or "")
end

--- An answer in chunks, with these lines in front of the header that says so.
local function chunked(parts, lines)
  local head = {}
  for i, line in ipairs(lines or {}) do head[i] = line end
  head[#head + 1] = CHUNKED
  return framed(head, chunks(parts))
end

local ERROR = '{"success":false,"message":"no","errorCode":404}'

--- By name: the bytes of an answer, how the call ends ("ok" or a kind), what the message says, and whether the connection is "kept".
local FRAMINGS = {
  -- read, and kept
  ["a length"] = { framed { LENGTH }, "ok", kept = true },
  ["a length in other letters and blanks"] = { framed { "CONTENT-length:\t " .. #BODY .. " \t" }, "ok", kept = true },
  ["chunks"] = { chunked(), "ok", kept = true },
  ["chunks with extensions"] = { chunked { behind = ';a=b;c="d e"' }, "ok", kept = true },
  ["chunks with trailers"] = { chunked { trailers = "X-One: 1\r\nX-Two: 2\r\n" }, "ok", kept = true },
  ["chunks whose size has zeros in front"] = { chunked { before = "000" }, "ok", kept = true },
  ["headers without a value"] = { framed { "X-Empty:", LENGTH }, "ok", kept = true },
  ["early hints before it"] = { "HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n" .. framed { LENGTH }, "ok", kept = true },
  ["100 before it"] = { "HTTP/1.1 100 Continue\r\n\r\n" .. framed { LENGTH }, "ok", kept = true },
  ["a status line without a reason"] = { framed({ LENGTH }, nil, "HTTP/1.1 200"), "ok", kept = true },
  ["HTTP/1.0 that keeps alive"] = { framed({ LENGTH, "Connection: keep-alive" }, nil, "HTTP/1.0 200 OK"), "ok", kept = true },
  ["204"] = { framed({}, "", "HTTP/1.1 204 No Content"), "protocol", "an empty answer (HTTP 204)", kept = true },
  ["304"] = { framed({ LENGTH }, "", "HTTP/1.1 304 Not Modified"), "protocol", "HTTP 304", kept = true },
  ["a refusal"] = { framed({ "Content-Length: " .. #ERROR }, ERROR, "HTTP/1.1 404 Not Found"), "not_found", "no", kept = true },
  -- what is no encoding is none; of one that nobody asked for the body is of no use, its status is
  ["the encoding none"] = { framed { "Content-Encoding: none", LENGTH }, "ok", kept = true },
  ["the encoding UTF-8"] = { framed { "Content-Encoding: UTF-8", LENGTH }, "ok", kept = true },
  ["the encoding br"] = { framed { "Content-Encoding: br", LENGTH }, "protocol", "the encoding of the answer is unknown", kept = true },
  ["two encodings"] = { framed { "Content-Encoding: gzip", "Content-Encoding: gzip", LENGTH }, "protocol", "the encoding of the answer is unknown",
    kept = true },
  ["the encoding br at 503"] = { framed({ "Content-Encoding: br", LENGTH }, nil, "HTTP/1.1 503 Busy"), "provider",
    "a problem of its own; the encoding of the answer is unknown", kept = true },
  ["the encoding none at 404"] = { framed({ "Content-Encoding: none", "Content-Length: " .. #ERROR }, ERROR, "HTTP/1.1 404 Not Found"), "not_found", "no",
    kept = true },
  ["the encoding UTF-8 at 400"] = { framed({ "Content-Encoding: UTF-8", "Content-Length: " .. #ERROR }, ERROR, "HTTP/1.1 400 No"), "declined", "no",
    kept = true },
  ["the encoding br at 401"] = { framed({ "Content-Encoding: br", LENGTH }, nil, "HTTP/1.1 401 No"), "auth", "did not accept the credential; the encoding",
    kept = true },
  ["gzip that is none at 401"] = { framed({ "Content-Encoding: gzip", LENGTH }, nil, "HTTP/1.1 401 No"), "auth",
    "did not accept the credential; the encoding of the answer is broken" },
  ["gzip that is none"] = { framed { "Content-Encoding: gzip", LENGTH }, "protocol", "the encoding of the answer is broken" },
  -- read, and not kept
  ["a length and close"] = { framed { LENGTH, "Connection: x, Close" }, "ok" },
  ["HTTP/1.0"] = { framed({ LENGTH }, nil, "HTTP/1.0 200 OK"), "ok" },
  ["204 that announces a body"] = { framed({ LENGTH }, "", "HTTP/1.1 204 No Content"), "protocol", "an empty answer (HTTP 204)" },
  -- lengths that can be read in two ways
  ["a length and chunks"] = { chunked({}, { LENGTH }), "protocol", "malformed: more than one length" },
  ["chunks and a length"] = { framed({ CHUNKED, LENGTH }, chunks()), "protocol", "malformed: more than one length" },
  ["two lengths"] = { framed { LENGTH, "Content-Length: 5" }, "protocol", "malformed: more than one length" },
  ["the same length twice"] = { framed { LENGTH, LENGTH }, "protocol", "malformed: more than one length" },
  ["a list of lengths"] = { framed { LENGTH .. ", " .. #BODY }, "protocol", "malformed: a length that is no plain number" },
  ["a length with a plus"] = { framed { "Content-Length: +" .. #BODY }, "protocol", "malformed: a length that is no plain number" },
  ["a length with a minus"] = { framed { "Content-Length: -1" }, "protocol", "malformed: a length that is no plain number" },
  ["a length in hexadecimal"] = { framed { "Content-Length: 0x7f" }, "protocol", "malformed: a length that is no plain number" },
  ["a length of nothing"] = { framed { "Content-Length:" }, "protocol", "malformed: a length that is no plain number" },
  ["a length beyond 64 bits"] = { framed { "Content-Length: 18446744073709551744" }, "protocol", "malformed: a length that is no plain number" },
  ["another transfer encoding"] = { framed { "Transfer-Encoding: gzip, chunked" }, "protocol", "malformed: a transfer encoding that is not just chunked" },
  ["chunks twice"] = { framed { CHUNKED, CHUNKED }, "protocol", "malformed: more than one length" },
  ["chunks in HTTP/1.0"] = { framed({ CHUNKED }, chunks(), "HTTP/1.0 200 OK"), "protocol", "malformed: chunks where there are none" },
  ["a length in a trailer"] = { chunked { trailers = "Content-Length: 5\r\n" }, "protocol", "malformed: a length in a trailer" },
  ["a size with a plus"] = { chunked { before = "+" }, "protocol", "malformed: a chunk without a plain size" },
  ["a size with 0x"] = { chunked { before = "0x" }, "protocol", "malformed: a chunk without a plain size" },
  ["a size with a blank"] = { chunked { behind = " " }, "protocol", "malformed: a chunk without a plain size" },
  ["a size beyond 64 bits"] = { chunked { before = "10000000000000000" }, "protocol", "malformed: a chunk without a plain size" },
  ["a chunk that is longer than it says"] = { chunked { ending = "}\r\n" }, "protocol", "malformed: a chunk that does not end where it says" },
  ["a chunk that ends with LF"] = { chunked { ending = "\n" }, "protocol", "malformed: a chunk that does not end where it says" },
  ["a size that ends with LF"] = { (chunked():gsub("\r\n32\r\n", "\r\n32\n")), "protocol", "malformed: a line that does not end with CRLF" },
  ["an extension without end"] = { chunked { behind = ";" .. ("x"):rep(300) }, "protocol", "malformed: a chunk's extension is too long" },
  -- headers
  ["a folded header"] = { framed { "X-A: b,", " c", LENGTH }, "protocol", "malformed: a folded header" },
  ["a space before the colon"] = { framed { "X-A : b", LENGTH }, "protocol", "malformed: a space in a header's name, or before its colon" },
  ["a length with a space before the colon"] = { framed { "Content-Length : " .. #BODY }, "protocol", "before its colon" },
  ["a header without a colon"] = { framed { "nothing", LENGTH }, "protocol", "malformed: a header without a colon" },
  ["a header without a name"] = { framed { ": b", LENGTH }, "protocol", "malformed: a header without a name" },
  ["a header with a bracket in its name"] = { framed { "X(A): b", LENGTH }, "protocol", "malformed: a character that no header's name has" },
  ["NUL in a header"] = { framed { "X-A: b\0c", LENGTH }, "protocol", "malformed: a control character in a header" },
  ["CR in a header"] = { framed { "X-A: b\rc", LENGTH }, "protocol", "malformed: a control character in a header" },
  ["lines that end with LF"] = { (framed { LENGTH }:gsub("\r\n", "\n")), "protocol", "malformed: a line that does not end with CRLF", no_status = true },
  ["a header that ends with LF"] = { (framed { LENGTH }:gsub("json\r\n", "json\n")), "protocol", "malformed: a line that does not end with CRLF" },
  ["headers without end"] = { framed { ("X-A: " .. ("b"):rep(60) .. "\r\n"):rep(1100) .. LENGTH }, "protocol", "the answer's headers are too large" },
  ["hints without end"] = { ("HTTP/1.1 103 Early Hints\r\nX-A: b\r\n\r\n"):rep(2000) .. framed { LENGTH }, "protocol", "the answer's headers are too large",
    no_status = true },
  -- what is no answer
  ["another protocol"] = { "SSH-2.0-OpenSSH_9.2\r\n", "protocol", "the answer is not HTTP/1.x", no_status = true },
  ["HTTP/2"] = { framed({ LENGTH }, nil, "HTTP/2 200"), "protocol", "the answer is not HTTP/1.x", no_status = true },
  ["a status of two digits"] = { framed({ LENGTH }, nil, "HTTP/1.1 20 OK"), "protocol", "the answer is not HTTP/1.x", no_status = true },
  ["a status of 600"] = { framed({ LENGTH }, nil, "HTTP/1.1 600 OK"), "protocol", "the answer is not HTTP/1.x", no_status = true },
  ["101"] = { "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n" .. framed { LENGTH }, "protocol",
    "malformed: a switch of protocols that nobody asked for", no_status = true },
  ["a hint with a body"] = { "HTTP/1.1 103 Early Hints\r\nContent-Length: 5\r\n\r\nhello" .. framed { LENGTH }, "protocol",
    "malformed: a 1xx answer with a body", no_status = true },
  -- bytes behind the end, which are not seen in time where they come one by one
  ["a byte behind the body"] = { framed { LENGTH } .. "x", "protocol", "malformed: bytes behind the end", at_once = true },
  ["a line end behind the body"] = { framed { LENGTH } .. "\r\n", "protocol", "malformed: bytes behind the end", at_once = true },
  ["two answers"] = { framed { LENGTH } .. framed { LENGTH }, "protocol", "malformed: bytes behind the end", at_once = true },
  ["bytes behind the last chunk"] = { chunked() .. "0\r\n\r\n", "protocol", "malformed: bytes behind the end", at_once = true },
  ["a body behind 304"] = { framed({ LENGTH }, nil, "HTTP/1.1 304 Not Modified"), "protocol", "malformed: bytes behind the end", at_once = true },
}

local names = {}
for name in pairs(FRAMINGS) do names[#names + 1] = name end
table.sort(names)

-- A card's id is the number of the framing in the list, and whether its bytes are to come one by one.
local function script()
  local list = {}
  for i, name in ipairs(names) do list[i] = ("%q"):format(FRAMINGS[name][1]):gsub("\r", "\\r"):gsub("%z", "\\0") end
  return "local framings = {" .. table.concat(list, ",\n") .. [[ }
    return function(request, connection)
      local number, slowly = request.id:match "^(%d+)(s?)$"
      if not number then return answer() end
      local bytes = framings[tonumber(number)]
      if slowly == "" then return bytes end
      for i = 1, #bytes do
        connection.send(bytes:sub(i, i))
        sleep(0)
      end
    end]]
end

describe("an answer with", function()
  local server, client, events

  setup(function()
    server = scripted.start(script())
    events = {}
    client = cards.alix.new {
      base_url = server.url, insecure_http = true, access_token = "t", retries = 0, timeout = 20, on_event = heard.calls(events),
    }
  end)

  local function connection_of(id)
    local lines = server.lines("^request (%d+) %d+ GET " .. id .. "$")
    return lines[#lines], #lines
  end

  local plain = 0
  local function call_plainly()
    plain = plain + 1
    local id = "plain" .. plain
    local record, err = client:private_info(id)
    assert.is_nil(err, tostring(err))
    assert.equal("4111111111111111", record.cardNo:reveal())
    return connection_of(id)
  end

  local function assert_ends(i, framing, slowly)
    local id = i .. (slowly and "s" or "")
    local before = call_plainly()
    local record, err = client:private_info(id)
    local during, count = connection_of(id)
    assert.equal(before, during)
    assert.equal(1, count, "requests")
    if framing[2] == "ok" then
      assert.is_nil(err, tostring(err))
      assert.equal("4111111111111111", record.cardNo:reveal())
    else
      assert.is_nil(record)
      assert.equal(framing[2], err.kind, tostring(err))
      assert.matches(framing[3], err.message, 1, true)
      assert.equal(1, err.attempts)
      assert.equal(not framing.no_status, err.status ~= nil)
    end
    local after = call_plainly()
    assert.equal(framing.kept or false, after == during, "the connection is used again")
    assert.equal(framing.kept or false, events[#events].reused)
  end

  for i, name in ipairs(names) do
    local framing = FRAMINGS[name]
    local ending = framing[2] == "ok" and " is read" or " is an error of kind " .. framing[2]
    it(name .. ending .. (framing.kept and ", and its connection is kept" or ""), function()
      assert_ends(i, framing, false)
      if not framing.at_once and #framing[1] < 2000 then assert_ends(i, framing, true) end
    end)
  end

  it("nothing but the end of its connection behind it is read", function()
    local ending = scripted.start [[
      return function(request, connection)
        connection.send("HTTP/1.1 200 OK\r\n\r\n" .. BODY:sub(1, 20))
        sleep(0.02)
        connection.send(BODY:sub(21))
        connection.close()
      end
    ]]
    local alix = cards.alix.new { base_url = ending.url, insecure_http = true, access_token = "t", retries = 0 }
    for _ = 1, 2 do
      assert.equal("4111111111111111", assert(alix:private_info "c_1").cardNo:reveal())
    end
    assert.same({ "1", "2" }, ending.lines "^request (%d+)")
    ending.stop()
  end)
end)

-- The same over TLS, from a server that ends its connection after what it has written itself.
describe("over TLS", function()
  for _, row in ipairs {
    { "both_lengths", "protocol", "malformed: more than one length" },
    { "two_lengths", "protocol", "malformed: more than one length" },
    { "two_lengths=same", "protocol", "malformed: more than one length" },
    { "signed_length", "protocol", "malformed: a length that is no plain number" },
    { "folded_header", "protocol", "malformed: a folded header" },
    { "space_before_colon", "protocol", "malformed: a space in a header's name, or before its colon" },
    { "nul_in_header", "protocol", "malformed: a control character in a header" },
    { "cr_in_header", "protocol", "malformed: a control character in a header" },
    { "bad_header_line", "protocol", "malformed: a space in a header's name" },
    { "bare_lf", "protocol", "malformed: a line that does not end with CRLF" },
    { "bytes_behind", "protocol", "malformed: bytes behind the end" },
    { "two_answers", "protocol", "malformed: bytes behind the end" },
    { "bad_status_line", "protocol", "the answer is not HTTP/1.x" },
    { "gzip_broken", "protocol", "the encoding of the answer is broken" },
    { "encoding_none", "ok", kept = true },
    { "brotli", "protocol", "the encoding of the answer is unknown", kept = true },
    { "encoding_none,server_error", "provider", "Internal server error", kept = true },
    { "brotli,not_found", "not_found", "; the encoding of the answer is unknown", kept = true },
    { "brotli,status=418", "protocol", "an answer that is not documented (HTTP 418)", kept = true },
    { "chunk_extensions", "ok" },
    { "gzip_members", "ok", kept = true },
    { "gzip,chunked", "ok", kept = true },
    { "dribble", "ok" },
    { "early_hints", "ok" },
    { "continue", "ok" },
    { "http_1_0", "ok" },
  } do
    local case, kind, message = row[1], row[2], row[3]
    it(case .. " ends in " .. kind .. (row.kept and ", and its connection is kept" or ""), function()
      local events = {}
      local client = pool.client(pool.tls(), events)
      local before = pool.connection_of(client)
      local id = sandbox.unique_id "wire"
      local record, err = client:private_info(id, { headers = { ["X-Sandbox"] = case } })
      if kind == "ok" then
        assert.is_nil(err, tostring(err))
        assert.equal(sandbox.ALIX_PAN, record.cardNo:reveal())
      else
        assert.equal(kind, err.kind, tostring(err))
        assert.matches(message, err.message, 1, true)
      end
      local seen = sandbox.seen(id)
      assert.equal(1, seen.count)
      assert.equal(before, seen.last.connection)
      assert.equal(row.kept or false, pool.connection_of(client) == before)
      assert.equal(row.kept or false, events[3].reused)
    end)
  end
end)

describe("an answer that comes before its request was read", function()
  it("counts, and its connection is not used again", function()
    local show = { method = "POST", params = { card_id = { required = true }, note = {} } }
    local events = {}
    local module = cards.define(acme.definition(show))
    local client = acme.client(module, { tls = pool.tls(), max_response_bytes = 1000, on_event = heard.calls(events),
      base_url = sandbox.url "HTTPS_URL" .. "/acme_form" })
    for i, size in ipairs { 10, 900000 } do
      local id = sandbox.unique_id "early"
      local record, err = client:show({ card_id = id, note = ("n"):rep(size) }, { headers = { ["X-Sandbox"] = "early_answer=422" } })
      assert.is_nil(record)
      assert.equal("declined", err.kind, tostring(err)) -- it contradicts the rule of success
      assert.equal(422, err.status)
      assert.equal("E422", err.code)
      assert.equal(1, err.attempts)
      assert.equal(1, sandbox.seen(id).count)
      assert.is_false(events[i].reused)
    end
  end)
end)
