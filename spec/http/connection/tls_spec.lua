--- TLS: who is trusted, who we are, and that a credential never travels where it was not sent.

local cards = require "cards"
local program = require "support.program"
local sandbox = require "support.sandbox"

--- One call to a listener of the sandbox, over TLS, with these tls settings beside its CA.
local function call(listener, tls, overrides)
  local config = sandbox.config("alix", overrides)
  config.base_url = (listener:find "^%u" and sandbox.url(listener) or listener) .. "/alix"
  config.retries = config.retries or 0
  config.tls = { ca_file = sandbox.url "CA_FILE" }
  for key, value in pairs(tls or {}) do
    config.tls[key] = value
  end
  local id = sandbox.unique_id "tls"
  local record, err = cards.alix.new(config):private_info(id)
  return record, err, id
end

local function refuses(listener, tls, overrides)
  local record, err, id = call(listener, tls, overrides)
  assert.is_nil(record)
  assert.equal("tls", err.kind)
  assert.is_false(err.retryable)
  assert.is_nil(err.status)
  assert.equal(0, sandbox.seen(id).count, "the request must not have been sent")
  return err
end

local function accepts(listener, tls, overrides)
  local record, err, id = call(listener, tls, overrides)
  assert.is_nil(err)
  assert.equal(sandbox.ALIX_PAN, record.cardNo:reveal())
  assert.equal(1, sandbox.seen(id).count)
end

--- The same listener by another name: connections to it are pooled apart.
local function by_address(listener)
  return (sandbox.url(listener):gsub("localhost", "127.0.0.1"))
end

describe("a server's certificate", function()
  it("is accepted when the configured CA signed it", function()
    accepts "HTTPS_URL"
    accepts(by_address "HTTPS_URL")
  end)

  it("is refused when another CA signed it", function()
    refuses "OTHER_CA_URL"
  end)

  it("is accepted from that CA when that one is configured", function()
    accepts("OTHER_CA_URL", { ca_file = sandbox.url "OTHER_CA_FILE" })
  end)

  it("is refused by a client with another CA while a connection to the server is open", function()
    accepts "HTTPS_URL"
    refuses("HTTPS_URL", { ca_file = sandbox.url "OTHER_CA_FILE" })
  end)

  it("is refused by the system's CAs where none is configured", function()
    local config = sandbox.config("alix", { tls = false, retries = 0 })
    local record, err = cards.alix.new(config):private_info(sandbox.unique_id "tls")
    assert.is_nil(record)
    assert.equal("tls", err.kind)
  end)

  it("is refused when it has expired", function()
    assert.matches("expired", refuses("EXPIRED_URL").message, 1, true)
  end)

  it("is refused when it is for another host", function()
    refuses "WRONG_HOST_URL"
  end)

  it("is not worth another attempt when it is refused", function()
    assert.equal(1, refuses("OTHER_CA_URL", nil, { retries = 3 }).attempts)
  end)
end)

describe("a pinned key", function()
  it("lets the right server pass", function()
    accepts("HTTPS_URL", { pinned_public_key = sandbox.url "PINNED" })
  end)

  it("stops a server with another key, though its certificate is good", function()
    refuses("HTTPS_URL", { pinned_public_key = "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=" })
  end)

  it("stops a server that has the pinned host name and another key", function()
    refuses("OTHER_CA_URL", { ca_file = sandbox.url "OTHER_CA_FILE", pinned_public_key = sandbox.url "PINNED" })
  end)
end)

describe("a minimum version of TLS", function()
  it("of 1.3 refuses a server that has 1.2 only", function()
    refuses("TLS12_URL", { min_version = "1.3" })
  end)

  it("of 1.2, also as the default, takes it", function()
    accepts("TLS12_URL", { min_version = "1.2" })
    accepts "TLS12_URL"
  end)

  it("of 1.3 takes a server that has it", function()
    accepts("HTTPS_URL", { min_version = "1.3" })
  end)
end)

