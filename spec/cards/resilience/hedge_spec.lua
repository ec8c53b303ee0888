--- cards.hedge: a second attempt beside one that takes long. In nginx see spec/nginx/orchestration_spec.lua.

local cards = require "cards"
local core = require "cards.core"
local drive = require "support.drive"
local program = require "support.program"
local sandbox = require "support.sandbox"

local alix = drive.client("alix", { timeout = 60 })

local asked_to = sandbox.asked_to

--- A function that asks for the next case of the list with each call, for ids that begin with one word.
local function attempts(cases)
  local made, word = {}, sandbox.unique_id "hedge"
  return function()
    local number = #made + 1
    made[number] = word .. ("x"):rep(number)
    return alix:private_info(made[number], cases[number] ~= "" and asked_to(cases[number]) or nil)
  end, made
end

local function is_retryable() return nil, core.error { kind = "provider", retryable = true, message = "may pass" } end

describe("cards.hedge", function()
  it("calls a function once that is quick enough", function()
    local call, made = attempts { "" }
    local info, err = cards.hedge(call, { after = 30 })
    assert.is_truthy(info.cvv)
    assert.is_nil(err)
    assert.equal(1, #made)
  end)

  it("returns everything that it returned", function()
    assert.equal(0, select("#", cards.hedge(function() end)))
    assert.same({ 1, nil, 3, n = 3 }, (function(...) return { n = select("#", ...), ... } end)(cards.hedge(function() return 1, nil, 3 end)))
    assert.is_false((cards.hedge(function() return false end)))
  end)

  it("gives what the second attempt brings where the first one hangs", function()
    local call, made = attempts { "never", "" }
    local info = cards.hedge(function()
      if made[1] then program.wait_for("the first attempt", function() return sandbox.seen(made[1]).count > 0 end, cards.sleep) end
      return call()
    end, { after = 0.1 })
    assert.is_truthy(info.cvv)
    assert.equal(2, #made)
    assert.equal(1, sandbox.seen(made[1]).count)
    assert.equal(1, sandbox.seen(made[2]).count)
  end)

  it("gives what the first one brings where that comes before the second", function()
    local call, made = attempts { "", "never" }
    local info = cards.hedge(function()
      local info = call()
      program.wait_for("the second attempt", function() return #made == 2 end, cards.sleep)
      return info
    end, { after = 0.1 })
    assert.is_truthy(info.cvv)
    assert.equal(2, #made)
  end)

  it("makes as many attempts as it may, each some time after the other", function()
    local call, made = attempts { "never", "never", "never", "" }
    assert.is_truthy((cards.hedge(call, { after = 0.05, attempts = 4 })))
    assert.equal(4, #made)
    call, made = attempts { "slow_first_byte=0.2" }
    assert.is_truthy((cards.hedge(call, { after = 0.05, attempts = 1 })))
    assert.equal(1, #made)
  end)

  it("ends the others: nothing of them runs on", function()
    local begun, ended = 0, 0
    local result = cards.all { function()
      local value = cards.hedge(function()
        begun = begun + 1
        if begun == 2 then return "second" end
        alix:private_info("c_1", asked_to "slow_first_byte=1.5")
        ended = ended + 1
        return "first"
      end, { after = 0.05 })
      cards.sleep(1.7)
      return value
    end }
    assert.equal("second", result[1])
    assert.equal(2, begun)
    assert.equal(0, ended)
  end)

  it("gives back what the others hold", function()
    local limited, begun = cards.limit { concurrency = 1, max_wait = 20 }, 0
    local value = cards.hedge(function()
      begun = begun + 1
      if begun == 2 then return "second" end
      return limited(cards.sleep, 60)
    end, { after = 0.05 })
    assert.equal("second", value)
    assert.equal("mine", limited(function() return "mine" end))
    assert.equal(0, limited:state().running)
  end)

  it("goes on at once after an error that may pass, and gives the last one when all failed", function()
    local call, made = attempts { "unavailable", "" }
    assert.is_truthy((cards.hedge(call, { after = 30 })))
    assert.equal(2, #made)
    call, made = attempts { "unavailable", "server_error", "bad_gateway" }
    local info, err = cards.hedge(call, { after = 30, attempts = 3 })
    assert.is_nil(info)
    assert.equal(502, err.status)
    assert.equal(3, #made)
  end)

  it("waits for one that still runs when another one failed", function()
    local call = attempts { "slow_first_byte=0.2", "unavailable" }
    assert.is_truthy((cards.hedge(call, { after = 0.05 })))
  end)

  it("ends at once with an error that does not pass, or with no error of ours", function()
    local call, begun = attempts { "never" }, 0
    local info, err = cards.hedge(function()
      begun = begun + 1
      if begun == 1 then return call() end
      return nil, core.error { kind = "declined", message = "made up" }
    end, { after = 0.1, attempts = 3 })
    assert.is_nil(info)
    assert.equal("declined", err.kind)
    assert.equal(2, begun)
    assert.equal("text", select(2, cards.hedge(function() return nil, "text" end)))
  end)

  it("lets through what an attempt raises", function()
    local raised = { code = 7 }
    local _, got = pcall(cards.hedge, function() error(raised) end)
    assert.equal(raised, got)
    local thrown = core.error { kind = "declined", message = "thrown" }
    local ok, err = pcall(cards.hedge, function() error(thrown) end)
    assert.is_false(ok)
    assert.equal(thrown, err)
    ok, err = pcall(cards.hedge, function() error "oops" end)
    assert.is_false(ok)
    assert.matches("hedge_spec.lua:%d+: oops", err)
  end)

  it("stands inside of cards.all, cards.each, itself and a deadline", function()
    local function hedged(cases)
      return function() return cards.hedge((attempts(cases)), { after = 0.05 }) end
    end
    local results = { cards.all { hedged { "never", "" }, hedged { "" }, function() return cards.hedge(hedged { "never", "" }, { after = 30 }) end } }
    for i = 1, 3 do assert.is_truthy(results[i][1], results[i][2]) end
    for _, _, info, err in cards.each({ "never", "" }, function(case) return hedged { case, "" }() end) do assert.is_truthy(info, err) end
    local call, made = attempts { "never", "never" }
    local info, err = cards.deadline(2, cards.hedge, call, { after = 0.01 })
    assert.is_nil(info)
    assert.equal("timeout", err.kind)
    assert.equal(2, #made)
    assert.is_truthy((cards.deadline(60, hedged { "never", "" })))
  end)

  it("leaves nothing behind that costs later calls anything", function()
    cards.hedge((attempts { "never", "" }), { after = 0.01 })
    assert.equal(0, require("cards.async.waiters").active())
    assert.is_truthy((alix:private_info "c_1"))
  end)

  it("refuses options that are none, at the caller's line", function()
    for message, options in pairs {
      ["unknown key 'afer' (did you mean 'after'?)"] = { afer = 3 }, ["attempts must be a whole number"] = { attempts = 0 },
      ["after must be a number"] = { after = -1 }, ["the options must be a table"] = 3,
    } do
      local ok, why = pcall(function() cards.hedge(is_retryable, options) end)
      assert.is_false(ok)
      assert.matches("hedge_spec.lua:%d+: cards.hedge: ", why)
      assert.matches(message, why, 1, true)
    end
    assert.matches("the first argument must be a function", select(2, pcall(cards.hedge, 1)), 1, true)
  end)
end)
