--- Credentials that `new` reads from the environment and from files, and what it says where there is nothing.

local cards = require "cards"
local acme = require "support.acme"
local bank = require "support.bank"
local heard = require "support.heard"
local program = require "support.program"
local sandbox = require "support.sandbox"

local TOKEN = sandbox.credentials("alix").access_token
local NOTHING = "CARDS_SPEC_NOT_SET"

local folder

local function write(name, content)
  local path = folder .. "/" .. name
  local file = assert(io.open(path .. ".new", "wb"))
  file:write(content)
  file:close()
  assert(os.rename(path .. ".new", path))
  return path
end

setup(function()
  folder = os.tmpname()
  os.remove(folder)
  os.execute("mkdir " .. folder)
end)

teardown(function() os.execute("rm -r " .. folder) end)

--- The message of `new` for a configuration that it refuses.
local function refused(provider, overrides)
  local ok, message = pcall(cards[provider].new, sandbox.config(provider, overrides))
  assert.is_false(ok)
  return message
end

--- Runs Lua source with `cards` and `sandbox` and these variables. @return what it printed
local function with_variables(variables, source)
  local output, status = program.run('local cards, sandbox = require "cards", require "support.sandbox"\n' .. source, { env = variables })
  assert.equal(0, status, output)
  return output
end

describe("{ env = … } as a credential", function()
  it("is read in `new`, without its line break", function()
    for _, value in ipairs { TOKEN, TOKEN .. "\n", TOKEN .. "\r\n" } do
      assert.equal("************1111\n", with_variables({ SPEC_TOKEN = value }, [[
        print(assert(cards.alix.new(sandbox.config("alix", { access_token = { env = "SPEC_TOKEN" } })):private_info(sandbox.unique_id "env")).cardNo)
      ]]))
    end
  end)

  it("is named where it is not set, and the credential with it, at the caller's line", function()
    local line = debug.getinfo(1, "l").currentline + 2
    local ok, message = pcall(function()
      return (cards.alix.new { base_url = "https://localhost", access_token = { env = NOTHING } })
    end)
    assert.is_false(ok)
    assert.matches(("credential_spec%%.lua:%d: cards%%.alix%%.new: access_token: the environment variable %s is not set or empty$"):format(line, NOTHING),
      message)
  end)

  it("that has more lines is refused in `new`, not at each call", function()
    for _, value in ipairs { TOKEN .. "\n\n", "a\nb", "a\r\n\r\n", "\n" .. TOKEN } do
      local output = with_variables({ SPEC_TOKEN = value }, [[print(pcall(cards.alix.new, sandbox.config("alix", { access_token = { env = "SPEC_TOKEN" } })))]])
      assert.matches("false\t.*access_token contains a line break, a NUL", output)
      assert.not_matches(TOKEN, output, 1, true)
    end
  end)

  it("is a value in the place of a name: it is not shown", function()
    assert.matches("access_token: the name of an environment variable is expected", refused("alix", { access_token = { env = "sk-live-2fb8" } }), 1, true)
  end)
end)

