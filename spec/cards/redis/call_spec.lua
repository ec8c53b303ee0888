--- Commands to a real Redis.

local cards = require "cards"
local redis = require "cards.redis"
local started = require "support.redis"
local program = require "support.program"

local real

setup(function() real = started.start { lines = { "maxmemory-policy noeviction" } } end)
teardown(started.stop_all)

local function new(url)
  return assert(redis.new(url or real.url "spec", "--from"))
end

describe("a command", function()
  local server

  before_each(function()
    server = new()
    server:call "FLUSHALL"
  end)

  after_each(function() server:close() end)

  it("gives strings, numbers, lists, OK and false", function()
    assert.equal("OK", server:call("SET", "a", "text"))
    assert.equal("text", server:call("GET", "a"))
    assert.equal(false, server:call("GET", "none"))
    assert.equal(4, server:call("STRLEN", "a"))
    assert.equal(2, server:call("RPUSH", "list", "x", ""))
    assert.same({ "x", "" }, server:call("LRANGE", "list", 0, -1))
    assert.same({}, server:call("LRANGE", "none", 0, -1))
    assert.equal("PONG", server:call "PING")
    assert.equal("1-0", server:call("XADD", "s", "1-0", "line", "a"))
    assert.same({ { "1-0", { "line", "a" } } }, server:call("XRANGE", "s", "-", "+"))
  end)

  it("takes any bytes, and numbers with all their digits", function()
    local bytes = {}
    for i = 0, 255 do bytes[i + 1] = string.char(i) end
    bytes = table.concat(bytes):rep(1000)
    server:call("SET", bytes, bytes)
    assert.equal(bytes, server:call("GET", bytes))
    for value, text in pairs { [3] = "3", [-1e15] = "-1000000000000000", [0.5] = "0.5", [2 ^ 53] = "9007199254740992" } do
      server:call("SET", "n", value)
      assert.equal(text, server:call("GET", "n"))
    end
  end)

  it("takes nothing else", function()
    for _, value in ipairs { true, {}, print } do
      local ok, why = pcall(server.call, server, "SET", "a", value)
      assert.is_false(ok)
      assert.truthy(why:find("call_spec.lua", 1, true) or why:find("an argument of Redis is a string or a number", 1, true))
    end
    assert.has_error(function() server:call("GET", nil) end)
  end)

  it("is answered in order where many are under way", function()
    local seen = 0
    for _, value, reply in cards.each(function()
      seen = seen + 1
      return seen <= 500 and seen or nil
    end, function(i) return server:call("ECHO", ("%d:"):format(i):rep(i)) end, { concurrency = 100 }) do
      assert.equal(("%d:"):format(value):rep(value), reply)
    end
    assert.is_true(tonumber(real.cli "CLIENT LIST" and select(2, real.cli("CLIENT LIST"):gsub("\n", "\n")) + 1) <= 70)
  end)

  it("that waits lets the others go on", function()
    local order = {}
    cards.all {
      function()
        local reply = server:call("XREAD", "BLOCK", 5000, "STREAMS", "later", "$")
        assert.equal("1-0", reply[1][2][1][1])
        table.insert(order, "woken")
      end,
      function()
        while not real.cli("CLIENT LIST"):find "cmd=xread " do cards.sleep(0.01) end
        table.insert(order, "added")
        server:call("XADD", "later", "1-0", "a", "b")
      end,
    }
    assert.same({ "added", "woken" }, order)
  end)

  it("is told to wait for a number of milliseconds, which its own time does not count", function()
    local began = require("cards.core").now()
    assert.equal(false, server:call("XREAD", "BLOCK", 20, "STREAMS", "none", "$"))
    assert.is_true(require("cards.core").now() - began >= 0.01)
    for _, wrong in ipairs { 0, -1, 1e9 } do
      assert.has_error(function() server:call("XREAD", "BLOCK", wrong, "STREAMS", "none", "$") end)
    end
  end)

  it("works where the caller cannot yield, in a coroutine of a script, and in a started call", function()
    local replies = {}
    table.sort({ 1, 2 }, function(a, b)
      replies[1] = server:call "PING"
      return a < b
    end)
    cards.all { function()
      table.sort({ 1, 2 }, function(a, b)
        replies[2] = server:call "PING"
        return a < b
      end)
    end }
    coroutine.wrap(function() replies[3] = server:call "PING" end)()
    local job = require "cards.async.loop"(5, function() return server:call "PING" end)
    replies[4] = job:result()
    assert.same({ "PONG", "PONG", "PONG", "PONG" }, replies)
  end)

  it("ends with the deadline around it, and nothing reads its reply afterwards", function()
    local reply, err = cards.deadline(0.5, function() return server:call("XREAD", "BLOCK", 5000, "STREAMS", "none", "$") end)
    assert.is_nil(reply)
    assert.equal("timeout", err.kind)
    assert.is_false(err.retryable)
    server:call("XADD", "none", "*", "a", "b")
    assert.equal("PONG", server:call "PING")
    reply, err = cards.deadline(0, function() return server:call "PING" end)
    assert.same({ nil, "timeout", 0 }, { reply, err.kind, err.attempts })
  end)

  it("of a function that was cancelled leaves a connection that nobody uses again", function()
    local calls = 0
    local value = cards.hedge(function()
      calls = calls + 1
      if calls == 1 then
        return server:call("XREAD", "BLOCK", 20000, "STREAMS", "never", "$")
      end
      return server:call("ECHO", "second")
    end, { after = 0.05 })
    assert.equal("second", value)
    for i = 1, 5 do
      assert.equal("echo " .. i, server:call("ECHO", "echo " .. i))
    end
    program.wait_for("the end of the first connection", function()
      server:call "PING" -- a later call closes it
      return not real.cli("CLIENT LIST"):find "cmd=xread "
    end)
  end)

  it("uses its connections again, and closes them", function()
    for _ = 1, 20 do server:call "PING" end
    assert.equal(2, select(2, real.cli("CLIENT LIST"):gsub("id=", ""))) -- with that of redis-cli
    server:close()
    program.wait_for("its end", function() return select(2, real.cli("CLIENT LIST"):gsub("id=", "")) == 1 end)
    assert.equal("PONG", server:call "PING")
  end)

  it("closes those in use when they are given back", function()
    collectgarbage "stop"
    finally(function() collectgarbage "restart" end)
    cards.all {
      function() assert.is_false(server:call("XREAD", "BLOCK", 200, "STREAMS", "nothing", "$")) end,
      function()
        program.wait_for("the command", function() return real.cli("CLIENT LIST"):find "cmd=xread " end)
        server:close()
      end,
    }
    program.wait_for("its end", function() return select(2, real.cli("CLIENT LIST"):gsub("id=", "")) == 1 end)
  end)
end)

