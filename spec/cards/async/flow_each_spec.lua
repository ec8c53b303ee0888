--- cards.each: what it goes through and gives, how far it reads ahead, what it tells. How it is left early is in flow_each_left_spec.lua.

local waiters = require "cards.async.waiters"
local cards = require "cards"
local program = require "support.program"
local sandbox = require "support.sandbox"

local unpack = table.unpack or unpack -- luacheck: ignore

local function client(provider, overrides)
  return cards[provider].new(sandbox.config(provider, overrides))
end

--- Under valgrind everything takes thirty times as long.
local watched = program.watched

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

  it("refuses misuse at the caller's line, naming the nearest option", function()
    local ok, message = pcall(function() cards.each({}, print, { concurency = 3 }) end)
    assert.is_false(ok)
    assert.matches("flow_each_spec.lua:%d+: cards.each: unknown key 'concurency' %(did you mean 'concurrency'%?%)", message)
    assert.has_error(function() cards.each(3, print) end)
    assert.has_error(function() cards.each({}, "x") end)
  end)

  it("refuses a table that is no list, which would be taken for an empty one", function()
    for _, from in ipairs { { a = 1, b = 2 }, { [2] = "second" } } do
      local _, message = pcall(function() cards.each(from, print) end)
      assert.matches("flow_each_spec.lua:%d+: cards.each: the list has nothing at 1", message)
    end
    for _ in cards.each({ n = 0 }, print) do error "it is empty" end
  end)

  it("may be gone through by several at the same time, and ends for all of them", function()
    local alix, ids = client "alix", {}
    for i = 1, 20 do
      ids[i] = "c_" .. i
    end
    for concurrency = 1, 4 do
      local iterate, seen = cards.each(ids, function(id) return alix:private_info(id) end, { concurrency = concurrency }), {}
      local function take()
        for _, id, info in iterate do
          assert(info and alix:private_info "c_1")
          seen[#seen + 1] = id
        end
        return "end"
      end
      local a, b, c = cards.all { take, take, take }
      assert.same({ "end", "end", "end" }, { a[1], b[1], c[1] })
      table.sort(seen)
      local expected = { unpack(ids) }
      table.sort(expected)
      assert.same(expected, seen)
    end
    assert.equal(0, waiters.active())
  end)
end)

--- What the heap holds, in KiB.
local function heap()
  collectgarbage()
  collectgarbage()
  return collectgarbage "count"
end