describe("a client certificate", function()
  local function identity(key, password)
    return { cert_file = sandbox.url "CLIENT_CERT", key_file = sandbox.url(key), key_password = password }
  end

  it("is shown where the server wants one", function()
    accepts("MTLS_URL", identity "CLIENT_KEY")
  end)

  it("works with an encrypted key and its password, as a string or a secret", function()
    accepts("MTLS_URL", identity("CLIENT_KEY_ENCRYPTED", sandbox.url "CLIENT_KEY_PASSWORD"))
    accepts("MTLS_URL", identity("CLIENT_KEY_ENCRYPTED", cards.secret(sandbox.url "CLIENT_KEY_PASSWORD")))
  end)

  -- Lua has no fork; LuaJIT can call libc's.
  if program.lua == "luajit" then
    it("has no password any more in a forked child: the call says so instead of asking on the terminal", function()
      local output, status = program.run [[
        local ffi = require "ffi"
        ffi.cdef "int fork(void); int waitpid(int, int *, int); void _exit(int);"
        local cards, sandbox = require "cards", require "support.sandbox"
        local function token() return "alix_token_sandbox" end
        local client = cards.alix.new(sandbox.config("alix", { access_token = token, base_url = sandbox.url "MTLS_URL" .. "/alix", tls = {
          ca_file = sandbox.url "CA_FILE", cert_file = sandbox.url "CLIENT_CERT", key_file = sandbox.url "CLIENT_KEY_ENCRYPTED",
          key_password = sandbox.url "CLIENT_KEY_PASSWORD" } }))
        local child = ffi.C.fork()
        print(child == 0 and "child" or "parent", select(2, client:private_info "c_1"))
        io.stdout:flush()
        if child == 0 then ffi.C._exit(0) end
        ffi.C.waitpid(child, nil, 0)
      ]]
      assert.equal(0, status, output)
      assert.matches("child\talix.private_info: tls: tls.key_password was made before this process was forked", output, 1, true)
      assert.matches("parent\tnil", output, 1, true)
    end)
  end

  for _, listener in ipairs { "MTLS_URL", "MTLS12_URL" } do
    it("is missed where there is none, and the error says that the server wants it: " .. listener, function()
      -- TLS 1.3 lets a client finish its handshake before it hears of the refusal
      local err = refuses(listener, nil, { retries = 2 })
      assert.matches("the server wants a client certificate, and tls.cert_file is not set: ", err.message, 1, true)
      assert.equal(1, err.attempts)
      accepts(listener, identity "CLIENT_KEY")
    end)
  end

  it("is missed where there is none, and an answer says so which came instead of the provider's", function()
    local record, err, id = call("MTLS_ASKED_URL", nil, { retries = 2 })
    assert.is_nil(record)
    assert.same({ "invalid_request", 400, 1 }, { err.kind, err.status, err.attempts })
    assert.matches("(the server asked for a client certificate, and tls.cert_file is not set)", err.message, 1, true)
    assert.equal(0, sandbox.seen(id).count)
    accepts("MTLS_ASKED_URL", identity "CLIENT_KEY")
  end)

  it("is not missed where a server ends TLS without having asked for one", function()
    assert.not_matches("client certificate", refuses("TLS12_URL", { min_version = "1.3" }).message, 1, true)
    local _, err = call("HTTPS_URL", nil, { headers = { ["X-Sandbox"] = "status=400" } })
    assert.equal(400, err.status)
    assert.not_matches("client certificate", err.message, 1, true)
  end)

  it("does not lend its open connection to a client without one", function()
    accepts("MTLS_URL", identity "CLIENT_KEY")
    refuses "MTLS_URL"
  end)
end)

describe("the secrets of a handshake", function()
  it("are written to no file that the environment names", function()
    local path = program.file ""
    local output, status = program.run([[
      local cards, sandbox = require "cards", require "support.sandbox"
      print(assert(cards.alix.new(sandbox.config "alix"):private_info(sandbox.unique_id "keys")).cardNo)
    ]], { env = { SSLKEYLOGFILE = path } })
    assert.equal("************1111\n", output)
    assert.equal(0, status)
    local file = assert(io.open(path))
    local written = file:read "*a"
    file:close()
    os.remove(path)
    assert.equal("", written)
  end)
end)

describe("a redirect", function()
  for _, status in ipairs { "301", "302", "307", "308" } do
    it("is never followed: " .. status, function()
      local config = sandbox.config("alix", { headers = { ["X-Sandbox"] = "redirect=" .. status } })
      local id = sandbox.unique_id "redirect"
      local record, err = cards.alix.new(config):private_info(id)
      assert.is_nil(record)
      assert.equal("protocol", err.kind)
      assert.equal(tonumber(status), err.status)
      assert.matches("redirect", err.message, 1, true)
      assert.is_false(err.retryable)
      local seen = sandbox.seen(id)
      assert.equal(1, seen.count, "neither the request nor its credential went on")
      assert.equal("https", seen.last.scheme)
    end)
  end

  it("is never followed with a body either", function()
    local id = sandbox.unique_id "redirect"
    local client = cards.nayax.new(sandbox.config("nayax", { headers = { ["X-Sandbox"] = "redirect=307" } }))
    local record, err = client:get_token(sandbox.params("nayax", id))
    assert.is_nil(record)
    assert.equal("protocol", err.kind)
    assert.equal(1, sandbox.seen(id).count)
  end)
end)

describe("http without TLS", function()
  it("is an error in new", function()
    local ok, message = pcall(cards.alix.new, sandbox.config("alix", { base_url = sandbox.url "HTTP_URL" .. "/alix" }))
    assert.is_false(ok)
    assert.matches("https://", message, 1, true)
    assert.matches("insecure_http", message, 1, true)
  end)

  it("works where it is asked for", function()
    local id = sandbox.unique_id "http"
    local client = cards.alix.new(sandbox.config("alix", { base_url = sandbox.url "HTTP_URL" .. "/alix", insecure_http = true }))
    assert.equal(sandbox.ALIX_PAN, assert(client:private_info(id)).cardNo:reveal())
    assert.equal("http", sandbox.seen(id).last.scheme)
  end)

  it("is spoken as HTTP/1.1, and https as well", function()
    local id = sandbox.unique_id "version"
    assert(cards.alix.new(sandbox.config "alix"):private_info(id))
    assert.equal("HTTP/1.1", sandbox.seen(id).last.protocol)
  end)
end)
