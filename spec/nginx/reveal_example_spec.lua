--- The endpoint of examples/reveal, asked without a browser.

local nginx = require "support.nginx"
if nginx.is_missing("the example of a sealed reveal", pending) then return end

local cjson = require "cjson"
local cli = require "support.cli"
local program = require "support.program"
local sandbox = require "support.sandbox"

local port, folder, origin

local GOOD = { kty = "EC", crv = "P-256", x = "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4", y = "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM" }

local function shell(command, ...)
  local output, status = program.shell(command:format(...))
  assert(status == 0, output)
  return output
end

local function command(more) return nginx.of_examples(folder, "nginx-reveal", "reveal/nginx.conf", more) end

local function contents(name)
  local file = assert(io.open(folder .. "/build/nginx-reveal/" .. name))
  local text = file:read "*a"
  file:close()
  return text
end

local function edit(path, from, to)
  local file = assert(io.open(folder .. "/" .. path))
  local text, count = file:read "*a":gsub(from:gsub("%p", "%%%0"), (to:gsub("%%", "%%%%")))
  file:close()
  assert(count > 0, from .. " is not in " .. path)
  file = assert(io.open(folder .. "/" .. path, "w"))
  file:write(text)
  file:close()
end

local function start()
  folder, port = nginx.examples(), nginx.free_port()
  origin = "http://localhost:" .. port
  shell("mkdir %s/build/nginx-reveal", folder)
  edit("examples/reveal/nginx.conf", "127.0.0.1:8483", "127.0.0.1:" .. port)
  edit("examples/reveal/nginx.conf", "http://localhost:8483", origin)
end

local function stop()
  shell(command "-s quit")
  nginx.together(function()
    nginx.wait_for("nginx to end", function() return not io.open(folder .. "/build/nginx-reveal/nginx.pid") end)
  end)
  shell("rm -rf %s", folder)
end

