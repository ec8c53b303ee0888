--- cards.each and cards.all that are left early: the calls under way are cancelled, and nothing of the functions runs on. In Lua 5.4 at once, else with the
-- next call after they were collected.
-- luacheck: ignore 512 (a loop that is executed once is what this is about)

local waiters = require "cards.async.waiters"
local cards = require "cards"
local core = require "cards.core"
local program = require "support.program"
local sandbox = require "support.sandbox"
local scripted = require "support.scripted"

local alix = cards.alix.new(sandbox.config "alix")
local unpack = table.unpack or unpack -- luacheck: ignore
local closes = _VERSION == "Lua 5.4"

local asked_to = sandbox.asked_to

-- What is asked of this server is answered once all specs here have left what they began.
local server, holding

setup(function()
  server, holding = scripted.hold()
end)
teardown(scripted.stop_all)

local function collect()
  for _ = 1, 4 do collectgarbage() end
  assert(alix:private_info "c_9")
end

--- Lua 5.4 has been through the to-be-closed variables of a loop when this is called; the others need the collector.
local function let_go()
  if not closes then
    collect()
  end
end

local nothing = {}

--- Overwrites the stack above the caller, where a slot that is not used any more may still hold an iterator for the collector.
local function overwrite()
  return select("#", unpack(nothing, 1, 200)) -- luacheck: ignore
end

-- What was left and must not go on: checked at the end, when answers have come and waits are over that would have made it do so.
local left, latest = {}, 0

--- @param seconds after which it would have gone on
-- @param check called then
local function check_later(seconds, check)
  latest = math.max(latest, core.now() + seconds)
  table.insert(left, check)
end