describe("an error of Redis", function()
  local server

  setup(function() server = new() end)
  teardown(function() server:close() end)

  local function refused(...)
    local reply, err = server:call(...)
    assert.is_nil(reply)
    assert.equal("redis", err.provider)
    return err
  end

  it("has its first word as code, and no value of the caller", function()
    local err = refused("NONSENSE", "planted-value", "4111111111111111")
    assert.same({ "provider", "ERR", "nonsense", false }, { err.kind, err.code, err.operation, err.retryable })
    assert.falsy(tostring(err):find "planted")
    server:call("SET", "text", "x")
    err = refused("LPUSH", "text", "planted-value")
    assert.same({ "provider", "WRONGTYPE", 1 }, { err.kind, err.code, err.attempts })
  end)

  it("leaves the connection as it is", function()
    local id = server:call("CLIENT", "ID")
    refused "NONSENSE"
    assert.equal(id, server:call("CLIENT", "ID"))
  end)

  it("in the middle of a list is an error, and what follows it is nobody's reply", function()
    local err = refused("EVAL", "return { 'first', redis.error_reply('PLANT in the list'), 'last' }", 0)
    assert.equal("PLANT", err.code)
    assert.equal("PONG", server:call "PING")
  end)

  it("says what is to be done where Redis is full", function()
    real.cli "CONFIG SET maxmemory 1"
    local err = refused("SET", "a", "b")
    real.cli "CONFIG SET maxmemory 0"
    assert.same({ "provider", "OOM", true }, { err.kind, err.code, err.retryable })
    assert.truthy(tostring(err):find("Redis is full", 1, true), tostring(err))
  end)

  it("says so where Redis runs a script, or is a replica", function()
    real.cli "CONFIG SET busy-reply-threshold 1"
    local output = io.popen(("redis-cli -p %d EVAL 'local i = 0 while true do i = i + 1 end' 0"):format(real.port))
    local err
    program.wait_for("BUSY", function()
      err = select(2, server:call("SET", "a", "b"))
      return err
    end)
    real.cli "SCRIPT KILL"
    output:close()
    assert.same({ "provider", "BUSY", true }, { err.kind, err.code, err.retryable })
    real.cli "REPLICAOF 127.0.0.1 1"
    err = refused("SET", "a", "b")
    real.cli "REPLICAOF NO ONE"
    assert.same({ "provider", "READONLY", true }, { err.kind, err.code, err.retryable })
    assert.truthy(err.message:find("replica", 1, true))
  end)

  it("says so where it reads its data, or is a cluster", function()
    local errors = require "cards.redis.errors"
    for text, expected in pairs {
      ["LOADING Redis is loading the dataset in memory"] = { "provider", "LOADING", true }, ["MOVED 3999 127.0.0.1:6381"] = { "provider", "MOVED", false },
      ["CLUSTERDOWN The cluster is down"] = { "provider", "CLUSTERDOWN", true }, ["NOPERM this user has no permissions"] = { "auth", "NOPERM", false },
      ["MISCONF Redis is configured to save RDB snapshots"] = { "provider", "MISCONF", true }, ["ERR wrong number of arguments"] = { "provider", "ERR", false },
    } do
      local err = errors.of_reply("SET", text)
      assert.same(expected, { err.kind, err.code, err.retryable })
    end
    assert.is_nil(errors.of_reply("SET", "lower case").code)
  end)
end)