--- One request with curl. @return status, the JSON that was answered or the text, the headers
local function ask(method, path, options)
  options = options or {}
  local words = { "curl -sS -m 20 -i -X", method, program.quote(("http://127.0.0.1:%d%s"):format(port, path)) }
  local headers = { ["Content-Type"] = "application/json", Origin = origin, Cookie = options.session and "session=" .. options.session, Expect = "" }
  for name, value in pairs(options.headers or {}) do headers[name] = value end
  for name, value in pairs(headers) do words[#words + 1] = "-H " .. program.quote(value == "" and name .. ":" or name .. ": " .. value) end
  if options.body then
    local file = program.file(options.body)
    words[#words + 1] = "--data-binary @" .. file
    options.remove = file
  end
  local output = program.shell(table.concat(words, " "))
  if options.remove then os.remove(options.remove) end
  local head, body = output:match "^(.-)\r\n\r\n(.*)$"
  assert(head, output)
  local ok, value = pcall(cjson.decode, body)
  return tonumber(head:match "^HTTP/1%.1 (%d+)"), ok and value or body, head
end

local function sign_in(user)
  local status, _, head = ask("POST", "/login", { body = "user=" .. (user or "ada"), headers = { ["Content-Type"] = "application/x-www-form-urlencoded" } })
  assert.equal(303, status)
  assert.matches("Path=/; Max%-Age=600; HttpOnly; SameSite=Strict\r\n", head)
  return head:match "session=(%x+)"
end

local function nonce(session)
  local status, answer = ask("POST", "/reveal/nonce", { body = "{}", session = session })
  assert.equal(200, status)
  return answer.nonce
end

--- POST /reveal/card, well but for what is given.
local function reveal(session, given, options)
  local body = { card = "c_1", jwk = GOOD, nonce = nonce(session) }
  for key, value in pairs(given or {}) do body[key] = value end
  options = options or {}
  options.session, options.body = session, options.body or cjson.encode(body)
  return ask("POST", "/reveal/card", options)
end

describe("examples/reveal", function()
  local session

  setup(function()
    start()
    shell(command())
    session = sign_in()
  end)
  teardown(stop)

  it("answers its owner with a JWE of the card, which nobody keeps", function()
    local status, jwe, head = reveal(session)
    assert.equal(200, status, tostring(jwe))
    assert.matches("^[%w_-]+%.%.[%w_-]+%.[%w_-]+%.[%w_-]+$", jwe)
    assert.matches("\r\nContent%-Type: application/jose\r\n", head)
    assert.matches("\r\nCache%-Control: no%-store", head)
    assert.matches("default%-src 'none'; script%-src 'self'", head)
    assert.is_nil(head:find("Strict-Transport-Security", 1, true))
    assert.is_nil((head .. jwe):find(sandbox.ALIX_PAN, 1, true))
  end)

  it("accounts for each card", function()
    reveal(session)
    local entry
    for line in contents "audit.log":gmatch "[^\n]+" do entry = cjson.decode(line) end
    assert.same({ "seal", true, "cvv,pan", "alix", "private_info", "1111", "cardholder", "show_card", origin, "cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s" },
      { entry.act, entry.allowed, entry.class, entry.provider, entry.operation, entry.last4, entry.role, entry.purpose, entry.audience, entry.thumbprint })
    assert.matches("endpoint%.lua:%d+$", entry.where)
    assert.matches("^%x+$", entry.request_id)
    cli.runs("unbroken", { "audit", "verify", folder .. "/build/nginx-reveal/audit.log" })
  end)

  it("refuses a key that does not do, and says why", function()
    local cases = {
      { { kty = "EC", crv = "P-256", x = GOOD.x, y = GOOD.y, d = "870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE" }, "private key" },
      { { kty = "EC", crv = "P-256", x = GOOD.x, y = GOOD.x }, "recipient.key" },
      { { kty = "EC", crv = "P-384", x = GOOD.x, y = GOOD.y }, "recipient.key" },
      { { kty = "RSA", n = ("A"):rep(170) .. "w", e = "AQAB" }, "recipient.key" },
      { { kty = "oct", k = "AAAA" }, "no public key" },
      { { kty = "EC", crv = "P-256", x = GOOD.x, y = GOOD.y, use = "sig" }, "use that is not enc" },
      { { kty = "EC", crv = "P-256", x = { 1 }, y = cjson.null }, "no texts" },
      { {}, "recipient.key" },
      { "a key", "jwk has to be" },
      { cjson.null, "jwk has to be" },
    }
    for _, case in ipairs(cases) do
      local status, answer = reveal(session, { jwk = case[1] })
      assert.equal(400, status, case[2])
      assert.equal("key", answer.error)
      assert.is_truthy(answer.message:find(case[2], 1, true), answer.message)
    end
    assert.equal(200, (reveal(session)))
  end)

  it("serves a key of each kind", function()
    for _, jwk in ipairs {
      { kty = "OKP", crv = "X25519", x = "3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08" },
      { kty = "EC", crv = "P-256", x = GOOD.x, y = GOOD.y, ext = true, key_ops = setmetatable({}, cjson.array_mt), kid = "k-1" },
    } do
      local status, answer = reveal(session, { jwk = jwk })
      assert.equal(200, status, type(answer) == "table" and answer.message or answer)
    end
  end)

  it("takes a nonce once, and from its session only", function()
    local own, bens = nonce(session), nonce(sign_in "ben")
    assert.equal(200, (reveal(session, { nonce = own })))
    for _, used in ipairs { own, bens, "", 17, cjson.null } do
      local status, answer = reveal(session, { nonce = used })
      assert.same({ 409, "nonce" }, { status, answer.error })
    end
  end)

  it("takes a nonce out of use even where the request fails", function()
    local own = nonce(session)
    assert.equal(404, (reveal(session, { nonce = own, card = "c_2" })))
    assert.equal(409, (reveal(session, { nonce = own })))
  end)

  it("shows a card to its owner only", function()
    for _, id in ipairs { "c_2", "", "../c_1", 1, cjson.null } do
      local status, answer = reveal(session, { card = id })
      assert.same({ 404, "card" }, { status, answer.error })
    end
    assert.equal(200, (reveal(sign_in "ben", { card = "c_2" })))
  end)

  it("wants a session, its own page, a POST and JSON", function()
    for _, path in ipairs { "/reveal/nonce", "/reveal/card" } do
      assert.equal(401, (ask("POST", path, { body = "{}" })))
      assert.equal(401, (ask("POST", path, { body = "{}", session = ("0"):rep(32) })))
      assert.equal(403, (ask("POST", path, { body = "{}", session = session, headers = { Origin = "https://other.example" } })))
      assert.equal(403, (ask("POST", path, { body = "{}", session = session, headers = { Origin = "" } })))
      assert.equal(405, (ask("GET", path, { session = session })))
    end
    assert.equal(401, (ask("GET", "/reveal/cards")))
    assert.equal(403, (ask("POST", "/login", { body = "user=eve", headers = { ["Content-Type"] = "application/x-www-form-urlencoded" } })))
    for _, kind in ipairs { "text/plain", "", "application/json-seq" } do
      assert.equal(415, (reveal(session, nil, { headers = { ["Content-Type"] = kind } })))
    end
    for _, body in ipairs { "", "{", "[1", "17", '"a"', ("["):rep(3000), "\0" } do
      assert.equal(400, (reveal(session, nil, { body = body })), body)
    end
  end)

  it("refuses a body that is too long before it is read, whether its length is said or not", function()
    local body = ("a"):rep(10000000)
    for _, headers in ipairs { {}, { ["Transfer-Encoding"] = "chunked" } } do
      local status, answer = reveal(session, nil, { body = body, headers = headers })
      assert.same({ 413, "too_large" }, { status, answer.error })
    end
    assert.equal(200, (reveal(session)))
  end)

  it("refuses a body that came in a piece for each byte, and goes on", function()
    local text = "user=ada&more=" .. ("y"):rep(4000)
    local socket = require "cqueues.socket".connect("127.0.0.1", port)
    socket:setmode("b", "b")
    socket:settimeout(20)
    socket:write(("POST /login HTTP/1.1\r\nHost: localhost\r\nOrigin: %s\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"):format(origin))
    socket:write(text:gsub(".", "1\r\n%0\r\n") .. "0\r\n\r\n")
    socket:flush()
    assert.equal("HTTP/1.1 403 Forbidden\r", socket:read "*l")
    socket:close()
    sign_in()
  end)

  it("ends a session", function()
    local own = sign_in()
    assert.equal(200, (ask("GET", "/reveal/cards", { session = own })))
    assert.equal(303, (ask("POST", "/logout", { session = own })))
    assert.equal(401, (ask("GET", "/reveal/cards", { session = own })))
  end)

  it("has written no number, and its workers have gone on", function()
    local log = contents "error.log"
    assert.is_nil(log:find("exited on signal", 1, true))
    assert.is_nil(log:find("runtime error", 1, true))
    for _, name in ipairs { "error.log", "access.log", "audit.log" } do assert.is_nil(contents(name):find(sandbox.ALIX_PAN, 1, true)) end
  end)

  it("shows nothing where the audit log does not take it", function()
    local path = folder .. "/build/nginx-reveal/audit.log"
    local file = assert(io.open(path, "a"))
    file:write '{"cut'
    file:close()
    local status, answer = reveal(session)
    assert.same({ 503, "unavailable" }, { status, answer.error })
    assert.matches("%[error%].*cards%.seal: invalid_request", contents "error.log")
    os.remove(path)
    assert.equal(200, (reveal(session)))
  end)
end)

describe("examples/reveal, when time has passed", function()
  setup(function()
    start()
    edit("examples/reveal/nginx.conf", "set $session_seconds 600", "set $session_seconds 0.001")
    shell(command())
  end)
  teardown(stop)

  it("has ended the session", function()
    local _, _, head = ask("POST", "/login", { body = "user=ada", headers = { ["Content-Type"] = "application/x-www-form-urlencoded" } })
    assert.equal(401, (ask("GET", "/reveal/cards", { session = head:match "session=(%x+)" })))
    assert.matches("^HTTP/1.1 303", select(3, ask("GET", "/")))
  end)
end)

describe("examples/reveal, when a nonce was left lying", function()
  setup(function()
    start()
    edit("examples/reveal/endpoint.lua", "NONCE_SECONDS = 60", "NONCE_SECONDS = 0.001")
    shell(command())
  end)
  teardown(stop)

  it("refuses it", function()
    local status, answer = reveal(sign_in())
    assert.same({ 409, "nonce" }, { status, answer.error })
  end)
end)
