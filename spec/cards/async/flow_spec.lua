local waiters = require "cards.async.waiters"
local cards = require "cards"
local program = require "support.program"
local sandbox = require "support.sandbox"
local scripted = require "support.scripted"

local function client(provider, overrides)
  return cards[provider].new(sandbox.config(provider, overrides))
end

local function pack(...) return { n = select("#", ...), ... } end

local slow = { headers = { ["X-Sandbox"] = "slow_first_byte=0.5" } }

describe("cards.all", function()
  teardown(scripted.stop_all)

  it("gives each function's result in its place, whichever ends first", function()
    local server, holding = scripted.hold()
    local nayax = client "nayax"
    local order = {}
    local a, b = cards.all {
      function()
        local info, err = holding:private_info "c_1"
        table.insert(order, "slow")
        return info, err
      end,
      function()
        local token, err = nayax:get_token "T1"
        table.insert(order, "quick")
        server.tell "go on"
        return token, err
      end,
    }
    assert.equal("************1111", tostring(a[1].cardNo))
    assert.equal("411111", b[1].tokenInfo.cardBin)
    assert.same({ "quick", "slow" }, order)
    server.stop()
  end)

  it("gives nil and the error where a call failed", function()
    local alix = client "alix"
    local a, b = cards.all { function() return alix:private_info "sandbox-declined" end, function() return alix:private_info "c_1" end }
    assert.is_nil(a[1])
    assert.equal("declined", a[2].kind)
    assert.is_truthy(b[1])
  end)

  it("ends only the function that raised, with its traceback", function()
    local alix = client "alix"
    local a, b, c = cards.all {
      function() error "oops" end,
      function() return alix:private_info "c_1" end,
      function() error((select(2, alix:private_info "sandbox-declined"))) end,
    }
    assert.is_nil(a[1])
    assert.matches("oops", a[2], 1, true)
    assert.matches("flow_spec.lua:%d+: in ", a[2])
    assert.is_truthy(b[1])
    assert.equal("declined", c[2].kind)
    assert.matches("flow_spec.lua:%d+: in ", c[2].traceback)
  end)

  if coroutine.close then
    it("closes the variables of a function that raised", function()
      local closed = {}
      local raises = load [[
        local closed = ...
        return function()
          local variable <close> = setmetatable({}, { __close = function() table.insert(closed, "variable") end })
          error "oops"
        end
      ]] (closed)
      local a = cards.all { raises }
      assert.matches("oops", a[2], 1, true)
      assert.same({ "variable" }, closed)
    end)
  end

  if not rawget(_G, "jit") then -- whose hooks are not those of one coroutine
    it("ends its functions where an error ends the wait for them", function()
      local alix = client "alix"
      local went_on, driver = false, nil
      local function wait()
        cards.all {
          function()
            alix:private_info("c_1", slow)
            went_on = true
          end,
          function()
            debug.sethook(driver, function()
              debug.sethook(driver)
              error "interrupted"
            end, "", 1)
          end,
        }
      end
      driver = coroutine.create(function() return pcall(wait) end)
      local _, ok, message = coroutine.resume(driver)
      assert.is_false(ok)
      assert.matches("interrupted", message, 1, true)
      if not coroutine.close then -- only with the next call after it was collected
        driver = nil
        collectgarbage()
        collectgarbage()
        assert.is_truthy(alix:private_info "c_1")
      end
      assert.equal(0, waiters.active())
      local b = cards.all { function() return alix:private_info("c_2", slow) end }
      assert.is_truthy(b[1])
      assert.is_false(went_on)
    end)
  end

  it("leaves a table that was raised as it is, with the traceback in it", function()
    local raised, own = setmetatable({ code = 7 }, { __newindex = error }), { traceback = "mine" }
    local a, b = cards.all { function() error(raised) end, function() error(own) end }
    assert.is_nil(a[1])
    assert.equal(raised, a[2])
    assert.matches("^stack traceback:.*flow_spec.lua:%d+", a[2].traceback)
    assert.equal(own, b[2])
    assert.equal("mine", own.traceback)
  end)

  it("may be nested", function()
    local alix = client "alix"
    local function call(id) return function() return alix:private_info(id) end end
    local a, b = cards.all {
      function() return cards.all { call "c_1", call "c_2" } end,
      function()
        local count = 0
        for _, _, info in cards.each({ "c_3", "c_4", "c_5" }, function(id) return alix:private_info(id) end) do
          count = count + (info and 1 or 0)
        end
        return count
      end,
    }
    assert.is_truthy(a[1][1].cvv)
    assert.is_truthy(a[2][1].cvv)
    assert.equal(3, b[1])
  end)

  it("takes functions that make no call, and none at all", function()
    local a, b = cards.all { function() return 1, 2 end, function() end }
    assert.same({ 1, 2 }, a)
    assert.same({}, b)
    assert.equal(0, select("#", cards.all {}))
  end)

  it("ends a function that yields to nobody, and goes on", function()
    local a, b = cards.all { function() coroutine.yield "what" end, function() return "fine" end }
    assert.matches("yielded outside of a call", a[2], 1, true)
    assert.equal("fine", b[1])
  end)

  it("lets a call inside of a script's own coroutine block, as everywhere", function()
    local alix = client "alix"
    local a, b = cards.all {
      function()
        local made = coroutine.wrap(function() coroutine.yield((alix:private_info "c_1")) end)
        return made()
      end,
      function() return alix:private_info "c_2" end,
    }
    assert.is_truthy(a[1].cvv)
    assert.is_truthy(b[1].cvv)
  end)

  it("takes calls that stand where Lua may not yield, such as in pcall, iterators and metamethods", function()
    local alix = client "alix"
    local function number(id)
      local info, err = alix:private_info(id)
      return info and tostring(info.cardNo) or error(err)
    end
    local results = { cards.all {
      function() return select(2, pcall(number, "c_1")) end,
      function() return select(2, pcall(function() return cards.all { function() return number "c_2" end } end))[1] end,
      function()
        for value in function() local value = number "c_3" return value end do -- luacheck: ignore 512
          return value
        end
      end,
      function() return setmetatable({}, { __index = function(_, id) local value = number(id) return value end }).c_4 end,
      function()
        local value
        table.sort({ 2, 1 }, function(a, b)
          value = value or number "c_5"
          return a < b
        end)
        return value
      end,
      function() return (("c_6"):gsub("c_6", number)) end,
      function()
        local ok, err = pcall(number, "sandbox-declined")
        return not ok and err.kind
      end,
    } }
    for i = 1, 6 do
      assert.equal("************1111", results[i][1], results[i][2])
    end
    assert.equal("declined", results[7][1])
  end)

  it("goes on to call at the same time after that", function()
    local alix = client "alix"
    local calls, inside, most = {}, 0, 0
    for i = 1, 20 do
      calls[i] = function()
        inside = inside + 1
        most = math.max(most, inside)
        assert(alix:private_info("c_1", { headers = { ["X-Sandbox"] = "slow_first_byte=0.1" } }))
        inside = inside - 1
      end
    end
    for _, result in ipairs { cards.all(calls) } do assert.is_nil(result[2]) end
    assert.equal(20, most)
  end)

  it("takes hundreds that have others inside, in loops and in coroutines of the script's own", function()
    local alix = client "alix"
    local function loop()
      local count = 0
      for _, _, info in cards.each({ "c_1", "c_2" }, function(id) return alix:private_info(id) end) do
        count = count + (info and 1 or 0)
      end
      return count
    end
    local calls, count = {}, program.watched and 60 or 300
    for i = 1, count do
      calls[i] = i % 2 == 0 and loop or function() return coroutine.wrap(function() coroutine.yield(loop()) end)() end
    end
    local results = { cards.all(calls) }
    for i = 1, count do
      assert.equal(2, results[i][1], results[i][2])
    end
  end)

  it("calls credential functions inside of it, and refreshes after a 401", function()
    local fetched = 0
    local alix = client("alix", { access_token = function()
      fetched = fetched + 1
      return "alix_token_sandbox"
    end })
    local id = sandbox.unique_id "c"
    local a = cards.all { function() return alix:private_info(id, { headers = { ["X-Sandbox"] = "expire_then_ok" } }) end }
    assert.is_truthy(a[1])
    assert.equal(2, fetched)
  end)

  it("refuses what is no list of functions, at the caller's line", function()
    for _, wrong in ipairs { 1, "x", { 1 }, { nil, print }, { print, nil, print }, { print, [1.5] = print }, { a = print } } do
      local ok, message = pcall(function() cards.all(wrong) end)
      assert.is_false(ok)
      assert.matches("flow_spec.lua:%d+: cards.all", message)
    end
    assert.matches("element 2 is not a function", select(2, pcall(cards.all, { print, nil, print })), 1, true)
  end)

  it("refuses more functions than Lua can return results of, before it calls any", function()
    local called, many = 0, {}
    local function call() called = called + 1 end
    for i = 1, 1000001 do
      many[i] = call
    end
    local ok, message = pcall(function() cards.all(many) end)
    assert.is_false(ok)
    assert.matches("flow_spec.lua:%d+: cards.all: a call of this Lua cannot return the results of 1000001 functions", message)
    assert.equal(0, called)
  end)

  it("takes what is called as a function is, and a list as table.pack makes it", function()
    local a, b = cards.all { cards.token_source(function() return "t" end), n = 2, function() return 2 end }
    assert.equal("***", tostring(a[1]))
    assert.equal(2, b[1])
  end)

  it("leaves calls after it as they were", function()
    local alix = client "alix"
    cards.all { function() return alix:private_info "c_1" end }
    assert.is_truthy((alix:private_info "c_2").cvv)
  end)
end)

