--- Users, passwords and TLS.

local program = require "support.program"
local sandbox = require "support.sandbox"
local started = require "support.redis"

local PASSWORD = "planted-wrong-horse"
local OTHER = "planted-another"

local real, secured

setup(function()
  local users = { "default off", ("worker on >%s ~* +@all"):format(PASSWORD), ("idle off >%s ~* +@all"):format(PASSWORD) }
  real = started.start { users = users }
  secured = started.start { tls = true, client_certificate = true, users = { ("default on >%s ~* +@all"):format(PASSWORD) } }
end)
teardown(started.stop_all)

--- What commands print in a process with these variables: replies, or kind, code and message. Nothing that it says has a password in it.
local function try(url, variables, commands)
  local output, status = program.run(([[
    local server = assert(require "cards.redis".new(%q))
    local function try(...)
      local reply, err = server:call(...)
      print(reply == nil and ("%%s %%s %%s"):format(err.kind, err.code or "-", err.message) or tostring(reply))
    end
    %s]]):format(url, commands or 'try "PING"'), { env = variables })
  assert.equal(0, status, output)
  assert.falsy(output:find "planted", output)
  return (output:gsub("\n$", ""))
end

local function certificates(more)
  local variables = {
    CARDS_REDIS_PASSWORD = PASSWORD, CARDS_REDIS_CA_FILE = sandbox.url "CA_FILE", CARDS_REDIS_CERT_FILE = started.certificates() .. "/client.pem",
    CARDS_REDIS_KEY_FILE = started.certificates() .. "/client.key",
  }
  for name, value in pairs(more or {}) do
    variables[name] = value
  end
  return variables
end

describe("a password", function()
  it("comes from a variable, or from a file without the line end behind it", function()
    assert.equal("PONG", try(real.url("x", "worker"), { CARDS_REDIS_PASSWORD = PASSWORD }))
    for _, ending in ipairs { "", "\n", "\r\n" } do
      local path = program.file(PASSWORD .. ending)
      assert.equal("PONG", try(real.url("x", "worker"), { CARDS_REDIS_PASSWORD_FILE = path, CARDS_REDIS_PASSWORD = OTHER }))
      os.remove(path)
    end
  end)

  it("that is wrong, missing or not wanted is an error that says what to set", function()
    assert.matches("^auth WRONGPASS .*user and password", try(real.url("x", "worker"), { CARDS_REDIS_PASSWORD = OTHER }))
    assert.matches("^auth WRONGPASS .*disabled", try(real.url("x", "idle"), { CARDS_REDIS_PASSWORD = PASSWORD }))
    assert.matches("^auth %- .*CARDS_REDIS_PASSWORD_FILE", try(real.url("x", "worker"), {}))
    assert.matches("^auth NOAUTH .*CARDS_REDIS_PASSWORD_FILE", try(real.url "x", {}))
    local open = started.start()
    assert.matches("^auth ERR this Redis has no password", try(open.url "x", { CARDS_REDIS_PASSWORD = PASSWORD }))
    open.stop()
  end)

  it("in a file that cannot be read is an error with its variable", function()
    assert.matches("^auth %- .*CARDS_REDIS_PASSWORD_FILE: .*No such file", try(real.url("x", "worker"), { CARDS_REDIS_PASSWORD_FILE = "/nonexistent" }))
    local path = program.file "\n"
    assert.matches("^auth %- .*CARDS_REDIS_PASSWORD_FILE: the file is empty", try(real.url("x", "worker"), { CARDS_REDIS_PASSWORD_FILE = path }))
    os.remove(path)
  end)

  it("in a file is not cut where it is longer than one can be", function()
    local path = program.file(("x"):rep(5000))
    local said = try(real.url("x", "worker"), { CARDS_REDIS_PASSWORD_FILE = path })
    assert.matches("^auth %- .*CARDS_REDIS_PASSWORD_FILE: the password is longer than 4096 bytes", said)
    os.remove(path)
  end)

  it("is not repeated in the words of what is no Redis", function()
    for _, words in ipairs { "-ERR no user " .. PASSWORD, "-" .. PASSWORD:upper(), "-" .. PASSWORD, "-ERR " .. PASSWORD:sub(1, 12) } do
      local stranger = started.torrent(words .. "\r\n", '""', 1000)
      local said = try(stranger.url "x", { CARDS_REDIS_PASSWORD = PASSWORD })
      assert.matches("^auth %- what is there refuses the user and password", said)
      assert.falsy(said:lower():find "planted", said)
      stranger.stop()
    end
  end)

  it("is not what is wrong where Redis takes no connection at all", function()
    for words, expected in pairs {
      ["-ERR max number of clients reached"] = "^provider ERR Redis takes no more connections: its maxclients are used up$",
      ["-DENIED Redis is running in protected mode because"] = "^auth DENIED Redis takes connections of its own machine only",
    } do
      local full = started.torrent(words .. "\r\n", '""', 1000)
      assert.matches(expected, try(full.url "x", { CARDS_REDIS_PASSWORD = PASSWORD }))
      full.stop()
    end
  end)

  it("that was changed in its file counts for the next connection", function()
    local path = program.file(OTHER)
    local expected = "^auth WRONGPASS [^\n]*\nauth WRONGPASS [^\n]*user and password[^\n]*\nPONG$"
    assert.matches(expected, try(real.url("x", "worker"), { CARDS_REDIS_PASSWORD_FILE = path }, ([[
      try "PING"
      try "PING"
      local file = io.open(%q, "w") file:write(%q) file:close()
      while not server:call "PING" do require("cards").sleep(0.01) end
      try "PING"]]):format(path, PASSWORD)))
    os.remove(path)
  end)

  it("stands in no traceback", function()
    local output = program.run(([[
      local wire = require "cards.redis.plain.wire"
      local new = wire.new
      wire.new = function(socket)
        local made = new(socket)
        made.send = function(_, text) assert(text:find("AUTH", 1, true)) error("not enough memory", 0) end
        return made
      end
      print(xpcall(function() return assert(require "cards.redis".new(%q)):call "PING" end, debug.traceback))
    ]]):format(real.url("x", "worker")), { env = { CARDS_REDIS_PASSWORD = PASSWORD } })
    assert.matches("^false\tnot enough memory\n", output)
    assert.falsy(output:find("planted", 1, true))
  end)
end)

