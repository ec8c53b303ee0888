--- The playground as it runs: who may ask it, what it shows of a call, and that nothing of one request is left for the next one.

local cjson = require "cjson"
local nginx = require "support.nginx"
local program = require "support.program"
local sandbox = require "support.sandbox"

if nginx.is_missing("the playground", pending) then return end

local quote = program.quote
local folder = nginx.absolute(sandbox.directory() .. "-of-playground")
local own_module = (sandbox.directory():match "^(.*)/[^/]+/?$" or "build") .. "/5.4/?.so;;"
local module = nginx.absolute(sandbox.directory():match "^(.*)/[^/]+/?$" or "build") .. "/luajit/?.so"

local function contents(path)
  local file = io.open(path, "rb")
  local text = file and file:read "*a" or ""
  if file then file:close() end
  return text
end

local STARTING = 180 -- seconds: it makes keys and certificates, and starts a dozen programs, on a busy machine too

--- Starts it. @return as program.stay
local function start(arguments, root)
  return program.stay(("--chdir=%s LUA_CPATH=%s LUA_CPATH_5_1=%s %s lua/cards/cli/cards playground %s"):format(quote(root or nginx.root()),
    quote(nginx.root() .. "/" .. own_module), quote(module), os.getenv "LUA_BIN", arguments))
end

--- Starts it and waits for its address. @return the same, with port and token
local function started(arguments)
  local self = start(arguments)
  nginx.wait_for("the playground", function() return self.said():find "\n" or not self.runs() end, STARTING)
  self.port, self.token = self.said():match "^http://127%.0%.0%.1:(%d+)/(%x+)/\n$"
  self.port = assert(tonumber(self.port), self.said())
  return self
end

local running

setup(function() running = started("--dir " .. quote(folder)) end)
teardown(function() if running then running.finish "TERM" end end)