describe("{ file = … } as a credential", function()
  it("is read in `new`, without its line break", function()
    for _, content in ipairs { TOKEN, TOKEN .. "\n", TOKEN .. "\r\n" } do
      local client = cards.alix.new(sandbox.config("alix", { access_token = { file = write("token", content) } }))
      assert.equal(sandbox.ALIX_PAN, assert(client:private_info(sandbox.unique_id "file")).cardNo:reveal())
    end
  end)

  it("is named with the credential and the system's reason where it cannot be read", function()
    for path, reason in pairs { ["/nowhere/token"] = "No such file or directory", ["/tmp"] = "Is a directory", ["/dev/null"] = "it is no regular file",
      [write("empty", "")] = "it is empty", [write("line", "\n")] = "it is empty" } do
      assert.matches(("cards.alix.new: access_token: %s: %s"):format(path, reason), refused("alix", { access_token = { file = path } }), 1, true)
    end
    local pipe = write("pipe", "") .. ".fifo" -- a call would wait for it
    assert(os.execute("mkfifo " .. pipe))
    assert.matches(pipe .. ": it is no regular file", refused("alix", { access_token = { file = pipe } }), 1, true)
    os.remove(pipe)
    assert.matches("access_token contains a line break", refused("alix", { access_token = { file = write("lines", TOKEN .. "\n\n") } }), 1, true)
  end)

  it("is read again after a 401, and the call is sent again with what is there then", function()
    local path = write("rotated", "before\n")
    local client = cards.alix.new(sandbox.config("alix", { access_token = { file = path } }))
    write("rotated", TOKEN .. "\n")
    local id = sandbox.unique_id "rotated"
    assert.is_table(client:private_info(id))
    assert.equal(2, sandbox.seen(id).count)
    id = sandbox.unique_id "rotated"
    assert.is_table(client:private_info(id))
    assert.equal(1, sandbox.seen(id).count, "the new one is kept")
  end)

  it("has the attempts with both counted, in the event and in an error", function()
    for _, listens in ipairs { true, false } do
      local event
      --- What a call returns of a client whose file has another content when it begins.
      local function call(content)
        local path = write("counted", "before")
        local on_event = listens and function(made) event = made end or nil
        local client = cards.alix.new(sandbox.config("alix", { access_token = { file = path }, on_event = on_event }))
        write("counted", content)
        return client, client:private_info(sandbox.unique_id "counted")
      end
      local client, record = call(TOKEN)
      assert.is_table(record)
      local both = event
      assert(client:private_info(sandbox.unique_id "counted"))
      if listens then
        assert.same({ 2, 1 }, { both.attempts, event.attempts })
        assert.is_true(both.bytes_out > event.bytes_out)
      end
      local _, _, err = call "wrong, too"
      assert.same({ "auth", 2 }, { err.kind, err.attempts })
      assert.equal(listens and 2 or nil, event and event.attempts)
    end
  end)

  it("is read again by all calls that were under way with the former one, each of which is one event", function()
    local path, events = write("together", "before"), {}
    local client = cards.alix.new(sandbox.config("alix", { access_token = { file = path }, on_event = heard.calls(events) }))
    write("together", TOKEN)
    local calls = {}
    for i = 1, 5 do
      calls[i] = function() return client:private_info(sandbox.unique_id "together") end
    end
    for _, result in ipairs { cards.all(calls) } do
      assert.is_table(result[1], tostring(result[2]))
    end
    assert.equal(5, #events)
    for _, event in ipairs(events) do assert.is_true(event.ok) end
  end)

  it("is read again for what a definition fetches with it", function()
    local path = write("login", "before")
    local client = bank.client(nil, { key = { file = path } })
    local record, err = client:show(sandbox.unique_id "login")
    assert.is_nil(record)
    assert.equal("auth", err.kind)
    write("login", "bank_key_sandbox\n")
    record, err = client:show(sandbox.unique_id "login")
    assert.is_table(record, tostring(err))
  end)

  it("is not sent a second time after a 401 where it is the same, or cannot be read any more", function()
    local path = write("wrong", "wrong")
    local client = cards.alix.new(sandbox.config("alix", { access_token = { file = path } }))
    for _, change in ipairs { function() end, function() write("wrong", "") end, function() os.remove(path) end } do
      change()
      local id = sandbox.unique_id "wrong"
      local record, err = client:private_info(id)
      assert.is_nil(record)
      assert.same({ "auth", 401, 1 }, { err.kind, err.status, sandbox.seen(id).count })
    end
    write("wrong", TOKEN)
    assert.is_table(client:private_info(sandbox.unique_id "wrong"))
  end)

  it("is read again where only one of several has changed", function()
    local basic = { type = "basic", credential = { "user", "password" } }
    local module = cards.define(acme.definition(nil, { auth = { basic, { type = "header", name = "X-Key", credential = "key" } } }))
    local user, password = write("user", "user"), write("password", "before")
    local client = acme.client(module, { token = false, user = { file = user }, password = { file = password }, key = { file = write("key", "k\n") } })
    write("password", "after")
    local id = sandbox.unique_id "several"
    local record, err = client:show({ card_id = id }, { headers = { ["X-Sandbox"] = "status=401" } })
    assert.is_nil(record)
    assert.equal(401, err.status)
    local seen = sandbox.seen(id)
    assert.equal(2, seen.count)
    assert.equal("Basic " .. require("support.leak").base64 "user:after", seen.last.headers.authorization)
    assert.equal("k", seen.last.headers["x-key"])
  end)

  it("may be a key of several lines", function()
    local client = cards.netxd.new(sandbox.config("netxd", { signature = false, private_key = { file = sandbox.url "NETXD_KEY" } }))
    assert.equal(sandbox.NETXD_CVV, assert(client:get_cvv(sandbox.params "netxd")).card.cvv:reveal())
    assert.matches("private_key", refused("netxd", { signature = false, private_key = { file = write("nokey", "no key") } }), 1, true)
  end)

  -- Lua has no fork; LuaJIT can call libc's.
  if program.lua == "luajit" then
    it("is read again in a forked child, where the secret of the parent is gone", function()
      local path = write("forked", TOKEN)
      local output = with_variables({}, ([[
        local ffi = require "ffi"
        ffi.cdef "int fork(void); int waitpid(int, int *, int); void _exit(int);"
        local client = cards.alix.new(sandbox.config("alix", { access_token = { file = %q } }))
        local child = ffi.C.fork()
        if child == 0 then
          print(assert(client:private_info(sandbox.unique_id "forked")).cardNo)
          io.stdout:flush()
          ffi.C._exit(0)
        end
        ffi.C.waitpid(child, nil, 0)
      ]]):format(path))
      assert.equal("************1111\n", output)
    end)
  end
end)

describe("a place to read a credential from", function()
  it("is one variable or one file, by its name", function()
    for _, place in ipairs { { env = "A", file = "b" }, { env = 5 }, { env = "" }, { file = {} }, { file = "a\0b" }, { env = "A", default = "x" },
      { env = true } } do
      assert.matches('access_token must be { env = "NAME" } or { file = "PATH" }, and nothing else in it', refused("alix", { access_token = place }), 1, true)
    end
    for _, value in ipairs { { environment = "A" }, { path = "b" }, { "A" }, {} } do
      assert.matches('access_token must be a string that is not empty, a secret, or a function that returns either, or { env = "NAME" } or { file = "PATH" }',
        refused("alix", { access_token = value }), 1, true)
    end
  end)

  it("may stand wherever a credential may: the password of a key and of a proxy, headers, each credential of a definition", function()
    local password = write("password", sandbox.url "CLIENT_KEY_PASSWORD" .. "\n")
    local headers = { ["X-Key"] = { file = write("header", "from a file\n") }, ["X-Plain"] = "p" }
    local config = sandbox.config("alix", { base_url = sandbox.url "MTLS_URL" .. "/alix", headers = headers })
    config.tls.cert_file, config.tls.key_file, config.tls.key_password = sandbox.url "CLIENT_CERT", sandbox.url "CLIENT_KEY_ENCRYPTED", { file = password }
    local id = sandbox.unique_id "places"
    assert.is_table(cards.alix.new(config):private_info(id))
    assert.same({ "from a file", "p" }, { sandbox.seen(id).last.headers["x-key"], sandbox.seen(id).last.headers["x-plain"] })
    assert.same({ file = password }, config.tls.key_password, "the configuration stays as it was")
    local word = write("proxy", sandbox.url "PROXY_PASSWORD" .. "\n")
    local proxy = { url = sandbox.url "PROXY_AUTH_URL", user = sandbox.url "PROXY_USER", password = { file = word } }
    assert.is_table(cards.alix.new(sandbox.config("alix", { proxy = proxy })):private_info(sandbox.unique_id "places"))
    local module = cards.define(acme.definition(nil, { auth = { type = "basic", credential = { "user", "password" } } }))
    id = sandbox.unique_id "places"
    acme.client(module, { token = false, user = { file = write("user", "u\n") }, password = { file = write("pass", "p\n") } }):show(id)
    assert.equal("Basic " .. require("support.leak").base64 "u:p", sandbox.seen(id).last.headers.authorization)
  end)

  it("is named by where it stands", function()
    for name, overrides in pairs {
      ["tls.key_password"] = { tls = { key_password = { env = NOTHING } } },
      ["proxy.password"] = { proxy = { url = "http://localhost:1", user = "u", password = { env = NOTHING } } },
      ["headers.X-Key"] = { headers = { ["X-Key"] = { env = NOTHING } } }, access_token = { access_token = { env = NOTHING } },
    } do
      assert.matches(("cards.alix.new: %s: the environment variable %s is not set or empty"):format(name, NOTHING), refused("alix", overrides), 1, true)
    end
  end)

  it("counts for a configuration that inherits the rest", function()
    local config = setmetatable({ access_token = { file = write("inherits", TOKEN) } }, { __index = sandbox.config("alix", { access_token = false }) })
    assert.is_table(cards.alix.new(config):private_info(sandbox.unique_id "inherits"))
  end)
end)

describe("a credential that is nil because nothing came of cards.secret.from_env or from_file", function()
  it("is reported with the variable or file, and the line that asked for it", function()
    local line = debug.getinfo(1, "l").currentline + 2
    local ok, message = pcall(function()
      return (cards.alix.new { base_url = "https://localhost", access_token = cards.secret.from_env(NOTHING) })
    end)
    assert.is_false(ok)
    local here = "spec/cards/client/credential_spec.lua:" .. line
    local expected = "%s: cards.alix.new: access_token is required, and nothing came of %s: the environment variable %s is not set or empty"
    assert.equal(expected:format(here, here, NOTHING), message)
    message = refused("alix", { access_token = cards.secret.from_file "/nowhere/x" or false })
    assert.matches("nothing came of .*: /nowhere/x: No such file or directory", message)
  end)

  it("is reported with all of them, for what is one of several as well", function()
    local secret = cards.secret.from_env
    local first, second, third = secret(NOTHING .. "_1"), secret(NOTHING .. "_2"), secret(NOTHING .. "_3")
    local message = refused("netxd", { credential = first or false, api_key = second or false, signature = third or false })
    for i = 1, 3 do
      assert.matches(("credential_spec%%.lua:%%d+: the environment variable %s_%d is not set or empty"):format(NOTHING, i), message)
    end
    assert.matches("exactly one of signature, private_key, sign is required, and nothing came of", refused("netxd", { signature = secret(NOTHING) or false }),
      1, true)
  end)

  it("is not mixed up with what was asked for before another client was made", function()
    local _ = cards.secret.from_env(NOTHING)
    cards.alix.new { base_url = "https://localhost", access_token = "t" }
    assert.matches("access_token is required$", refused("alix", { access_token = false }))
    pcall(cards.alix.new, { base_url = "https://localhost", access_token = { env = NOTHING } })
    assert.matches("access_token is required$", refused("alix", { access_token = false }))
  end)

  it("is not reported where nothing is missing", function()
    local _ = cards.secret.from_env(NOTHING)
    assert.not_matches("nothing came of", refused("alix", { timeout = "x" }), 1, true)
  end)

  it("is reported with a few of many", function()
    for i = 1, 100 do
      cards.secret.from_env(NOTHING .. i)
    end
    local message = refused("alix", { access_token = false })
    assert.matches(NOTHING .. "1 is not set", message, 1, true)
    assert.is_true(#message < 2000)
  end)
end)