describe("cards.each over a stream", function()
  -- What LuaJIT compiles counts as heap, and may be compiled at any time. Lua's table of strings doubles where many are garbage: so many that stay have it
  -- large enough for the rest.
  local strings -- luacheck: ignore
  setup(function()
    if jit then jit.off() jit.flush() end -- luacheck: ignore
    strings = {}
    for i = 1, 40000 do strings[i] = "string " .. i end
  end)
  teardown(function()
    if jit then jit.on() end -- luacheck: ignore
    strings = nil
  end)

  local function many(count) return watched and 1000 or count end

  --- Goes through so many ids, checking how far it reads ahead and that the heap does not grow: by less than the smallest table for each.
  local function stream(count, call, concurrency)
    local given, taken, most_ahead = 0, 0, 0
    local first_heap, most_heap
    local function next_id()
      if given == count then return nil end
      given = given + 1
      return "c_" .. given
    end
    for _, id in cards.each(next_id, call, { concurrency = concurrency }) do
      assert(id)
      taken = taken + 1
      most_ahead = math.max(most_ahead, given - taken)
      if taken % math.floor(count / 10) == 0 then
        local now = heap()
        first_heap = first_heap or now
        most_heap = math.max(most_heap or now, now)
      end
    end
    assert.equal(count, given)
    assert.equal(count, taken)
    assert.is_true(most_ahead <= concurrency, "read " .. most_ahead .. " ahead")
    assert.is_true(most_heap - first_heap < 64, ("grew by %.0f KiB"):format(most_heap - first_heap))
  end

  it("holds no more than its concurrency of functions that make no call", function()
    stream(many(20000), function(id) return id end, 16)
  end)

  it("holds no more than its concurrency of calls that are refused unsent", function()
    local alix = client "alix"
    local refused = 0
    stream(many(10000), function()
      local info, err = alix:private_info ""
      refused = refused + (err.kind == "invalid_request" and 1 or 0)
      return info, err
    end, 64)
    assert.equal(many(10000), refused)
  end)

  it("holds no more than its concurrency of functions that raise", function()
    stream(many(1500), function() error "each" end, 8)
  end)

  it("holds no more than its concurrency of real calls", function()
    local alix = client("alix", { base_url = sandbox.url "HTTP_URL" .. "/alix", insecure_http = true })
    local fine = 0
    stream(many(2000), function(id)
      local info = assert(alix:private_info(id))
      fine = fine + (#info.cardNo == 16 and 1 or 0)
      info.cardNo:close()
      info.cvv:close()
      return true
    end, 64)
    assert.equal(many(2000), fine)
  end)

  it("reads no further while the body of the loop makes calls", function()
    local alix = client "alix"
    local given, taken, most_ahead = 0, 0, 0
    local function next_id()
      if given == 30 then return nil end
      given = given + 1
      return "c_" .. given
    end
    local result = cards.all { function()
      for _, _, info, err in cards.each(next_id, function(id) return alix:private_info(id) end, { concurrency = 4 }) do
        assert(info, err)
        assert(alix:private_info("c_1", { headers = { ["X-Sandbox"] = "slow_first_byte=0.01" } }))
        taken = taken + 1
        most_ahead = math.max(most_ahead, given - taken)
      end
      return "through"
    end }
    assert.equal("through", result[1], result[2])
    assert.is_true(most_ahead <= 4, "read " .. most_ahead .. " ahead")
  end)

  it("takes lines of a file", function()
    local path = program.file "c_1\nc_2\nc_3\n"
    local alix, seen = client "alix", {}
    for i, id, info in cards.each(io.lines(path), function(id) return alix:private_info(id) end, { concurrency = 2 }) do
      assert.is_truthy(info.cvv)
      seen[i] = id
    end
    os.remove(path)
    assert.same({ "c_1", "c_2", "c_3" }, seen)
  end)

  it("takes an object that can be called, and an iterator that makes calls itself", function()
    local alix, count = client "alix", 0
    local pages = setmetatable({}, { __call = function()
      count = count + 1
      local info = count <= 3 and alix:private_info("c_" .. count)
      return info and tostring(info.cardNo) or nil
    end })
    local values = {}
    for i, number in cards.each(pages, function(number) return number end) do
      values[i] = number
    end
    assert.same({ "************1111", "************1111", "************1111" }, values)
  end)

  it("lets an error of the iterator through", function()
    local ok, message = pcall(function()
      for _ in cards.each(function() error "torn tape" end, print) do end -- luacheck: ignore
    end)
    assert.is_false(ok)
    assert.matches("torn tape", message, 1, true)
  end)
end)

describe("cards.each's progress", function()
  local function told(from, call, concurrency)
    local calls = {}
    for _ in cards.each(from, call, {
      concurrency = concurrency,
      progress = function(...) table.insert(calls, { select("#", ...), ... }) end,
    }) do end -- luacheck: ignore
    return calls
  end

  it("is told what is done, failed and there in all after each, and once more at the end", function()
    local calls = told({ 1, 2, 3, 4 }, function(value)
      if value == 2 then return nil, "no" end
      if value == 3 then error "raised" end
      return value
    end, 1)
    assert.same({
      { 4, 1, 0, 4, false }, { 4, 2, 1, 4, false }, { 4, 3, 2, 4, false }, { 4, 4, 2, 4, false }, { 4, 4, 2, 4, true },
    }, calls)
  end)

  it("takes a function that returns nothing, or false, for one that went well", function()
    local calls = told({ 1, 2 }, function(value) if value == 1 then return false end end)
    assert.same({ 4, 2, 0, 2, true }, calls[3])
  end)

  it("knows no total of an iterator", function()
    local left = 3
    local calls = told(function()
      left = left - 1
      return left > 0 and left or nil
    end, function(value) return value end)
    assert.same({ { 4, 1, 0, nil, false }, { 4, 2, 0, nil, false }, { 4, 2, 0, nil, true } }, calls)
  end)

  it("is told of the end of nothing", function()
    assert.same({ { 4, 0, 0, 0, true } }, told({}, print))
  end)

  it("is told of calls as they finish", function()
    local alix = client "alix"
    local calls = told({ "c_1", "sandbox-declined", "c_2" }, function(id) return alix:private_info(id) end)
    assert.same({ 4, 3, 1, 3, true }, calls[4])
  end)

  it("is told of the end once by several functions that go through the same iterator, though it makes calls", function()
    local alix, ends = client "alix", 0
    local function call() return assert(alix:private_info "c_1") end
    local iterate = cards.each({ 1, 2, 3 }, function(value) return value end, { progress = function(_, _, _, ended)
      call()
      ends = ends + (ended and 1 or 0)
      call()
    end })
    local function take()
      for _ in iterate do call() end
    end
    cards.all { take, take, take }
    assert.equal(1, ends)
  end)

  it("ends the loop with its own error", function()
    local ok, message = pcall(told, { 1, 2 }, function() error "unseen" end)
    assert.is_true(ok, message)
    ok, message = pcall(function()
      for _ in cards.each({ 1 }, function() end, { progress = function() error "no paper" end }) do end -- luacheck: ignore
    end)
    assert.is_false(ok)
    assert.matches("no paper", message, 1, true)
  end)
end)