describe("a script", function()
  it("runs by its name, after Redis has lost it, too", function()
    local folder = program.shell "mktemp -d":match "%S+"
    program.shell(("mkdir -p %s/cards/redis/scripts && cp lua/cards/redis/init.lua %s/cards/redis/"):format(folder, folder))
    local file = assert(io.open(folder .. "/cards/redis/scripts/swap.lua", "w"))
    file:write 'local old = redis.call("GET", KEYS[1]) redis.call("SET", KEYS[1], ARGV[1]) return { old or "none", #ARGV }'
    file:close()
    local output, status = program.run(([[
      package.path = %q .. "/?.lua;" .. %q .. "/?/init.lua;" .. package.path
      local server = assert(require "cards.redis".new(%q))
      server:call "FLUSHALL"
      local function swap(...) local reply = assert(server:script("swap", { "k" }, { ... })) print(reply[1], reply[2]) end
      swap("a", 5)
      server:call("SCRIPT", "FLUSH")
      swap("b")
      swap(7, "", "c")
      print(select(2, server:script("swap", { "k" }, {})).code)
      print(pcall(server.script, server, "no_such", {}, {}))
    ]]):format(folder, folder, real.url "spec"))
    program.shell("rm -r " .. folder)
    assert.equal(0, status, output)
    assert.matches("^none\t2\na\t1\nb\t3\nERR\nfalse\t.*there is no script 'no_such'", output)
  end)
end)

describe("a library that is missing", function()
  for missing, sentence in pairs { redis = "lua%-redis.*redis%-lua", socket = "lua%-socket.*luasocket" } do
    it(("is named with where to get it: %s"):format(missing), function()
      local output = program.run(([[
        package.preload[%q] = function() error "gone" end
        if %q == "redis" then package.searchpath = nil end
        print(require "cards.redis".new("redis://host/x"))
      ]]):format(missing, missing))
      assert.matches("^nil\tthe Lua library " .. missing .. " is missing: install " .. sentence, output)
    end)
  end

  it("is asked for where TLS needs it", function()
    local output = program.run [[
      package.preload.ssl = function() error "gone" end
      print(require "cards.redis".new("rediss://host/x"))
      print(require "cards.redis".new("redis://host/x") ~= nil)
    ]]
    assert.matches("^nil\tthe Lua library ssl.*lua%-sec.*luasec.*\ntrue", output)
  end)
end)

describe("the connections of a server", function()
  it("are no more than 64, and callers beyond them wait in order", function()
    local server = new()
    server:call("DEL", "gate", "order")
    local functions = {}
    for i = 1, 70 do
      functions[i] = function()
        if i <= 64 then
          assert(server:call("XREAD", "BLOCK", 15000, "STREAMS", "gate", "0"))
        else
          assert(server:call("RPUSH", "order", i))
        end
      end
    end
    functions[71] = function()
      while select(2, real.cli("CLIENT LIST"):gsub("cmd=xread ", "")) < 64 do cards.sleep(0.01) end
      assert.equal("0", real.cli "EXISTS order")
      real.cli "XADD gate 1-0 a b"
    end
    cards.all(functions)
    assert.equal("65\n66\n67\n68\n69\n70", real.cli "LRANGE order 0 -1")
    server:close()
  end)

  -- Lua has no fork; LuaJIT can call libc's.
  if program.lua == "luajit" then
    it("are their parent's in a forked process, which leaves them alone", function()
      local output, status = program.run(([[
        local ffi = require "ffi"
        ffi.cdef "int fork(void); int waitpid(int, int *, int); void _exit(int);"
        local server = assert(require "cards.redis".new(%q))
        local id = server:call("CLIENT", "ID")
        local child = ffi.C.fork()
        if child == 0 then
          local own = server:call("CLIENT", "ID")
          server:close()
          ffi.C._exit(own and own ~= id and 0 or 1)
        end
        local ended = ffi.new "int[1]"
        ffi.C.waitpid(child, ended, 0)
        print(ended[0], server:call("CLIENT", "ID") == id)
      ]]):format(real.url "spec"))
      assert.equal("0\ttrue\n", output)
      assert.equal(0, status)
    end)
  end
end)