describe("TLS", function()
  it("verifies the server and its name, and shows a certificate", function()
    assert.equal("PONG\nOK\nb", try(secured.url "x", certificates(), 'try "PING" try("SET", "a", "b") try("GET", "a")'))
    assert.equal("PONG", try(secured.url("x"):gsub("localhost", "127.0.0.1"), certificates()))
  end)

  it("carries what is long in both directions, and many at once", function()
    assert.equal("true\n100", try(secured.url "x", certificates(), [[
      local long = ("0123456789abcdef"):rep(200000)
      server:call("SET", "long", long)
      print(server:call("GET", "long") == long)
      local count = 0
      local function next_one()
        count = count + 1
        return count <= 100 and count or nil
      end
      for _, i, reply in require("cards").each(next_one, function(i) return server:call("ECHO", i) end) do
        assert(reply == tostring(i))
      end
      print(count - 1)]]))
  end)

  it("is refused where the server is not who it should be", function()
    local foreign = certificates { CARDS_REDIS_CA_FILE = started.certificates() .. "/other_ca.pem" }
    assert.matches("^tls %- .*certificate verify failed", try(secured.url "x", foreign))
    local wrong = started.start { tls = true, certificate = "wrong_host" }
    assert.matches("^tls %- .*its certificate is for another host", try(wrong.url "x", certificates()))
    wrong.stop()
    local expired = started.start { tls = true, certificate = "expired" }
    assert.matches("^tls %- .*certificate", try(expired.url "x", certificates()))
    expired.stop()
  end)

  it("takes no authority but those of the system where none is named", function()
    local variables = certificates()
    variables.CARDS_REDIS_CA_FILE = nil
    assert.matches("^tls %- .*certificate verify failed", try(secured.url "x", variables))
    variables.SSL_CERT_FILE = sandbox.url "CA_FILE" -- as OpenSSL itself looks for them
    assert.equal("PONG", try(secured.url "x", variables))
  end)

  -- Lua has no fork; LuaJIT can call libc's.
  if program.lua == "luajit" then
    it("of a connection is not ended by a forked process, which has its own", function()
      assert.equal("0 true", try(secured.url "x", certificates(), [[
        local ffi = require "ffi"
        ffi.cdef "int fork(void); int waitpid(int, int *, int); void _exit(int);"
        local id = server:call("CLIENT", "ID")
        local child = ffi.C.fork()
        if child == 0 then
          local own = server:call("CLIENT", "ID")
          server:close()
          ffi.C._exit(own and own ~= id and 0 or 1)
        end
        local ended = ffi.new "int[1]"
        ffi.C.waitpid(child, ended, 0)
        print(ended[0] .. " " .. tostring(server:call("CLIENT", "ID") == id))]]))
    end)
  end

  it("says what of its files is wrong", function()
    assert.matches("^tls %- .*belong together", try(secured.url "x", certificates { CARDS_REDIS_KEY_FILE = "" }))
    assert.matches("^tls %- .*CARDS_REDIS_CA_FILE", try(secured.url "x", certificates { CARDS_REDIS_CA_FILE = "/nonexistent" }))
    local encrypted = certificates { CARDS_REDIS_KEY_FILE = started.certificates() .. "/client_encrypted.key" }
    assert.matches("^tls %- .*CARDS_REDIS_KEY_FILE", try(secured.url "x", encrypted))
  end)

  it("is not spoken with a Redis that has none, nor the other way round", function()
    local deadline = 'require("cards").deadline(0.5, function() try "PING" end)' -- which waits for the end of a line
    assert.matches("^timeout %- .*no handshake of TLS in time", try(real.url("x"):gsub("redis://", "rediss://"), certificates(), deadline))
    assert.matches("^network ", try(secured.url("x"):gsub("rediss://", "redis://"), certificates()))
  end)
end)

describe("a database", function()
  it("is chosen by its number", function()
    local open = started.start()
    assert.equal("OK", try(open.url("x", nil, "?db=3"), {}, 'try("SET", "a", "b")'))
    assert.equal("b", open.cli "-n 3 GET a")
    assert.matches("^provider ERR DB index is out of range", try(open.url("x", nil, "?db=99"), {}))
    open.stop()
  end)
end)
