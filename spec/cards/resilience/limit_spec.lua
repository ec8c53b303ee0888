--- cards.limit: rate and concurrency, and who waits. Limits that workers share are in spec/nginx/orchestration_spec.lua.

local cards = require "cards"
local core = require "cards.core"
local drive = require "support.drive"
local program = require "support.program"
local sandbox = require "support.sandbox"
local started = require "support.started"
local test_clock = require "support.test_clock"

local alix = drive.client "alix"

local function nothing() end

--- Calls a limit so many times at once. @return how many were let through, and the last error
local function tries(limited, count)
  local passed, last = 0, nil
  for _ = 1, count do
    local ok, err = limited(function() return true end)
    if ok then passed = passed + 1 else last = err end
  end
  return passed, last
end

describe("a rate", function()
  it("lets so many through at once, and refuses one that would wait too long", function()
    local limited = cards.limit { rate = 1, per = 1000, burst = 3, max_wait = 1 }
    local passed, err = tries(limited, 5)
    assert.equal(3, passed)
    assert.equal("busy", err.kind)
    assert.is_true(err.retryable)
    assert.equal(0, err.attempts)
    assert.is_true(err.retry_after > 900 and err.retry_after <= 1000)
    assert.matches("^cards.limit: busy: the rate is used up for ", tostring(err))
    assert.is_true(limited:state().wait > 900)
  end)

  it("is no burst by itself where it is less than one in a second, else what a second has", function()
    test_clock(finally)
    assert.equal(1, (tries(cards.limit { rate = 1, per = 1000, max_wait = 0 }, 5)))
    assert.equal(4, (tries(cards.limit { rate = 4, max_wait = 0 }, 6)))
  end)

  it("makes callers wait for their turns", function()
    local began = core.now()
    assert.equal(5, (tries(cards.limit { rate = 20, burst = 1 }, 5)))
    assert.is_true(core.now() - began >= 4 / 20 - 0.001)
  end)

  it("takes them in order, and lets others go on meanwhile", function()
    test_clock(finally)
    local limited, order = cards.limit { rate = 1, per = 100, burst = 1, max_wait = 1000 }, {}
    local calls = {}
    for i = 1, 5 do
      calls[i] = function() return limited(function() order[#order + 1] = i end) end
    end
    calls[6] = function()
      alix:private_info "c_1"
      order[#order + 1] = "call"
    end
    cards.all(calls)
    assert.equal("12345", (table.concat(order):gsub("call", "")))
    assert.not_equal("call", order[6])
  end)

  it("does not take the turn of one that is refused", function()
    local limited = cards.limit { rate = 1, per = 1000, burst = 2, max_wait = 1 }
    tries(limited, 50)
    assert.is_true(limited:state().wait <= 1000)
  end)

  it("refuses at once where a deadline comes first", function()
    local limited = cards.limit { rate = 1, per = 500, burst = 1, max_wait = 1000 }
    limited(nothing)
    local ok, err = cards.deadline(100, limited, nothing)
    assert.is_nil(ok)
    assert.equal("busy", err.kind)
  end)

  it("is one for each key, which never shows", function()
    local limited = cards.limit { rate = 1, per = 1000, max_wait = 0, key = function(id) return id end }
    assert.is_true(limited(function() return true end, "a"))
    assert.is_true(limited(function() return true end, "b"))
    assert.is_nil((limited(function() return true end, "a")))
    assert.is_true(limited:state("a").wait > 0)
    assert.equal(0, limited:state("c").wait)
    local token = cards.secret "a-token-of-somebody"
    limited = cards.limit { rate = 1, per = 1000, max_wait = 0, key = token }
    assert.is_true(limited(function() return true end))
    for key in pairs(limited.buckets) do assert.is_nil(key:find("token", 1, true)) end
  end)

  it("keeps no key that rests", function()
    local limited = cards.limit { rate = 1e6, per = 0.001, concurrency = 3, key = function(id) return id end }
    for i = 1, 5000 do limited(nothing, "key" .. i) end
    local count = 0
    for _ in pairs(limited.buckets) do count = count + 1 end
    assert.is_true(count < 500, count)
  end)
end)

describe("concurrency", function()
  it("is how many run at once, of many that want to, in order", function()
    local limited, now, most, order, calls = cards.limit { concurrency = 3 }, 0, 0, {}, {}
    for i = 1, 12 do
      calls[i] = function()
        return limited(function()
          now, order[#order + 1] = now + 1, i
          most = math.max(most, now)
          local info = alix:private_info "c_1"
          now = now - 1
          return info
        end)
      end
    end
    for _, result in ipairs { cards.all(calls) } do assert.is_truthy(result[1], result[2]) end
    assert.equal(3, most)
    assert.equal(12, #order)
    for at, i in ipairs(order) do -- who has a permit may begin before another one who has one, too
      assert.is_true(math.abs(i - at) < 3, table.concat(order, " "))
    end
    assert.same({ running = 0, waiting = 0, wait = 0 }, limited:state())
  end)

  it("says what runs and what waits", function()
    local limited, seen = cards.limit { concurrency = 1 }, nil
    cards.all {
      function() limited(function() cards.sleep(0.1) seen = limited:state() end) end,
      function() limited(nothing) end,
      function() limited(nothing) end,
    }
    assert.same({ running = 1, waiting = 2, wait = 0 }, seen)
  end)

  it("refuses one that would wait too long, and the next ones keep their places", function()
    test_clock(finally)
    local limited = cards.limit { concurrency = 1, max_wait = 0.05 }
    local results = { cards.all {
      function() return limited(cards.sleep, 0.3) end,
      function() return limited(nothing) end,
      function() return cards.sleep(0.4) and limited(function() return "later" end) end,
    } }
    assert.is_true(results[1][1])
    assert.equal("busy", results[2][2].kind)
    assert.equal("later", results[3][1])
  end)

  it("comes back from a function that raised", function()
    local limited = cards.limit { concurrency = 1 }
    for _ = 1, 3 do
      local ok, why = pcall(limited, function() error "oops" end)
      assert.is_false(ok)
      assert.matches("oops", why)
    end
    assert.matches("oops", (cards.all { function() return limited(error, "oops") end })[2])
    assert.equal("fine", limited(function() return "fine" end))
    assert.equal(0, limited:state().running)
  end)

  it("comes back from what was given up in the middle", function()
    local limited = cards.limit { concurrency = 2, max_wait = 20 }
    local function leave_early()
      for _, id in cards.each({ "a", "b", "c", "d" }, function(id) -- luacheck: ignore 512
        if id == "d" then return "left" end
        return limited(cards.sleep, 60)
      end) do
        return id
      end
    end
    assert.equal("d", leave_early())
    collectgarbage() -- with the iterator goes what it runs
    collectgarbage()
    local results = { cards.all { function() return limited(function() return 1 end) end, function() return limited(function() return 2 end) end } }
    assert.equal(1, results[1][1])
    assert.equal(2, results[2][1])
    assert.equal("mine", limited(function() return "mine" end))
  end)

  it("comes back from a coroutine of the script's own that nobody goes on with", function()
    local limited = cards.limit { concurrency = 1, max_wait = 0.1 }
    local function leave_in_the_middle()
      coroutine.wrap(function() limited(coroutine.yield) end)()
    end
    collectgarbage "stop"
    leave_in_the_middle()
    program.wait_for("the permit", function() return limited(function() return true end) end)
    collectgarbage "restart"
  end)

  it("comes back from a coroutine of the script's own that an error has ended, while it is held", function()
    local limited = cards.limit { concurrency = 1, max_wait = 20 }
    local thread = coroutine.create(function() limited(error, "oops") end)
    assert.is_false(coroutine.resume(thread))
    assert.equal("fine", limited(function() return "fine" end))
    assert.equal("dead", coroutine.status(thread))
  end)

  it("does not wait for what cannot end before", function()
    local limited = cards.limit { concurrency = 1, max_wait = 1000 }
    local ok, err = limited(function() return limited(nothing) end)
    assert.is_nil(ok)
    assert.equal("busy", err.kind)
    if program.lua == "5.1" then return end
    local result = cards.all { function()
      return coroutine.wrap(function() return limited(function() return coroutine.wrap(function() return limited(nothing) end)() end) end)()
    end }
    assert.equal("busy", result[2].kind)
  end)

  it("does not wait for a started call, which goes on only when it is asked for", function()
    if started.blocks_in_credentials then return end
    local limited = cards.limit { concurrency = 1, max_wait = 1000 }
    local job = started.client("alix", { access_token = function()
      return limited(alix.private_info, alix, "c_1", sandbox.asked_to "slow_first_byte=0.2") and "alix_token_sandbox"
    end }):start("private_info", "c_1")
    assert.equal("busy", select(2, limited(nothing)).kind)
    assert(job:result())
    assert.is_nil(select(2, limited(nothing)))
  end)

  it("goes together with a rate", function()
    local limited = cards.limit { rate = 1, per = 1000, burst = 2, concurrency = 1, max_wait = 1 }
    assert.equal(2, (tries(limited, 3)))
    assert.equal(0, limited:state().running)
  end)

  it("limits calls as the provider sees them", function()
    local limited = cards.limit { concurrency = 1 }
    local ids = { sandbox.unique_id "a", sandbox.unique_id "b" }
    for _, id, info, err in cards.each(ids, function(id) return limited(alix.private_info, alix, id) end) do
      assert.is_truthy(info, err)
      assert.equal(1, sandbox.seen(id).count)
    end
  end)
end)

describe("a limit", function()
  it("refuses options that are none, and a call of nothing, at the caller's line", function()
    for message, options in pairs {
      ["unknown key 'concurency' (did you mean 'concurrency'?)"] = { concurency = 3 }, ["rate must be a number"] = { rate = 0 },
      ["burst must be a whole number"] = { rate = 1, burst = 0.5 }, ["key must be a string, a secret or a function"] = { rate = 1, key = {} },
      ["rate or concurrency is required"] = {}, ["rate is required where per or burst is given"] = { concurrency = 1, per = 1 },
      ["key is required where shared is given"] = { rate = 1, shared = "x" }, ["a table of options is required"] = 1,
    } do
      local ok, why = pcall(function() cards.limit(options) end)
      assert.is_false(ok)
      assert.matches("limit_spec.lua:%d+: cards.limit: ", why)
      assert.matches(message, why, 1, true)
    end
    local limited = cards.limit { rate = 1, key = function() return {} end }
    assert.matches("limit_spec.lua:%d+: cards.limit: the first", select(2, pcall(function() limited() end)))
    assert.matches("limit_spec.lua:%d+: cards.limit: the function key", select(2, pcall(function() limited(nothing) end)))
    local closed = cards.secret "k_1"
    closed:close()
    limited = cards.limit { rate = 1, key = closed }
    assert.matches("limit_spec.lua:%d+: cards.limit: key: the secret is closed$", select(2, pcall(function() limited(nothing) end)))
  end)

  it("takes the name of a shared dict outside of nginx, where it means nothing", function()
    assert.equal(1, (tries(cards.limit { rate = 1, per = 1000, max_wait = 0, key = "x", shared = "any" }, 2)))
  end)
end)
