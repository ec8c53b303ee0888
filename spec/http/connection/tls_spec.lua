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

  it("does not work with a wrong password, which is not shown", function()
    local err = refuses(by_address "MTLS_URL", identity("CLIENT_KEY_ENCRYPTED", "not-the-password"), { retries = 2 })
    assert.not_matches("not-the-password", tostring(err), 1, true)
    assert.matches("tls.key_password is wrong", err.message, 1, true)
    assert.equal(1, err.attempts)
  end)

  it("does not work without the password, and nobody is asked for it", function()
    local err = refuses(by_address "MTLS_URL", identity "CLIENT_KEY_ENCRYPTED")
    assert.matches("wants a tls.key_password", err.message, 1, true)
  end)

  it("does not work with files that hold something else", function()
    for _, tls in ipairs { { cert_file = sandbox.url "CLIENT_KEY" }, { cert_file = sandbox.url "CLIENT_CERT" },
      { cert_file = sandbox.url "CLIENT_CERT", key_file = sandbox.url "CLIENT_CERT" } } do
      refuses(by_address "MTLS_URL", tls)
    end
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

  it("does not work with a key that is not its own", function()
    local err = refuses(by_address "MTLS_URL", { cert_file = sandbox.url "CLIENT_CERT", key_file = sandbox.url "NETXD_KEY" })
    assert.matches("the private key is not that of tls.cert_file", err.message, 1, true)
  end)

  it("is missed where there is none", function()
    -- TLS 1.3 lets a client finish its handshake before it hears of the refusal
    local err = refuses("MTLS_URL", nil, { retries = 2 })
    assert.matches("the server wants a client certificate", err.message, 1, true)
    assert.equal(1, err.attempts)
  end)

  it("does not lend its open connection to a client without one", function()
    accepts("MTLS_URL", identity "CLIENT_KEY")
    refuses "MTLS_URL"
  end)

  it("does not lend its open connection to a client with a wrong password or another key", function()
    accepts("MTLS_URL", identity("CLIENT_KEY_ENCRYPTED", sandbox.url "CLIENT_KEY_PASSWORD"))
    accepts("MTLS_URL", identity "CLIENT_KEY")
    local err = refuses("MTLS_URL", identity("CLIENT_KEY_ENCRYPTED", "not-the-password"))
    assert.not_matches("not-the-password", tostring(err), 1, true)
    refuses("MTLS_URL", { cert_file = sandbox.url "CLIENT_CERT", key_file = sandbox.url "NETXD_KEY" })
    accepts("MTLS_URL", identity "CLIENT_KEY")
  end)

  it("needs files that are there: anything else is an error in new", function()
    for _, key in ipairs { "ca_file", "cert_file", "key_file" } do
      local tls = { cert_file = sandbox.url "CLIENT_CERT" }
      for _, path in ipairs { "/nowhere/x.pem", "/dev/null", "/tmp", "" } do
        tls[key] = path
        local ok, message = pcall(cards.alix.new, sandbox.config("alix", { tls = tls }))
        assert.is_false(ok, key .. " = " .. path)
        assert.matches("tls." .. key, message, 1, true)
      end
    end
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

describe("a file of CAs that holds none", function()
  it("is a tls error of the call", function()
    local file = os.tmpname()
    local out = assert(io.open(file, "w"))
    out:write "this is no PEM\n"
    out:close()
    refuses("HTTPS_URL", { ca_file = file })
    os.remove(file)
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