describe("cards.fallback", function()
  it("goes on only after an error that may pass", function()
    local alix, nayax = client("alix", { retries = 0 }), client "nayax"
    local info, err = cards.fallback {
      function() return alix:private_info "sandbox-unavailable" end,
      function() return nayax:get_token "T1" end,
    }
    assert.is_nil(err)
    assert.equal("411111", info.tokenInfo.cardBin)

    local asked = false
    info, err = cards.fallback { function() return alix:private_info "sandbox-declined" end, function() asked = true end }
    assert.is_nil(info)
    assert.equal("declined", err.kind)
    assert.is_false(asked)
  end)

  it("refuses what is no list of functions, at the caller's line, before it calls any", function()
    for _, wrong in ipairs { 1, {}, { 1 }, { print, 42 }, { print, nil, print }, { a = print } } do
      local ok, message = pcall(function() cards.fallback(wrong) end)
      assert.is_false(ok)
      assert.matches("flow_spec.lua:%d+: cards.fallback: ", message)
    end
  end)

  it("gives all that the function returned", function()
    assert.same({ n = 3, 1, nil, 3 }, pack(cards.fallback { function() return 1, nil, 3 end }))
    local passing = { retryable = true }
    assert.same({ n = 3, nil, passing, 3 }, pack(cards.fallback { function() return nil, passing end, function() return nil, passing, 3 end }))
  end)

  it("gives the last error when all failed", function()
    local alix, whop = client("alix", { retries = 0 }), client("whop", { retries = 0 })
    local info, err = cards.fallback {
      function() return alix:private_info "sandbox-unavailable" end,
      function() return whop:retrieve "sandbox-server_error" end,
    }
    assert.is_nil(info)
    assert.equal("whop", err.provider)
  end)
end)

-- Lua has no fork; LuaJIT can call libc's.
if program.lua == "luajit" then
  describe("a process that is forked inside of cards.all", function()
    it("does not wait for its parent's calls", function()
      local output, status = program.run [[
        local ffi = require "ffi"
        ffi.cdef "int fork(void); int waitpid(int, int *, int); void _exit(int);"
        local cards, sandbox = require "cards", require "support.sandbox"
        local alix = cards.alix.new(sandbox.config("alix"))
        local child
        local a = cards.all {
          function() return alix:private_info("c_1", { headers = { ["X-Sandbox"] = "slow_first_byte=0.5" } }) end,
          function() child = ffi.C.fork() end,
        }
        print(child == 0 and "child" or "parent", a[1] and tostring(a[1].cardNo) or a[2].kind)
        io.stdout:flush()
        if child == 0 then ffi.C._exit(0) end
        ffi.C.waitpid(child, nil, 0)
        print("parent again", alix:private_info("c_3").cardNo)
      ]]
      assert.equal(0, status, output)
      assert.matches("child\tcancelled", output, 1, true)
      assert.matches("parent\t************1111", output, 1, true)
      assert.matches("parent again\t************1111", output, 1, true)
    end)
  end)
end
