--- Proxies: of HTTP, over TLS, with a credential, and of SOCKS5; what they are told, and what they answer.

local cards = require "cards"
local core = require "cards.core"
local pool = require "support.pool"
local program = require "support.program"
local sandbox = require "support.sandbox"
local scripted = require "support.scripted"
local together = require "support.together"

teardown(function()
  pool.remove()
  scripted.stop_all()
end)

local USER, PASSWORD = sandbox.url "PROXY_USER", sandbox.url "PROXY_PASSWORD"

--- The lines of the proxies' log that hold this text.
local function logged(text)
  local found = {}
  for line in io.lines(sandbox.url "PROXY_LOG") do
    if line:find(text, 1, true) then
      found[#found + 1] = line
    end
  end
  return found
end

local function encoded(text)
  return (text:gsub("%W", function(c) return ("%%%02X"):format(c:byte()) end))
end

local function with_credential(url, user, password)
  return (url:gsub("//", function() return ("//%s:%s@"):format(encoded(user), encoded(password)) end))
end

--- One call of Alix through a proxy, over a connection of its own. Without retries, unless the overrides say otherwise.
local function call(proxy, overrides)
  local id = sandbox.unique_id "proxied"
  local config = { proxy = proxy }
  for key, value in pairs(overrides or {}) do config[key] = value end
  local record, err = pool.client(pool.tls(), nil, config):private_info(id)
  return record, err, id
end

local function works(proxy, overrides)
  local record, err, id = call(proxy, overrides)
  assert.is_nil(err, tostring(err))
  assert.equal(sandbox.ALIX_PAN, record.cardNo:reveal())
  local seen = sandbox.seen(id)
  assert.equal(1, seen.count)
  assert.is_nil(seen.last.headers["proxy-authorization"], "the provider was shown the proxy's credential")
  return seen.last
end

local function fails(kind, proxy, overrides)
  local record, err, id = call(proxy, overrides)
  assert.is_nil(record)
  assert.equal(kind, err.kind, tostring(err))
  local text = tostring(err)
  for _, credential in ipairs { USER, PASSWORD, encoded(PASSWORD), "wrong%25password", "wrong%password" } do
    assert.not_matches(credential, text, 1, true)
  end
  assert.equal(0, sandbox.seen(id).count)
  return err
end

local TARGETS = {
  https = { base_url = sandbox.url "HTTPS_URL" .. "/alix" },
  http = { base_url = sandbox.url "HTTP_URL" .. "/alix", insecure_http = true },
}

local address = tonumber(tostring({}):match "0x(%x+)", 16)
local used = 0

--- A port that nobody else asks the proxies for, so that what they note is ours.
local function own_port()
  used = used + 1
  return 10000 + (math.floor(address / 16) + used) % 50000
end

local function with(overrides, more)
  local config = {}
  for _, list in ipairs { overrides, more } do
    for key, value in pairs(list) do config[key] = value end
  end
  return config
end

local PROXIES = {
  { "http", "PROXY_URL" },
  { "http that wants a credential", "PROXY_AUTH_URL", wants = true },
  { "https", "PROXY_TLS_URL" },
  { "SOCKS5", "PROXY_SOCKS_URL", socks = true },
  { "SOCKS5 that wants a credential", "PROXY_SOCKS_AUTH_URL", wants = true, socks = true },
}

for _, proxy in ipairs(PROXIES) do
  local url = sandbox.url(proxy[2])
  local right = proxy.wants and { url = url, user = USER, password = PASSWORD } or url
  local forms = proxy.wants and {
    ["a credential as a string"] = right,
    ["a credential as a secret"] = { url = url, user = USER, password = cards.secret(PASSWORD) },
    ["a credential in the URL"] = with_credential(url, USER, PASSWORD),
  } or {
    ["no credential"] = url,
    ["a table without a credential"] = { url = url },
    ["a credential that it did not ask for"] = { url = url, user = USER, password = PASSWORD },
  }
  local wrong = {
    ["none"] = url,
    ["another user"] = { url = url, user = "nobody", password = PASSWORD },
    ["another password"] = { url = url, user = USER, password = "wrong%password" },
    ["another password, a secret"] = { url = url, user = USER, password = cards.secret "wrong%password" },
    ["no password"] = { url = url, user = USER },
    ["another one in the URL"] = with_credential(url, USER, "wrong%password"),
  }

  describe("a proxy of " .. proxy[1], function()
    for target, overrides in pairs(TARGETS) do
      local method = proxy.socks and "SOCKS5" or target == "https" and "CONNECT" or "GET"

      for form, given in pairs(forms) do
        it(("carries %s, with %s"):format(target, form), function()
          local note = ("%s %s 200 "):format(method, overrides.base_url:match "//([^/]+)")
          local before = #logged(note)
          assert.equal(target, works(given, overrides).scheme)
          local lines = logged(note)
          assert.is_true(#lines > before, "it went another way") -- other processes may ask for the same
          if proxy.socks then
            assert.matches(proxy.wants and "password" or "none", lines[#lines], 1, true)
          end
        end)
      end

      if proxy.wants then
        for what, given in pairs(wrong) do
          it(("carries no %s with another credential, and that is not tried again: %s"):format(target, what), function()
            local place = overrides.base_url:gsub("^(%w+://[^:]+):%d+.*$", "%1:" .. own_port())
            local err = fails("network", given, with(overrides, { base_url = place, retries = 2 }))
            assert.is_false(err.retryable)
            assert.equal(1, err.attempts)
            if proxy.socks then return end -- there is no status, and the proxy's notes have no address yet
            assert.matches("HTTP 407", err.message, 1, true)
            assert.equal(1, #logged(("%s %s 407 "):format(method, place:match "//(.*)$")))
          end)
        end
      end

      if not proxy.socks then
        it(("is shown no header of a call over %s"):format(target == "http" and "http but what goes to the server" or target), function()
          local header = sandbox.unique_id("x-call"):lower()
          local seen = works(right, with(overrides, { headers = { [header] = "1" } }))
          assert.equal("1", seen.headers[header])
          assert.equal(target == "http" and 1 or 0, #logged(header))
        end)
      end

      it("is used again over the connection that is kept: " .. target, function()
        local events = {}
        local client = pool.client(pool.tls(), events, with(overrides, { proxy = right }))
        for i = 1, 3 do
          assert(client:private_info(sandbox.unique_id "again"))
          -- the sandbox's proxies end a connection for http after one request
          assert.equal(i > 1 and (target == "https" or proxy.socks or false), events[i].reused)
        end
      end)
    end
  end)
end

describe("a proxy", function()
  it("of HTTP is told the host name, and looks it up itself; so is one of SOCKS5 with an h", function()
    for _, name in ipairs { "PROXY_URL", "PROXY_SOCKS_URL" } do
      local host = sandbox.unique_id("proxied"):lower() .. ".invalid"
      fails("network", sandbox.url(name), { base_url = "https://" .. host })
      assert.equal(1, #logged(host .. ":443 403"))
    end
  end)

  it("without a scheme is one of HTTP", function()
    local bare = sandbox.url("PROXY_URL"):gsub("http://", "")
    works(bare, TARGETS.https)
    works(bare, TARGETS.http)
  end)

  it("that refuses to connect is named by its status: a 4xx is not tried again, a 5xx is", function()
    local functions = {} -- which wait for another attempt at the same time
    for status, attempts in pairs { [400] = 1, [403] = 1, [429] = 1, [500] = 2, [502] = 2 } do
      for _, name in ipairs { "PROXY_URL", "PROXY_TLS_URL" } do
        functions[#functions + 1] = function()
          local host = ("status-%d.invalid:%d"):format(status, own_port())
          local err = fails("network", sandbox.url(name), { base_url = "https://" .. host, retries = attempts == 1 and 2 or 1 })
          assert.matches("the proxy answered CONNECT with HTTP " .. status, err.message, 1, true)
          assert.equal(attempts, err.attempts)
          assert.equal(attempts > 1, err.retryable)
          assert.is_nil(err.status, "it is not the provider's")
          assert.equal(attempts, #logged(("CONNECT %s %d "):format(host, status)))
        end
      end
    end
    together(functions)
  end)

  it("that says nothing to CONNECT is a timeout, which is tried again", function()
    local host = "never.invalid:" .. own_port()
    local err = fails("timeout", sandbox.url "PROXY_URL", { base_url = "https://" .. host, connect_timeout = 1, retries = 1 })
    assert.is_true(err.retryable)
    assert.equal(2, err.attempts)
    program.wait_for("both attempts", function() return #logged(host) == 2 end)
  end)

  it("that ends the connection is a network error, which is tried again", function()
    for _, name in ipairs { "PROXY_URL", "PROXY_TLS_URL" } do
      local host = "close.invalid:" .. own_port()
      local err = fails("network", sandbox.url(name), { base_url = "https://" .. host, retries = 1 })
      assert.is_true(err.retryable)
      assert.equal(2, err.attempts)
      assert.equal(2, #logged(host))
    end
  end)

  it("that does not listen is a network error, also one of SOCKS5", function()
    for _, scheme in ipairs { "http://", "socks5h://" } do
      local err = fails("network", scheme .. sandbox.url("REFUSED_URL"):match "//(.*)$")
      assert.is_true(err.retryable)
    end
  end)

  it("that is none, but a server, is a network error with what it answered", function()
    local err = fails("network", sandbox.url "HTTP_URL", { base_url = "https://localhost:" .. own_port() })
    assert.matches("the proxy answered CONNECT with HTTP 4", err.message, 1, true)
    assert.is_nil(err.status)
  end)

  it("over TLS shows a certificate that is trusted, or nothing is sent", function()
    local err = fails("tls", sandbox.url "PROXY_TLS_URL", { tls = { ca_file = sandbox.url "OTHER_CA_FILE" } })
    assert.is_false(err.retryable)
    err = fails("tls", (sandbox.url("OTHER_CA_URL")))
    assert.is_false(err.retryable)
  end)

  it("whose name is unknown is a network error that names it", function()
    for _, scheme in ipairs { "http", "https", "socks5h" } do
      assert.matches("no-such-proxy.invalid", fails("network", scheme .. "://no-such-proxy.invalid:1").message, 1, true)
    end
  end)

  it("is never taken from the environment", function()
    local refused = sandbox.url("REFUSED_URL"):gsub("https", "http")
    local variables = {}
    for _, name in ipairs { "http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY" } do
      variables[name] = refused
    end
    local output, status = program.run([[
      local cards, sandbox = require "cards", require "support.sandbox"
      assert(os.getenv "https_proxy")
      local plain = { base_url = sandbox.url "HTTP_URL" .. "/alix", insecure_http = true, retries = 0 }
      for _, overrides in ipairs { { retries = 0 }, plain } do
        local record = assert(cards.alix.new(sandbox.config("alix", overrides)):private_info(sandbox.unique_id "env"))
        print(record.cardNo)
      end
    ]], { env = variables })
    assert.equal("************1111\n************1111\n", output)
    assert.equal(0, status)
  end)

  it("is gone around for nothing that the environment says", function()
    local output = program.run([[
      local cards, sandbox = require "cards", require "support.sandbox"
      local plain = { base_url = sandbox.url "HTTP_URL" .. "/alix", insecure_http = true }
      for _, overrides in ipairs { {}, plain } do
        overrides.retries, overrides.proxy = 0, (sandbox.url("REFUSED_URL"):gsub("https", "http"))
        print(select(2, cards.alix.new(sandbox.config("alix", overrides)):private_info "c_1").kind)
      end
    ]], { env = { NO_PROXY = "*", no_proxy = "*" } })
    assert.equal("network\nnetwork\n", output)
  end)

  it("does not get the answer to another call: what it writes behind its own is refused", function()
    -- a proxy that says 200 to CONNECT and goes on at once; there is no TLS in that
    local eager = scripted.start [[
      return function() return "HTTP/1.1 200 Fine\r\n\r\n" .. answer() end
    ]]
    local record, err = call(eager.url, { timeout = 20 })
    assert.is_nil(record)
    assert.is_true(err.kind == "tls" or err.kind == "network", tostring(err))
    eager.stop()
  end)
end)

describe("a proxy's credential", function()
  it("that was closed is refused where the client is made", function()
    local password = cards.secret "x"
    password:close()
    local ok, message = pcall(pool.client, pool.tls(), nil, { proxy = { url = sandbox.url "PROXY_AUTH_URL", user = USER, password = password } })
    assert.is_false(ok)
    assert.matches("proxy.password is a secret that is closed", message, 1, true)
  end)

  it("may be closed once the client is made", function()
    local password = cards.secret(PASSWORD)
    local client = pool.client(pool.tls(), nil, { proxy = { url = sandbox.url "PROXY_AUTH_URL", user = USER, password = password } })
    password:close()
    assert(client:private_info(sandbox.unique_id "proxied"))
  end)

  it("is in no event and no text of the client", function()
    local events = {}
    local client = pool.client(pool.tls(), events, { proxy = with_credential(sandbox.url "PROXY_AUTH_URL", USER, "wrong%password") })
    assert.is_nil((client:private_info "c_1"))
    local texts = { tostring(client) }
    for key, value in pairs(events[1]) do texts[#texts + 1] = key .. "=" .. tostring(value) end
    for _, text in ipairs(texts) do
      assert.not_matches("wrong%password", text, 1, true)
      assert.not_matches("wrong%25password", text, 1, true)
      assert.not_matches(USER, text, 1, true)
    end
  end)

  -- Lua has no fork; LuaJIT can call libc's.
  if program.lua == "luajit" then
    it("has no password any more in a forked child: the call says so", function()
      local output, status = program.run [[
        local ffi = require "ffi"
        ffi.cdef "int fork(void); int waitpid(int, int *, int); void _exit(int);"
        local cards, sandbox = require "cards", require "support.sandbox"
        local function token() return "alix_token_sandbox" end
        local client = cards.alix.new(sandbox.config("alix", { access_token = token, proxy = {
          url = sandbox.url "PROXY_AUTH_URL", user = sandbox.url "PROXY_USER", password = sandbox.url "PROXY_PASSWORD" } }))
        local child = ffi.C.fork()
        print(child == 0 and "child" or "parent", select(2, client:private_info "c_1"))
        io.stdout:flush()
        if child == 0 then ffi.C._exit(0) end
        ffi.C.waitpid(child, nil, 0)
      ]]
      assert.equal(0, status, output)
      assert.matches("proxy.password was made before this process was forked", output:match "child[^\n]*", 1, true)
      assert.matches("parent\tnil", output, 1, true)
    end)
  end

  it("does not stay open in the arena once its client is gone", function()
    collectgarbage()
    collectgarbage()
    local before = core.memory().open
    local client = pool.client(pool.tls(), nil, { access_token = function() return "t" end, proxy = { url = sandbox.url "PROXY_AUTH_URL", user = USER,
      password = PASSWORD } })
    assert.is_true(core.memory().open > before, tostring(client))
    client = nil -- luacheck: ignore
    collectgarbage()
    collectgarbage()
    assert.equal(before, core.memory().open)
  end)
end)
