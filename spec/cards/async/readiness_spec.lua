local cards = require "cards"
local core = require "cards.core"
local program = require "support.program"
local socket = require "socket"
local wait = require "cards.async.readiness"

--- Two ends of a connection whose reads never wait.
local function pair()
  local listener = assert(socket.bind("127.0.0.1", 0))
  local client = socket.tcp()
  assert(client:connect(listener:getsockname()))
  local server = assert(listener:accept())
  listener:close()
  client:settimeout(0)
  server:settimeout(0)
  return client, server
end

describe("waiting for a descriptor", function()
  local client, server

  before_each(function() client, server = pair() end)

  after_each(function()
    core.forget(client:getfd())
    client:close()
    server:close()
  end)

  it("ends when it can be read, or written", function()
    assert.is_true(wait(client:getfd(), true, 5))
    server:send "x"
    assert.is_true(wait(client:getfd(), false, 5))
    assert.equal("x", client:receive(1))
    assert.is_false(wait(client:getfd(), false, 0))
  end)

  it("keeps the connection from programs that are started", function()
    local function inherited()
      return (program.shell(("[ -e /proc/self/fd/%d ] && echo yes || echo no"):format(client:getfd())):match "%l+")
    end
    assert.equal("yes", inherited()) -- as luasocket leaves it
    assert.is_true(wait(client:getfd(), true, 5))
    assert.equal("no", inherited())
  end)

  it("ends with the other end of the connection", function()
    server:close()
    assert.is_true(wait(client:getfd(), false, 5))
  end)

  it("ends after the seconds, and is not told of what comes afterwards", function()
    assert.is_false(wait(client:getfd(), false, 0.01))
    server:send "x"
    local other, far = pair()
    assert.is_false(wait(other:getfd(), false, 0.01))
    core.forget(other:getfd())
    other:close()
    far:close()
    assert.is_true(wait(client:getfd(), false, 5))
  end)

  it("is an error for what is no connection", function()
    local ok, why = wait(9999, false, 1)
    assert.is_nil(ok)
    assert.equal("Bad file descriptor", why)
  end)

  it("lets the other functions of cards.all go on", function()
    local order = {}
    cards.all {
      function()
        assert.is_true(wait(client:getfd(), false, 5))
        table.insert(order, "second")
      end,
      function()
        table.insert(order, "first")
        cards.sleep(0)
        server:send "x"
      end,
    }
    assert.same({ "first", "second" }, order)
  end)

  it("lets them go on where the caller cannot yield", function()
    local order = {}
    cards.all {
      function()
        table.sort({ 1, 2 }, function(a, b)
          assert.is_true(order[2] ~= nil or wait(client:getfd(), false, 5))
          order[2] = "second"
          return a < b
        end)
      end,
      function()
        order[1] = "first"
        server:send "x"
      end,
    }
    assert.same({ "first", "second" }, order)
  end)

  it("of hundreds wakes those whose own is ready", function()
    local pairs_of, functions, woken = {}, {}, {}
    for i = 1, 200 do
      local near, far = pair()
      pairs_of[i] = { near, far }
      functions[i] = function()
        woken[i] = wait(near:getfd(), false, i % 2 == 1 and 20 or 0.2)
      end
    end
    table.insert(functions, function()
      for i = 1, 200, 2 do
        pairs_of[i][2]:send "x"
      end
    end)
    for _ in cards.each(functions, function(call) call() end, { concurrency = 300 }) do end -- luacheck: ignore
    for i = 1, 200 do
      assert.equal(i % 2 == 1, woken[i])
      core.forget(pairs_of[i][1]:getfd())
      pairs_of[i][1]:close()
      pairs_of[i][2]:close()
    end
  end)

  it("wakes nobody in the place of a function that was cancelled", function()
    local ended = {}
    local value = cards.hedge(function()
      if #ended == 0 then
        table.insert(ended, "began")
        wait(client:getfd(), false, 20)
        table.insert(ended, "never")
      end
      return "value"
    end, { after = 0.01 })
    assert.equal("value", value)
    server:send "x"
    local other, far = pair() -- held until the end: the collector closes them
    assert.is_false(wait(other:getfd(), false, 0.05))
    assert.is_true(wait(client:getfd(), false, 5))
    core.forget(other:getfd())
    other:close()
    far:close()
    assert.same({ "began" }, ended)
  end)
end)

-- Lua has no fork; LuaJIT can call libc's.
if rawget(_G, "jit") then
  describe("a forked process", function()
    it("waits in an epoll of its own, and takes nothing from its parent", function()
      local output, status = program.run [[
        local ffi = require "ffi"
        ffi.cdef "int fork(void); int waitpid(int, int *, int); void _exit(int);"
        local core, socket, wait = require "cards.core", require "socket", require "cards.async.readiness"
        local listener = assert(socket.bind("127.0.0.1", 0))
        local client = socket.tcp()
        assert(client:connect(listener:getsockname()))
        local server = assert(listener:accept())
        assert(wait(client:getfd(), true, 5))
        local process = core.process()
        local child = ffi.C.fork()
        if child == 0 then
          local ok, why = pcall(function()
            assert(core.process() ~= process)
            assert(core.detach(client:getfd()))
            local other = socket.tcp()
            assert(other:connect(listener:getsockname()))
            assert(wait(other:getfd(), true, 5))
            assert(wait(other:getfd(), false, 0) == false)
            client:close()
          end)
          io.stderr:write(ok and "" or tostring(why))
          ffi.C._exit(ok and 0 or 1)
        end
        local status = ffi.new "int[1]"
        ffi.C.waitpid(child, status, 0)
        assert(status[0] == 0 and core.process() == process)
        server:send "x"
        assert(wait(client:getfd(), false, 5))
        print((client:receive(1)))
      ]]
      assert.equal("x\n", output)
      assert.equal(0, status)
    end)
  end)
end
