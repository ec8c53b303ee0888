local cards = require "cards"
local sandbox = require "support.sandbox"

local function client(provider, overrides)
  return cards[provider].new(sandbox.config(provider, overrides))
end

local slow = { headers = { ["X-Sandbox"] = "slow_first_byte=0.2" } }

describe("cards.all", function()
  it("gives each function's result in its place, whichever ends first", function()
    local alix, nayax = client "alix", client "nayax"
    local order = {}
    local a, b = cards.all {
      function()
        local info, err = alix:private_info("c_1", slow)
        table.insert(order, "slow")
        return info, err
      end,
      function()
        local token, err = nayax:get_token "T1"
        table.insert(order, "quick")
        return token, err
      end,
    }
    assert.equal("************1111", tostring(a[1].cardNo))
    assert.equal("411111", b[1].tokenInfo.cardBin)
    assert.same({ "quick", "slow" }, order)
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
    for _, wrong in ipairs { 1, "x", { 1 } } do
      local ok, message = pcall(function() cards.all(wrong) end)
      assert.is_false(ok)
      assert.matches("flow_spec.lua:%d+: cards.all", message)
    end
  end)

  it("leaves calls after it as they were", function()
    local alix = client "alix"
    cards.all { function() return alix:private_info "c_1" end }
    assert.is_truthy((alix:private_info "c_2").cvv)
  end)
end)

describe("cards.each", function()
  it("goes through a list, giving index, value and results as they finish", function()
    local alix = client "alix"
    local ids, seen = {}, {}
    for i = 1, 200 do
      ids[i] = "c_" .. i
    end
    for i, id, info, err in cards.each(ids, function(id) return alix:private_info(id) end, { concurrency = 16 }) do
      assert.is_nil(err)
      assert.equal("c_" .. i, id)
      assert.is_truthy(info.cvv)
      seen[i] = (seen[i] or 0) + 1
    end
    for i = 1, 200 do
      assert.equal(1, seen[i])
    end
  end)

  it("keeps to its concurrency, and reads an iterator only as fast", function()
    local alix = client "alix"
    local now, most, given = 0, 0, 0
    local function next_id()
      if given == 40 then return nil end
      given = given + 1
      return "c_" .. given
    end
    local taken = 0
    for _ in cards.each(next_id, function(id)
      now = now + 1
      most = math.max(most, now)
      local info = alix:private_info(id)
      now = now - 1
      return info
    end, { concurrency = 4 }) do
      taken = taken + 1
      assert.is_true(given <= taken + 4 + 3, "read ahead of the calls")
    end
    assert.equal(40, taken)
    assert.equal(4, most)
  end)

  it("gives nil and the error with its traceback for one that raised, and goes on", function()
    local failed, fine = 0, 0
    for _, value, result, err in cards.each({ 1, 2, 3 }, function(value)
      if value == 2 then error "two" end
      return value * 10
    end) do
      if err then
        failed = failed + 1
        assert.equal(2, value)
        assert.matches("two", err, 1, true)
      else
        fine = fine + result
      end
    end
    assert.equal(1, failed)
    assert.equal(40, fine)
  end)

  it("may be left early", function()
    local alix = client "alix"
    local iterate = cards.each({ "c_1", "c_2", "c_3", "c_4" }, function(id) return alix:private_info(id) end, { concurrency = 2 })
    assert.is_number((iterate()))
    iterate = nil -- luacheck: ignore
    collectgarbage()
    collectgarbage()
    assert.is_truthy((alix:private_info "c_5").cvv)
  end)

  it("tells its progress", function()
    local last_done, last_failed
    for _ in cards.each({ 1, 2, 3 }, function(value) return value ~= 2 and value or nil, value == 2 and "no" or nil end, {
      progress = function(done, failed) last_done, last_failed = done, failed end,
    }) do end -- luacheck: ignore
    assert.equal(3, last_done)
    assert.equal(1, last_failed)
  end)

  it("refuses misuse at the caller's line, naming the nearest option", function()
    local ok, message = pcall(function() cards.each({}, print, { concurency = 3 }) end)
    assert.is_false(ok)
    assert.matches("flow_spec.lua:%d+: cards.each: unknown key 'concurency' %(did you mean 'concurrency'%?%)", message)
    assert.has_error(function() cards.each(3, print) end)
    assert.has_error(function() cards.each({}, "x") end)
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