describe("a loop over cards.each that is left", function()
  local counts -- of the test's own, as what it left may go on in the next one

  before_each(function()
    collect()
    assert.equal(0, waiters.active())
    counts = { entered = 0, went_on = 0 }
  end)

  --- The first id is answered at once, the others at the end.
  local function call(id)
    local mine = counts
    mine.entered = mine.entered + 1
    local info, err = (id == "c_1" and alix or holding):private_info(id)
    if id ~= "c_1" then
      mine.went_on = mine.went_on + 1
    end
    return info, err
  end

  local ids = { "c_1", "c_2", "c_3", "c_4", "c_5", "c_6", "c_7", "c_8" }

  local function check(entered_before)
    let_go()
    assert.equal(0, waiters.active())
    local mine = counts
    assert.equal(entered_before or 4, mine.entered)
    check_later(0, function() assert.same({ entered = entered_before or 4, went_on = 0 }, mine) end)
    assert.is_truthy((alix:private_info "c_9").cvv)
    assert.equal(0, waiters.active())
  end

  it("ends what is between two attempts", function() -- first, as its time has to pass
    local id = sandbox.unique_id "left"
    local function loop()
      for _ in cards.each({ "wait", id }, function(each)
        if each == id then return alix:private_info(id, asked_to "unavailable,retry_after=3") end
        program.wait_for("the first attempt", function() return sandbox.seen(id).count == 1 end, cards.sleep)
      end) do
        break
      end
    end
    loop()
    let_go()
    assert.equal(1, sandbox.seen(id).count)
    check_later(3.5, function() assert.equal(1, sandbox.seen(id).count) end)
  end)

  it("by break", function()
    local function loop()
      for _, id in cards.each(ids, call, { concurrency = 4 }) do
        assert.equal("c_1", id)
        break
      end
    end
    loop()
    overwrite()
    check()
  end)

  it("by return", function()
    local function loop()
      for _, id in cards.each(ids, call, { concurrency = 4 }) do
        return id
      end
    end
    local id = loop()
    assert.equal("c_1", id)
    overwrite()
    check()
  end)

  it("by an error in its body", function()
    local function loop()
      for _ in cards.each(ids, call, { concurrency = 4 }) do
        error "body"
      end
    end
    local ok, message = pcall(loop)
    assert.is_false(ok)
    assert.matches("body", message, 1, true)
    overwrite()
    check()
  end)

  it("by an error of what it reads", function()
    local given = 0
    local function loop()
      for _ in cards.each(function()
        given = given + 1
        if given > 4 then error "torn" end
        return ids[given]
      end, call, { concurrency = 4 }) do end -- luacheck: ignore
    end
    local ok, message = pcall(loop)
    assert.is_false(ok)
    assert.matches("torn", message, 1, true)
    overwrite()
    check()
  end)

  it("by an error of its progress", function()
    local function loop()
      for _ in cards.each(ids, call, { concurrency = 4, progress = function() error "ink" end }) do end -- luacheck: ignore
    end
    assert.is_false((pcall(loop)))
    overwrite()
    check()
  end)

  it("inside of a function of cards.all, while another one goes on", function()
    local function loop()
      for _ in cards.each(ids, call, { concurrency = 4 }) do
        break
      end
    end
    local a, b = cards.all {
      function()
        loop()
        let_go()
        return alix:private_info("c_1", asked_to "slow_first_byte=0.2")
      end,
      function()
        local count = 0
        for _, _, info in cards.each({ "c_1", "c_2", "c_3" }, function(id) return alix:private_info(id, asked_to "slow_first_byte=0.1") end) do
          count = count + (info and 1 or 0)
        end
        return count
      end,
    }
    assert.is_truthy(a[1], a[2])
    assert.equal(3, b[1])
    overwrite()
    check()
  end)

  it("with loops and cards.all inside of its functions", function()
    local inner = 0
    local function nested(id)
      if id == 1 then
        alix:private_info("c_1", asked_to "slow_first_byte=0.1") -- until the others are in theirs
        return true
      elseif id == 2 then
        for _ in cards.each(ids, function() call "c_2" end, { concurrency = 3 }) do
          inner = inner + 1
        end
      elseif id == 3 then
        cards.all { function() call "c_3" end, function() call "c_3" end }
        inner = inner + 1
      else
        cards.all { function() cards.all { function() call "c_4" end, function() for _ in cards.each(ids, call) do inner = inner + 1 end end } end }
        inner = inner + 1
      end
    end
    local function loop()
      for _, id in cards.each({ 1, 2, 3, 4 }, nested) do
        assert.equal(1, id)
        break
      end
    end
    -- Lua 5.1 drives the others from inside of the inner loops.
    if program.lua == "5.1" then
      return
    end
    loop()
    let_go()
    assert.equal(0, waiters.active())
    local before, mine = inner, counts
    mine.went_on = 0
    check_later(0, function()
      assert.equal(before, inner)
      assert.equal(0, mine.went_on)
    end)
  end)

  it("before anything was asked of it", function()
    local function make() return cards.each(ids, call) end
    make()
    collectgarbage()
    collectgarbage()
    assert.equal(0, counts.entered)
    assert.equal(0, waiters.active())
  end)

  it("before a call for an event loop", function()
    local function loop()
      for _, id in cards.each(ids, call, { concurrency = 4 }) do
        return id
      end
    end
    loop()
    overwrite()
    for _ = 1, 4 do collectgarbage() end
    local job = alix:start("private_info", "c_9")
    assert.equal(1, waiters.active())
    assert.is_truthy((job:result()))
    check()
  end)

  it("many times", function()
    local function loop()
      for _ in cards.each(ids, call, { concurrency = 4 }) do
        break
      end
    end
    for i = 1, 50 do
      loop()
      let_go()
      assert.equal(0, waiters.active())
      assert.equal(i * 4, counts.entered)
    end
    assert.equal(0, counts.went_on)
    assert.is_truthy((alix:private_info "c_9").cvv)
  end)

  if closes then
    it("closes the variables of its functions, the inner ones first", function()
      local with_closing = load [[
        local call, closed, name = ...
        return function(...)
          local variable <close> = setmetatable({}, { __close = function() table.insert(closed, name) end })
          return (call(...))
        end
      ]]
      local closed = {}
      local waits = with_closing(function() return holding:private_info "c_2" end, closed, "inner")
      local outer = with_closing(function() return cards.all { waits } end, closed, "outer")
      local quick = with_closing(function() return alix:private_info "c_1" end, closed, "quick")
      local function loop()
        for _, which in cards.each({ quick, outer }, function(each) return each() end) do
          assert.equal(quick, which)
          break
        end
      end
      loop()
      assert.same({ "quick", "inner", "outer" }, closed)
      assert.equal(0, waiters.active())
    end)

    it("survives errors and calls where such variables are closed", function()
      local with_closing = load [[
        local call, close = ...
        return function(...)
          local variable <close> = setmetatable({}, { __close = close })
          return (call(...))
        end
      ]]
      local called
      local raises = with_closing(call, function() error "in __close" end)
      local calls = with_closing(call, function() called = alix:private_info "c_1" end)
      local function loop()
        for _, id in cards.each({ "c_1", "c_2", "c_3" }, function(id)
          return (id == "c_1" and call or id == "c_2" and raises or calls)(id)
        end) do
          assert.equal("c_1", id)
          break
        end
      end
      loop()
      assert.is_truthy(called.cvv)
      check(3)
    end)
  end

  it("does not go on, whatever else is called afterwards", function()
    server.tell "go on"
    latest = math.max(latest, core.now() + 0.3)
    repeat
      local a, b = cards.all { function() return alix:private_info "c_1" end, function() return alix:private_info("c_2", asked_to "slow_first_byte=0.05") end }
      assert(a[1], a[2])
      assert(b[1], b[2])
    until core.now() > latest
    assert.is_true(#left > 0)
    for _, check_one in ipairs(left) do check_one() end
  end)
end)

describe("an iterator of cards.each that is handed on", function()
  it("is left by whoever has it", function()
    collectgarbage()
    local function run()
      local iterate
      local a, b = cards.all {
        function()
          local made = cards.each({ "c_1", "c_2", "c_3" }, function(id) return alix:private_info(id) end, { concurrency = 2 })
          local first = made()
          iterate = made
          return first
        end,
        function()
          while not iterate do alix:private_info "c_4" end
          local second = iterate()
          return second
        end,
      }
      assert.is_number(a[1], a[2])
      assert.is_number(b[1], b[2])
    end
    if jit then jit.off(run, true) end -- luacheck: ignore -- machine code holds the functions that it calls
    run()
    overwrite()
    collect()
    assert.equal(0, waiters.active())
  end)
end)

describe("a loop over cards.each that LuaJIT has made machine code of", function()
  it("lets go of what it left, too", function()
    local output, status = program.run [[
      local waiters, cards = require "cards.async.waiters", require "cards"
      local function overwrite(...) return select("#", ...) end
      local function loop()
        local taken, ids = 0, {}
        for i = 1, 400 do ids[i] = i end
        for _ in cards.each(ids, function(id) return id > 300 and cards.sleep(60) or id end, { concurrency = 4 }) do
          taken = taken + 1
          if taken == 300 then break end
        end
      end
      for _ = 1, 3 do
        loop()
        overwrite((table.unpack or unpack)({}, 1, 200))
        for _ = 1, 4 do collectgarbage() end
        cards.sleep(0)
        print("active", waiters.active())
      end
    ]]
    assert.equal(0, status, output)
    assert.equal(("active\t0\n"):rep(3), output)
  end)
end)

describe("cards.all that an error ends", function()
  it("leaves nothing behind, and its functions do not go on", function()
    if program.lua == "luajit" then
      pending "LuaJIT's host program takes no signals"
      return
    end
    local id = sandbox.unique_id "all"
    local process = program.start(([[
      local cards, sandbox = require "cards", require "support.sandbox"
      local alix = cards.alix.new(sandbox.config("alix"))
      local slow = { headers = { ["X-Sandbox"] = "slow_first_byte=5" } }
      local function call() alix:private_info(%q, slow) print "went on" end
      print("caught", pcall(cards.all, { call, call }))
      for _ = 1, 3 do collectgarbage() end
      alix:private_info "c_9"
      print("active", require("cards.async.waiters").active())
      local a = cards.all { function() return alix:private_info("c_1", { headers = { ["X-Sandbox"] = "slow_first_byte=0.1" } }) end }
      print("then", a[1].cardNo)
    ]]):format(id))
    program.wait_for("the calls to arrive", function() return sandbox.seen(id).count == 2 end)
    process.signal "INT"
    local output, status = process.finish()
    assert.equal(0, status, output)
    assert.matches("caught\tfalse\t[^\n]*interrupted", output)
    assert.matches("active\t0", output, 1, true)
    assert.matches("then\t************1111", output, 1, true)
    assert.not_matches("went on", output, 1, true)
  end)
end)
