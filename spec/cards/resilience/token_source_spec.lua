--- cards.token_source: one token for all calls, fetched anew in time. What the workers of nginx share is in spec/nginx/orchestration_spec.lua.

local cards = require "cards"
local core = require "cards.core"
local drive = require "support.drive"
local program = require "support.program"
local sandbox = require "support.sandbox"
local test_clock = require "support.test_clock"

local TOKEN = "alix_token_sandbox"

--- A source whose function counts its calls, and that function's count.
local function counted(give, options)
  local calls = 0
  local source = cards.token_source(function(...)
    calls = calls + 1
    return give(calls, ...)
  end, options)
  return source, function() return calls end
end

describe("a token source", function()
  it("gives one token to many, as a secret", function()
    local source, calls = counted(function(_, ...)
      assert.equal(0, select("#", ...))
      return "text"
    end)
    local token = source()
    assert.equal("cards.secret", getmetatable(token))
    assert.equal("text", token:reveal())
    assert.equal(token, source())
    assert.equal(1, calls())
    local secret = cards.secret "own"
    assert.equal(secret, cards.token_source(function() return secret end)())
  end)

  it("stands for a credential", function()
    local source, calls = counted(function() return TOKEN end)
    local alix = drive.client("alix", { access_token = source })
    for _ = 1, 3 do
      local id = sandbox.unique_id "source"
      assert.is_truthy(alix:private_info(id))
      assert.equal(TOKEN, sandbox.seen(id).last.headers["access-token"])
    end
    assert.equal(1, calls())
  end)

  it("gives another token after a 401, to all calls that the old one was refused to", function()
    local source, calls = counted(function(n) return n == 1 and "expired" or TOKEN end)
    local alix = drive.client("alix", { access_token = source })
    local functions = {}
    for i = 1, 8 do
      functions[i] = function() return alix:private_info(sandbox.unique_id "refused") end
    end
    for _, result in ipairs { cards.all(functions) } do assert.is_truthy(result[1], result[2]) end
    if program.lua == "5.1" then -- there the first calls block one another before there is a token
      assert.is_true(calls() >= 2)
    else
      assert.equal(2, calls())
    end
  end)

  it("does not ask again where the new token is refused too, and fetches once more for the next call", function()
    local source, calls = counted(function(n) return "expired" .. n end)
    local alix = drive.client("alix", { access_token = source })
    for n = 1, 2 do
      local id = sandbox.unique_id "refused"
      local _, err = alix:private_info(id)
      assert.equal(401, err.status)
      assert.equal(2, sandbox.seen(id).count)
      assert.equal(n + 1, calls())
    end
  end)

  it("fetches anew when the time of the token is over, as the function says it or the options", function()
    test_clock(finally)
    for _, seconds in ipairs { 0.05, false } do
      local source, calls = counted(function(n) return "token" .. n, seconds or nil end, { ttl = seconds and 1000 or 0.05, refresh_before = 0 })
      assert.equal("token1", source():reveal())
      cards.sleep(0.06)
      assert.equal("token2", source():reveal())
      assert.equal(2, calls())
    end
  end)

  it("fetches before that in the call that comes first, while the others go on with the old one", function()
    test_clock(finally)
    local source, calls = counted(function(n)
      if n == 2 then cards.sleep(0.2) end
      return "token" .. n, n == 1 and 30 or nil
    end, { ttl = 1000, refresh_before = 40 })
    assert.equal("token1", source():reveal())
    local results = { cards.all {
      function() return source():reveal() end,
      function() return cards.sleep(0.05) and source():reveal() end,
      function() return cards.sleep(0.3) and source():reveal() end,
    } }
    assert.equal("token2", results[1][1])
    assert.equal("token1", results[2][1])
    assert.equal("token2", results[3][1])
    assert.equal(2, calls())
  end)

  it("keeps the old one where that fails, as long as it is valid, and does not try with every call", function()
    test_clock(finally)
    local source, calls = counted(function(n)
      if n == 1 then return "token1", 0.3 end
      return nil, "the vault is sealed"
    end, { refresh_before = 1000 })
    for _ = 1, 5 do assert.equal("token1", source():reveal()) end
    assert.equal(2, calls())
    cards.sleep(0.31)
    local token, err = source()
    assert.is_nil(token)
    assert.equal("the vault is sealed", err)
    assert.equal(3, calls())
  end)

  it("fetches one at a time: who comes meanwhile waits for it", function()
    local source, calls = counted(function()
      cards.sleep(0.1)
      return "token"
    end)
    local functions = {}
    for i = 1, 20 do functions[i] = source end
    for i = 1, 20 do
      local own = functions[i]
      functions[i] = function() return own():reveal() end
    end
    for _, result in ipairs { cards.all(functions) } do assert.equal("token", result[1]) end
    assert.equal(1, calls())
  end)

  it("tells all who wait of a failure", function()
    local source, calls = counted(function()
      cards.sleep(0.1)
      return nil, core.error { kind = "network", retryable = true, message = "down" }
    end)
    local results = { cards.all { function() return source() end, function() return source() end, function() return source() end } }
    for i = 1, 3 do assert.equal("down", results[i][2].message) end
    assert.equal(1, calls())
    assert.is_nil((source()))
    assert.equal(2, calls())
  end)

  it("hands over where the one that fetches is given up", function()
    local begun = 0
    local source = cards.token_source(function()
      begun = begun + 1
      if begun == 1 then cards.sleep(60) end
      return "token" .. begun
    end)
    local result = cards.all { function()
      return cards.hedge(function()
        if begun == 0 then return source() end
        return "second"
      end, { after = 0.05 })
    end, function()
      cards.sleep(0.02)
      return source():reveal()
    end }
    assert.equal("second", result[1])
    assert.equal("token2", source():reveal())
    assert.equal(2, begun)
  end)

  it("does not wait for itself", function()
    local source
    source = cards.token_source(function() return source() end)
    local token, err = source()
    assert.is_nil(token)
    assert.matches("asks for the token that it is to give", tostring(err))
  end)

  it("lets calls of an event loop wait without blocking it", function()
    local source, calls = counted(function()
      cards.sleep(0.1)
      return TOKEN
    end)
    local alix = drive.client("alix", { access_token = source })
    local one, other = alix:start("private_info", "c_1"), alix:start("private_info", "c_2")
    program.wait_for("both calls", function() return one:done() and other:done() end)
    assert.is_truthy(one:result())
    assert.is_truthy(other:result())
    assert.equal(1, calls())
    assert.is_truthy(alix:private_info "c_3")
  end)

  it("does not let a blocking call wait for one of an event loop", function()
    if program.lua == "5.1" then return end -- there the first one blocks already
    local source, calls = counted(function(n)
      if n == 1 then cards.sleep(0.2) end
      return TOKEN
    end)
    local alix = drive.client("alix", { access_token = source })
    local job = alix:start("private_info", "c_1")
    assert.is_truthy(alix:private_info "c_2")
    assert.equal(2, calls())
    assert.is_truthy(job:result())
  end)

  it("fetches anew where the token was closed", function()
    local source, calls = counted(function() return "token" end)
    source():close()
    assert.equal("token", source():reveal())
    assert.equal(2, calls())
  end)

  it("says what is wrong with what the function gives", function()
    for _, value in ipairs { 5, {}, true, "" } do
      local token, err = cards.token_source(function() return value end)()
      assert.is_nil(token)
      assert.matches("cards.token_source: auth: the function gave neither a string nor a secret", tostring(err))
    end
    assert.matches("neither", tostring(select(2, cards.token_source(function() end)())))
    assert.matches("is over already", tostring(select(2, cards.token_source(function() return "x", -1 end)())))
    local ok, err = cards.token_source(function() error "oops" end)()
    assert.is_nil(ok)
    assert.matches("oops", err)
    local _, refused = drive.client("alix", { access_token = cards.token_source(function() error "oops" end) }):private_info "c_1"
    assert.equal("auth", refused.kind)
    assert.matches("oops", refused.message)
  end)

  it("takes the name of a shared dict outside of nginx, where it means nothing", function()
    assert.equal("x", cards.token_source(function() return "x" end, { name = "n", shared = "any" })():reveal())
  end)

  it("refuses options that are none, at the caller's line", function()
    for message, options in pairs {
      ["unknown key 'refresh' (did you mean"] = { refresh = 3 }, ["ttl must be a number"] = { ttl = 0 },
      ["name is required where shared is given"] = { shared = "x" }, ["the options must be a table"] = 1,
    } do
      local ok, why = pcall(function() cards.token_source(print, options) end)
      assert.is_false(ok)
      assert.matches("token_source_spec.lua:%d+: cards.token_source: ", why)
      assert.matches(message, why, 1, true)
    end
    assert.matches("the first argument must be a function", select(2, pcall(cards.token_source, "x")), 1, true)
  end)
end)
