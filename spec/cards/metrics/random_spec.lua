--- Random calls: what cards.metrics() says is what their callers have seen.

local cards = require "cards"
local counted = require "support.counted"
local sandbox = require "support.sandbox"
local started = require "support.started"

local CALLS = 60

local function client(overrides) return cards.alix.new(sandbox.config("alix", overrides)) end

-- Each returns the id and the options.
local KINDS = {
  function() return "c_1" end,
  function() return "c_1", sandbox.asked_to "declined" end,
  function() return "c_1", sandbox.asked_to("status=404", { retries = 0 }) end,
  function() return "c_1", sandbox.asked_to("never", { timeout = 0.05, retries = 0 }) end,
  function() return { wrong = 1 } end,
  function(random) return sandbox.unique_id "twice", sandbox.asked_to(("fail_then_ok=%d,retry_after=ms:1"):format(random(1, 2))) end,
}

--- Random numbers that are the same each time.
local function generator(seed)
  return function(least, most)
    seed = (seed * 16807) % 2147483647
    return least + seed % (most - least + 1)
  end
end

for seed = 1, 3 do
  describe(("random calls, seed %d:"):format(seed), function()
    local ways = {
      ["blocking"] = function(call, count)
        for i = 1, count do call(i) end
      end,
      ["in cards.each"] = function(call, count)
        local list = {}
        for i = 1, count do list[i] = i end
        for _ in cards.each(list, call, { concurrency = 8 }) do end -- luacheck: ignore 542
      end,
      ["started"] = function(call, count)
        local jobs = {}
        for i = 1, count do jobs[i] = call(i, true) end
        for _, job in ipairs(jobs) do job.finish() end
      end,
    }
    for way, run in pairs(ways) do
      it(way, function()
        collectgarbage()
        collectgarbage()
        started.wait_for_no_calls() -- those of other specs
        local random, alix = generator(seed * 7919), client { max_connections = 4 }
        local more, sum = counted("alix", "private_info"), cards.metrics().calls.alix
        sum = sum and sum.private_info.latency.sum or 0
        local expected, refused = { tries = 0 }, 0
        local function note(_, err)
          local result = err and err.kind or "ok"
          expected[result] = (expected[result] or 0) + 1
          refused = refused + (result == "invalid_request" and 1 or 0)
        end
        local listener = client { max_connections = 4, on_event = function(event)
          if event.event == "call" then expected.tries = expected.tries + event.attempts end
        end }
        run(function(_, starts)
          local kind = random(1, #KINDS)
          local id, options = KINDS[kind](random)
          local by = (kind == #KINDS or random(1, 2) == 1) and listener or alix -- only an event says how often a call was sent that succeeded in the end
          local function seen(record, err)
            if by == alix then expected.tries = expected.tries + (err and err.attempts or 1) end
            note(record, err)
          end
          if not starts then return seen(by:private_info(id, options)) end
          local job = by:start("private_info", id, options)
          return { finish = function() seen(job:result()) end }
        end, CALLS)
        expected.timed = CALLS - refused
        assert.same({ expected, 0 }, { more() })
        local facts = cards.metrics().calls.alix.private_info
        assert.equal(facts.latency.count, facts.latency.buckets[#facts.latency.buckets].count)
        assert.is_true(facts.latency.sum >= sum + 0.05 * (expected.timeout or 0))
        local total = facts.ok
        for _, count in pairs(facts.errors) do total = total + count end
        assert.equal(facts.total, total)
      end)
    end
  end)
end