--- A request over a connection of its own. @return status, body, headers by lower-case names
local function ask(method, path, headers, body, port)
  local socket = require "cqueues.socket".connect("127.0.0.1", port or running.port)
  socket:onerror(function(_, _, why) return why end)
  socket:setmode("b", "b")
  socket:settimeout(30)
  local lines = { ("%s %s HTTP/1.1"):format(method, path), "Connection: close" }
  for name, value in pairs(headers) do
    lines[#lines + 1] = value and ("%s: %s"):format(name, value) or nil
  end
  socket:write(table.concat(lines, "\r\n") .. "\r\n\r\n" .. (body or ""))
  socket:flush()
  local text = socket:read "*a" or ""
  socket:close()
  local head, content = text:match "^(.-\r\n)\r\n(.*)$"
  local found = {}
  for name, value in (head or ""):gmatch "([^:\r\n]+): ([^\r\n]*)" do found[name:lower()] = value end
  return tonumber(text:match "^HTTP/1%.1 (%d+)"), content, found
end

local function with(headers, more)
  local made = {}
  for name, value in pairs(headers) do made[name] = value end
  for name, value in pairs(more or {}) do made[name] = value end
  return made
end

--- What the page sends with a request.
local function own(more)
  return with({ Host = ("127.0.0.1:%d"):format(running.port), Origin = ("http://127.0.0.1:%d"):format(running.port) }, more)
end

local function path(name) return ("/%s/%s"):format(running.token, name) end

local function post(name, body, more)
  body = type(body) == "string" and body or cjson.encode(body)
  return ask("POST", path(name), own(with({ ["Content-Type"] = "application/json", ["Content-Length"] = #body }, more)), body)
end

--- What the playground says to the page, which has to be a success.
local function told(name, body)
  local status, text = post(name, body)
  assert.equal(200, status, text)
  return cjson.decode(text), text
end

local known

local function catalogue()
  if not known then
    local status, text = ask("GET", path "api/catalogue", own())
    assert.equal(200, status)
    known = cjson.decode(text)
  end
  return known
end

--- A run of a built-in provider as the page begins it.
local function request_of(name, more)
  for _, provider in ipairs(catalogue().providers) do
    if provider.name == name then
      local operation = provider.operations[1]
      return with({ provider = name, operation = operation.name, params = operation.example.params, mapping = operation.mapping,
        policies = catalogue().policies }, more)
    end
  end
end

local function definition(code, field)
  return ([[return { name = "acme", base_url = "https://acme.example", operations = { show = { path = "/c",
    response = { fields = { id = "string", %s = "string" } }, card = { id = "id", status = "%s" } } }]]):format(field, field) .. code .. " }"
end

local function run_of_definition(text, body)
  local policies = { support = "return { status = keep }" }
  return { provider = "acme", operation = "show", definition = text, answer = { status = 200, body = body }, policies = policies }
end

describe("the playground", function()
  it("prints one address, and listens on this machine alone", function()
    assert.equal(("http://127.0.0.1:%d/%s/\n"):format(running.port, running.token), running.said())
    assert.matches("^%x+$", running.token)
    assert.equal(32, #running.token)
    for port = running.port, running.port + 1 do
      assert.truthy(contents "/proc/net/tcp":find((" 0100007F:%04X 00000000:0000 0A"):format(port), 1, true), "127.0.0.1")
      assert.is_nil(contents "/proc/net/tcp":find((" 00000000:%04X 00000000:0000 0A"):format(port), 1, true))
      assert.is_nil(contents "/proc/net/tcp6":find((":%04X 00000000000000000000000000000000:0000 0A"):format(port), 1, true))
    end
    assert.equal("700", (program.shell("stat -c %a " .. quote(folder)):match "%d+"))
  end)

  it("serves its page, whatever that consists of, and CodeMirror from where Debian has it", function()
    local files = program.shell "find lua/cards/cli/playground/page -type f"
    local count = 0
    for file in files:gmatch "[^\n]+" do
      local status, body, headers = ask("GET", path(file:match "[^/]+$"), own())
      assert.equal(200, status, file)
      assert.equal(contents(file), body)
      assert.matches("^%l+/%l[%w+]*", headers["content-type"])
      count = count + 1
    end
    assert.is_true(count >= 3)
    local _, page, headers = ask("GET", path "", own())
    assert.equal(contents "lua/cards/cli/playground/page/page.html", page)
    assert.equal("text/html; charset=utf-8", headers["content-type"])
    for asset in page:gmatch '["\'](assets/[^"\']+)["\']' do
      assert.equal(200, (ask("GET", path(asset), own())), asset)
    end
    local _, editor = ask("GET", path "assets/codemirror/lib/codemirror.js", own())
    assert.equal(contents "/usr/share/javascript/codemirror/lib/codemirror.js", editor)
  end)

  it("answers only to whom has the token, from this machine's own name", function()
    local cases = {
      { 200, "GET", path "api/catalogue", own() },
      { 200, "GET", path "api/catalogue", own { Host = "localhost:" .. running.port, Origin = false } },
      { 403, "GET", "/", own() },
      { 403, "GET", "/api/catalogue", own() },
      { 403, "GET", ("/%s/api/catalogue"):format(("0"):rep(32)), own() },
      { 403, "GET", ("/%sa/api/catalogue"):format(running.token), own() },
      { 403, "GET", ("/%s/api/catalogue"):format(running.token:sub(1, 31)), own() },
      { 403, "GET", path "api/catalogue", own { Host = "example.com" } },
      { 403, "GET", path "api/catalogue", own { Host = "127.0.0.1" } },
      { 403, "GET", path "api/catalogue", own { Host = "127.0.0.1:1" } },
      { 403, "GET", path "api/catalogue", own { Origin = "http://example.com" } },
      { 403, "GET", path "api/catalogue", own { Origin = "null" } },
      { 403, "GET", path "api/catalogue", own { Origin = "https://127.0.0.1:" .. running.port } },
      { 405, "DELETE", path "api/catalogue", own() },
      { 405, "GET", path "api/run", own() },
      { 405, "PUT", path "page.html", own() },
      { 404, "GET", path "nothing.js", own() },
      { 404, "GET", path "assets/codemirror/lib/../../../server.lua", own() },
      { 404, "GET", path "assets/%2e%2e/server.lua", own() },
      { 404, "GET", path "server.lua", own() },
      { 404, "GET", path "token", own() },
      { 200, "GET", path "assets/codemirror/lib/codemirror.js", own() },
    }
    for _, case in ipairs(cases) do
      local status, body, headers = ask(case[2], case[3], case[4])
      assert.equal(case[1], status, case[2] .. " " .. case[3])
      assert.equal("no-store", headers["cache-control"])
      assert.matches("default-src 'none'; script-src 'self'; style-src 'self'", headers["content-security-policy"], 1, true)
      assert.matches("frame-ancestors 'none'", headers["content-security-policy"], 1, true)
      assert.is_nil(headers["content-security-policy"]:find "unsafe")
      assert.same({ "no-referrer", "nosniff" }, { headers["referrer-policy"], headers["x-content-type-options"] })
      if status ~= 200 then assert.equal("refused", cjson.decode(body).error.kind) end
    end
  end)

  it("takes JSON from the page itself, and not too much of it", function()
    local cases = {
      { 200, "{}", {}, "api/check" },
      { 403, "{}", { Origin = false } },
      { 403, "{}", { Origin = false, ["Sec-Fetch-Site"] = "cross-site" } },
      { 400, "{}", { Origin = false, ["Sec-Fetch-Site"] = "same-origin" } },
      { 415, "{}", { ["Content-Type"] = "text/plain" } },
      { 415, "{}", { ["Content-Type"] = false } },
      { 415, "{}", { ["Content-Type"] = "application/jsonp" } },
      { 400, "{}", { ["Content-Type"] = "application/json; charset=utf-8" } },
      { 411, "", { ["Content-Length"] = false } },
      { 400, "" }, { 400, "{" }, { 400, "1" }, { 400, "[1]" }, { 400, '{"provider":1,"operation":"x"}' },
      { 400, '{"provider":"alix","operation":"none"}' },
      { 400, '{"provider":"secret","operation":"private_info"}' },
      { 400, '{"provider":"alix","operation":"private_info","params":1}' },
      { 400, '{"provider":"alix","operation":"private_info","mapping":{}}' },
      { 400, '{"provider":"alix","operation":"private_info","policies":{"support":1}}' },
      { 400, '{"provider":"alix","operation":"private_info","policies":{"other":"return {}"}}' },
      { 400, '{"provider":"alix","operation":"private_info","answer":{"status":200}}' },
      { 400, '{"provider":"alix","operation":"private_info","misbehaviour":"a\\r\\nX-B: c"}' },
      { 413, (" "):rep(262145) },
      { 400, (" "):rep(262144) },
    }
    cases[1] = { 400, "{}", {}, "api/check" }
    for _, case in ipairs(cases) do
      local status, body = post(case[4] or "api/run", case[2], case[3])
      assert.equal(case[1], status, case[2]:sub(1, 80))
      assert.equal("refused", cjson.decode(body).error.kind)
    end
    assert.equal(413, (post("api/run", (" "):rep(10 * 1024 * 1024))))
    told("api/run", request_of "alix")
  end)

  it("shows a call of each provider from the request to what each role sees, without a secret", function()
    local secrets = { alix = { sandbox.ALIX_PAN }, whop = { sandbox.WHOP_PAN }, payengine = { sandbox.PAYENGINE_TOKEN },
      netxd = { "400320588344662" }, nayax = {} }
    for _, name in ipairs(sandbox.PROVIDERS) do
      local made, text = told("api/run", request_of(name))
      for _, credential in pairs(sandbox.credentials(name)) do
        table.insert(secrets[name], credential)
      end
      for _, secret in ipairs(secrets[name]) do
        assert.is_nil(text:find(secret, 1, true), name)
      end
      assert.is_nil(made.error)
      assert.same({ mapping = {}, definition = {}, policies = {} }, made.mistakes)
      assert.equal(200, made.answer.status)
      assert.matches("^https://localhost:%d+/" .. name, made.request.url)
      assert.matches("***", cjson.encode { made.request.headers, made.request.body }, 1, true)
      assert.is_nil(text:lower():find("x-cards-playground", 1, true))
      assert.equal(name, made.record.provider)
      for _, role in ipairs { "support", "cardholder", "audit" } do
        assert.is_table(made.views[role], role)
      end
      assert.is_true(#made.answer.fields > 5)
      assert.matches(("cards.%s.from_env"):format(name), made.code.lua, 1, true)
      assert.matches("cards call " .. name, made.code.cli, 1, true)
      local what = {}
      for i, one in ipairs(made.timeline) do
        what[i] = one.what
        assert.is_true(one["end"] > one.begin)
      end
      assert.same({ "resolve", "connect", "tls", "first byte", "done" }, what)
    end
  end)

  it("says of each field of an answer what it is, and shows plain ones alone", function()
    local answer = [[{ "success": true, "extra": "4012888888881881", "message": "for 4111111111111111", "data": { "cardNo": "4012 8888 8888 1881", "cvv": "987",
      "expMonth": "01", "expYear": "27", "note": "topsecret", "list": [1, true, null, { "a.b": "hush" }], "4012888888881881": "key" } }]]
    local made, text = told("api/run", request_of("alix", { answer = { status = 200, body = answer } }))
    for _, secret in ipairs { "4012888888881881", "4111111111111111", "8888 1881", "987", "topsecret", "hush" } do
      assert.is_nil(text:find(secret, 1, true), secret)
    end
    local fields = {}
    for i, field in ipairs(made.answer.fields) do
      fields[i] = { field.path, field.value, field.class, field.type }
    end
    assert.same({
      { "success", "true", "plain", "string" }, { "extra", "***", "undeclared", "undeclared" },
      { "message", "for ************1111", "plain", "string" }, { "data.cardNo", "************1881", "declared", "pan" },
      { "data.cvv", "***", "declared", "cvv" }, { "data.expMonth", "01", "plain", "string" }, { "data.expYear", "27", "plain", "string" },
      { "data.note", "***", "undeclared", "undeclared" }, { "data.list[0]", "***", "undeclared", "undeclared" }, { "data.list[1]", "true", "plain" },
      { "data.list[2]", "null", "plain" }, { "data.list[3]['a.b']", "***", "undeclared", "undeclared" },
      { "data['************1***']", "***", "undeclared", "undeclared" },
    }, fields)
    assert.same({ number = "pan", cvv = "cvv" }, made.record_secrets)
    assert.same({}, made.timeline)
    assert.is_nil(made.request)
  end)

  it("shows a name that stands in the path of each field no oftener than fits", function()
    local body = ('{ "%s": [%s 1] }'):format(("k"):rep(100000), ("1,"):rep(1999))
    local made, text = told("api/run", request_of("alix", { answer = { status = 200, body = body } }))
    assert.equal(2, #made.answer.fields)
    assert.equal("1998 more fields", made.answer.note)
    assert.is_true(#text < 300000)
  end)

  it("hides a parameter however often an answer has it", function()
    local request = request_of "netxd"
    request.params = with(request.params, { account_number = "aaa" })
    request.answer = { status = 200, body = ('{ "id": "%s" }'):format(("a"):rep(150000)) } -- takes minutes where each one copies the text
    assert.equal(("***"):rep(50000), told("api/run", request).answer.fields[1].value)
  end)

  it("shows what a sandbox that misbehaves does to a call, each attempt of it", function()
    local kinds = {
      unauthorized = "auth", declined = "declined", cut_short = "network", reset = "network", not_json = "protocol", two_answers = "protocol",
      big = "protocol", ["status=302"] = "protocol", invalid_utf8 = "protocol", control_in_string = "protocol", cr_in_header = "protocol",
      nul_in_string = false, undeclared = false, undeclared_keys = false, gzip = false, chunked = false,
    }
    for case, kind in pairs(kinds) do
      local made, text = told("api/run", request_of("alix", { misbehaviour = case }))
      assert.equal(kind or nil, made.error and made.error.kind, case)
      assert.equal(not kind, made.record ~= nil, case)
      for _, pan in ipairs { sandbox.ALIX_PAN, sandbox.UNDECLARED_PAN, sandbox.UNDECLARED_KEY_PAN } do
        assert.is_nil(text:find(pan, 1, true), case)
      end
    end
    local made = told("api/run", request_of("whop", { misbehaviour = "unavailable,retry_after=ms:20" }))
    assert.same({ 3, 503 }, { made.error.attempts, made.error.status })
    local tries = {}
    for _, one in ipairs(made.timeline) do
      tries[one.try] = (tries[one.try] or "") .. one.what:sub(1, 1) .. (one.outcome and "=" .. one.outcome or "")
    end
    assert.same({ "rctfd=HTTP 503", "wrctfd=HTTP 503", "wrctfd=HTTP 503" }, tries)
    made = told("api/run", request_of("whop", { misbehaviour = "no_such_case" }))
    assert.truthy(made.error)
    made = told("api/run", request_of("whop", { params = {} }))
    assert.equal("invalid_request", made.error.kind)
    assert.matches("card_id", made.error.message, 1, true)
    made = told("api/run", request_of("whop", { params = { card_id = "c", nonsense = 1 } }))
    assert.equal("invalid_request", made.error.kind)
  end)

  it("reports the mistakes that cards check reports, in its words and at their lines", function()
    local texts = {
      mapping = { 'return {\n  ["whop.retrieve"] = {\n    numbr = "secrets.card_number",\n    id = "idd",\n  },\n}', "return {", "x = 1\nreturn y.z",
        "return 1", "return { [\"alix.private_info\"] = { number = function(r) return r end } }" },
      policy = { "return {\n  number = pan { first = 9 },\n  cvv = keep,\n nosuch = keep }", "return { number = last }" },
      definition = { definition("", "cvv"), definition(", nonsense = 1", "state"), 'return { name = "alix", operations = {} }' },
    }
    local count = 0
    for kind, list in pairs(texts) do
      for _, text in ipairs(list) do
        local file = program.file(text)
        local output = program.shell(("%s lua/cards/cli/cards check %s"):format(os.getenv "LUA_BIN", file))
        os.remove(file)
        local expected, name = {}, file:gsub("%p", "%%%0")
        for line, message in output:gmatch("%f[^\n%z]" .. name .. ":(%d*):? ([^\n]*)") do
          message = message:gsub("near <eof>", "near '<eof>'") -- as LuaJIT says it
          expected[#expected + 1] = not message:find "without mistakes" and { line = tonumber(line) or 1, message = message } or nil
        end
        count = count + #expected
        assert.same(expected, told("api/check", { kind = kind, text = text }).mistakes, output)
      end
    end
    assert.is_true(count >= 10)
    local wanted = "it is a policy, and no mapping: write return { [\"PROVIDER.OPERATION\"] = { … } }"
    assert.equal(wanted, told("api/check", { kind = "mapping", text = "return { number = keep }" }).mistakes[1].message)
  end)

  it("tries a definition against its own examples", function()
    local made = told("api/check", { kind = "definition", text = catalogue().definition })
    assert.same({}, made.mistakes)
    assert.same({ "acme", "show" }, { made.provider.name, made.provider.operations[1].name })
    assert.same({ true, true }, { made.examples[1].ok, made.examples[2].ok })
    local text = catalogue().definition:gsub('holder_name = "Jane Doe"', 'holder_name = "Jane Do"')
    made = told("api/check", { kind = "definition", text = text })
    assert.same({ false, true }, { made.examples[1].ok, made.examples[2].ok })
    assert.matches("holder_name", made.examples[1].message, 1, true)
    local line = select(2, text:sub(1, text:find("Jane Do\"", 1, true)):gsub("\n", "")) + 1
    assert.equal(line, made.examples[1].line)
    local example = made.examples[1]
    made = told("api/run", { provider = "acme", operation = "show", params = {}, definition = text, answer = example.answer, policies = catalogue().policies })
    assert.equal("************1111", made.record.number)
    assert.is_false(made.examples[1].ok)
    assert.matches('assert(cards.load "acme.lua").from_env()', made.code.lua, 1, true)
    assert.matches('assert(cards.load "acme.lua").from_env()', made.code.nginx, 1, true)
    assert.matches("cards call acme show --provider acme.lua", made.code.cli, 1, true)
  end)

  it("goes on after scripts that never end, or take all memory", function()
    local forever = { "while true do end\nreturn {}", "local t = {} for i = 1, 1e9 do t[i] = (\"x\"):rep(1000) .. i end" }
    for _, text in ipairs(forever) do
      for _, kind in ipairs { "mapping", "policy", "definition" } do
        local made = told("api/check", { kind = kind, text = text })
        assert.matches("^the script took more than", made.mistakes[1].message)
        assert.equal(1, made.mistakes[1].line)
      end
    end
    local made = told("api/run", request_of("alix", {
      mapping = 'return { ["alix.private_info"] = {\n  number = "cardNo",\n  id = function() while true do end end } }' }))
    assert.equal(3, made.mistakes.mapping[1].line)
    assert.is_nil(made.record)
    made = told("api/run", request_of("alix", { policies = { support = "return { number = fn(function() while true do end end) }", audit = "return {}" } }))
    assert.equal("***", made.views.support.number)
    assert.is_table(made.views.audit)
    made = told("api/run", request_of("alix", { policies = { support = "return { exp_year = fn(function() return { 1, a = 2 } end) }", audit = "return {}" } }))
    assert.same({ ["1"] = 1, a = 2 }, made.views.support.exp_year)
    assert.equal("************1111", told("api/run", request_of "alix").record.number)
  end)

  it("keeps two tabs apart that define the same at once", function()
    local function mapping(word)
      return ('return { ["alix.private_info"] = { number = "cardNo", status = { "expMonth", map { ["01"] = "%s" } } } }'):format(word)
    end
    local found = {}
    local runs = {}
    for i = 1, 8 do
      table.insert(runs, function()
        local word = i % 4 > 0 and "tab" .. i or nil
        local asked = request_of("alix", { misbehaviour = "slow_first_byte=0.1", policies = { support = "return { status = keep }" } })
        asked.mapping = word and mapping(word)
        local made = told("api/run", asked)
        found[i] = { word or "none", made.record.status or "none", (made.views.support.status or "none") }
      end)
      table.insert(runs, function()
        local field = i % 2 == 0 and "even" or "odd"
        local made = told("api/run", run_of_definition(definition("", field), ('{"id":"1","%s":"state %d"}'):format(field, i)))
        assert.same({ "state " .. i, "state " .. i }, { made.record.status, made.views.support.status })
      end)
    end
    nginx.together(table.unpack(runs))
    for i = 1, 8 do
      assert.same({ found[i][1], found[i][1] }, { found[i][2], found[i][3] })
    end
  end)

  it("keeps nothing of a definition or mapping for the next request", function()
    local policy = "return { peculiar = keep }"
    local text = definition("", "peculiar")
    local made = told("api/run", with(run_of_definition(text, '{"id":"1","peculiar":"p"}'), { policies = { support = policy } }))
    assert.equal("p", made.record.status)
    assert.is_nil(made.mistakes.policies.support)
    assert.matches("no provider has such a field", told("api/check", { kind = "policy", text = policy }).mistakes[1].message, 1, true)
    local bare = text:gsub(", card = {.-}", "")
    made = told("api/run", run_of_definition(bare, '{"id":"1","peculiar":"p"}'))
    assert.is_nil(made.record)
    assert.matches("there is no mapping", made.mistakes.definition[1].message, 1, true)
    local status = post("api/run", { provider = "acme", operation = "show" })
    assert.equal(400, status)
    assert.equal("", program.shell(("grep -rlF %s %s --include=* --exclude=nginx.conf || true"):format(quote "peculiar", quote(folder))))
  end)

  it("hands on the page's calls alone", function()
    local status = select(2, program.shell(("curl -sk -o /dev/null -w '%%{http_code}' https://localhost:%d/alix/api/v2/cards/c_1/private-info | grep -q 403")
      :format(running.port + 1)))
    assert.equal(0, status)
  end)

  it("logs no access and nothing of a body", function()
    post("api/run", '{"marker_in_body":')
    assert.is_nil(contents(folder .. "/error.log"):find("marker_in_body", 1, true))
    assert.is_nil(contents(folder .. "/error.log"):find(sandbox.ALIX_PAN, 1, true))
    assert.equal("", program.shell(("find %s -name '*access*'"):format(quote(folder))))
  end)

  it("leaves one alone that runs in the same folder, and ends with all that it has started", function()
    local other = start("--dir " .. quote(folder))
    assert.equal(1, other.finish())
    told("api/run", request_of "alix")
    for _, signal in ipairs { "INT", "TERM", "HUP" } do
      local process = started("--dir " .. quote(folder .. "-2"))
      local pids = {}
      for _, name in ipairs { "nginx.pid", "sandbox/nginx.pid" } do
        table.insert(pids, tonumber(contents(folder .. "-2/" .. name)))
      end
      assert.equal(2, #pids)
      assert.equal(0, process.finish(signal))
      for _, pid in ipairs(pids) do
        nginx.wait_for("its end", function() return not nginx.alive(pid) end)
      end
      assert.equal("", contents(folder .. "-2/token"))
    end
    program.shell("rm -rf " .. quote(folder .. "-2"))
  end)

  it("takes over what a killed one left", function()
    local place = folder .. "-3"
    local process = started("--dir " .. quote(place))
    local pid = tonumber(contents(place .. "/nginx.pid"))
    process.finish "KILL"
    nginx.wait_for("the end of the killed one", function() return select(2, program.shell(("flock -n %s true"):format(quote(place .. "/lock")))) == 0 end)
    process = started("--dir " .. quote(place))
    assert.is_false(nginx.alive(pid))
    assert.equal(0, process.finish "TERM")
    program.shell("rm -rf " .. quote(place))
  end)

  it("says in one line what is missing", function()
    local place = program.shell "mktemp -d":match "%S+"
    finally(function() program.shell("rm -rf " .. place) end)
    program.shell(("mkdir -p %s/spec && cp -r lua %s && cp -r spec/sandbox %s/spec"):format(place, place, place))
    local kept = module
    module = place .. "/nowhere/?.so"
    local process = start(("--dir %s/run"):format(place), place)
    module = kept
    nginx.wait_for("its end", function() return not nginx.alive(process.pid) end, STARTING)
    assert.matches("^playground: nginx runs LuaJIT, for which there is no module: `make install%-module LUA=luajit`", process.said())
    assert.equal(1, process.finish())
  end)
end)
