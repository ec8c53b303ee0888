--- The timeline of a run: no row is lost between its intervals, and intervals of several processes make one.

local core = require "cards.core"
local file = require "cards.cli.timeline.file"
local interval = require "cards.cli.timeline.interval"
local new_folder = require("support.cli").folder
local timeline = require "cards.cli.timeline"

local unpack = table.unpack or unpack -- luacheck: ignore

local KINDS = { "timeout", "declined", "not_found" }

local folder, write, read, remove

setup(function() folder, write, read, remove = new_folder() end)
teardown(function() remove() end)

--- Runs `use` with a clock of its own, which it is given as a function that sets it to so many seconds after the start.
local function with_clock(start, use)
  local real_now, real_time, at = core.now, core.time, 0
  core.now, core.time = function() return 5000 + at end, function() return start + at end -- luacheck: ignore
  local ok, raised = pcall(use, function(seconds)
    at = seconds
    return 5000 + at
  end)
  core.now, core.time = real_now, real_time -- luacheck: ignore
  assert(ok, raised)
end

--- The intervals of a run with rows that end at these times, in order.
local function intervals_of(start, times, counters)
  local list
  with_clock(start, function(set)
    local one = timeline.new(counters)
    local now
    for row, at in ipairs(times) do
      now = set(at)
      local kind = row % 7 == 0 and KINDS[row % 3 + 1] or nil
      one:add(row, (row * 37 % 1000 + 1) / 1000, kind, kind and (row % 2 == 0 and "alix" or nil), now)
      if row % 11 == 0 then
        one:hold("cards.limit", 0.5, now)
      end
    end
    one:finish(now)
    list = one:take()
    assert.same({}, one:take())
  end)
  return list
end

local function random_times(count, most)
  local times = {}
  for i = 1, count do
    times[i] = math.random() * most
  end
  table.sort(times)
  return times
end

local function sum(counts)
  local all = 0
  for _, count in pairs(counts) do
    all = all + count
  end
  return all
end

--- One interval that has the counts of a list.
local function merged(list)
  local one = interval.new(0, 1)
  for _, other in ipairs(list) do
    interval.add(one, other)
  end
  return one
end

local function shuffled(list)
  local copy = { unpack(list) }
  for i = #copy, 2, -1 do
    local j = math.random(i)
    copy[i], copy[j] = copy[j], copy[i]
  end
  return copy
end

describe("the intervals of a timeline", function()
  before_each(function() math.randomseed(16) end)

  it("have each row once, one behind the other, in widths that grow", function()
    local times = random_times(5000, 9000)
    local list = intervals_of(1764394651.25, times)
    local rows, failed, held, ends = 0, 0, 0, 1764394651.25
    for _, one in ipairs(list) do
      assert.is_true(one.at >= ends - 1e-3, "it begins before the end of the one before")
      ends = one.at + one.seconds
      local elapsed = one.at - 1764394651.25
      local widest = elapsed < 590 and 1 or elapsed < 7140 and 10 or 60 -- which may begin a multiple before
      local narrowest = elapsed < 600 and 1 or elapsed < 7200 and 10 or 60
      assert.is_true(one.seconds <= widest, elapsed .. " " .. one.seconds)
      local off = ends % narrowest
      assert.is_true(one == list[#list] or math.min(off, narrowest - off) < 1e-3, "it ends between two multiples")
      assert.equal(one.rows, sum(one.times))
      rows, failed, held = rows + one.rows, failed + sum(one.failed), held + (one.held["cards.limit"] or { 0 })[1]
    end
    assert.same({ 5000, math.floor(5000 / 7), math.floor(5000 / 11) }, { rows, failed, held })
    assert.is_true(math.abs(ends - 1764394651.25 - times[5000]) < 0.01)
    assert.is_true(#list < 600 + 661 + 32)
    local all = merged(list)
    assert.is_truthy(all.failed["alix timeout"] and all.failed["flow timeout"])
  end)

  it("begin with the run, though its first row ends late, and are none where no row ended", function()
    local list = intervals_of(100.5, { 40.25, 40.375 })
    assert.equal(2, #list)
    assert.same({ 100.5, 0.5, 0 }, { list[1].at, list[1].seconds, list[1].rows })
    assert.same({ 140, 0.875, 2 }, { list[2].at, list[2].seconds, list[2].rows })
  end)

  it("name the slowest rows of all, the slowest first", function()
    local all = {}
    for row = 1, 5000 do
      all[row] = { row, (row * 37 % 1000 + 1) / 1000 }
    end
    table.sort(all, function(a, b) return a[2] > b[2] or a[2] == b[2] and a[1] < b[1] end)
    assert.same({ unpack(all, 1, 10) }, merged(intervals_of(0, random_times(5000, 400))).slowest)
  end)

  it("are the same in whatever order they are added, and in whatever groups", function()
    local list = intervals_of(7, random_times(3000, 2000))
    local whole = merged(list)
    for _ = 1, 5 do
      local mixed, groups = shuffled(list), {}
      for i, one in ipairs(mixed) do
        groups[i % 4 + 1] = groups[i % 4 + 1] or {}
        table.insert(groups[i % 4 + 1], one)
      end
      for i, group in ipairs(groups) do
        groups[i] = merged(group)
      end
      assert.same(whole, merged(groups))
    end
  end)

  it("count calls and tries where there are some, and those of a long silence with the rows behind it", function()
    local calls, tries, held = 100, 130, { eager = { 5, 2 } }
    local list
    with_clock(0, function(set)
      local one = timeline.new(function() return calls, tries, held end)
      calls, tries = 110, 145
      held.eager, held.late = { 7, 3.5 }, { 1, 0.25 }
      one:add(1, 0.1, nil, nil, set(0.5))
      one:add(2, 0.1, nil, nil, set(1.5))
      calls, tries = 120, 190
      one:add(3, 0.1, nil, nil, set(60.5))
      one:finish(set(60.6))
      list = one:take()
    end)
    assert.same({ { 10, 15 }, {}, { 10, 45 } }, { { list[1].calls, list[1].tries }, { list[2].calls, list[2].tries }, { list[3].calls, list[3].tries } })
    assert.same({ 20, 60 }, { merged(list).calls, merged(list).tries })
    assert.same({ { eager = { 2, 1.5 }, late = { 1, 0.25 } }, {}, {} }, { list[1].held, list[2].held, list[3].held })
    assert.is_nil(merged(intervals_of(0, { 1, 2 })).calls)
  end)
end)

describe("a line of a timeline", function()
  it("is read as it was written", function()
    for _, one in ipairs(intervals_of(1764394651.5, random_times(500, 100))) do
      local line = interval.write(one)
      assert.matches('^{"at":1764394%d+%.?%d*,', line)
      assert.same(one.times, interval.read(line).times)
      assert.equal(line, interval.write(interval.read(line)))
    end
    local counted = interval.new(1, 1)
    counted.calls, counted.tries = 3, 4
    assert.same(counted, interval.read(interval.write(counted)))
  end)

  it("is refused where it is another one", function()
    local right = '{"at":1,"failed":{"a b":1},"held":{"x":[1,0.5]},"rows":2,"seconds":1,"slowest":[[1,0.5]],"times":{"3":2}}'
    assert.is_table(interval.read(right))
    for from, to in pairs {
      ['"at":1'] = '"at":"1"', ['"rows":2'] = '"rows":-1', ['"seconds":1,'] = '"seconds":0,', ['"a b":1'] = '"a b":1.5', ["[1,0.5]}"] = "[1]}",
      ["[[1,0.5]]"] = "[[0.5,1]]", ['"3":2'] = '"x":2', ['{"3":2}'] = '{"99999":2}', ['"times":{"3":2}'] = '"times":[1]', ['"held"'] = '"Held"',
      ['"rows":2,'] = '"rows":2,"calls":1,',
    } do
      local first, last = right:find(from, 1, true)
      assert.is_nil(interval.read(right:sub(1, first - 1) .. to .. right:sub(last + 1)), to)
    end
    assert.is_nil(interval.read "")
    assert.is_nil(interval.read "[1]")
    assert.is_nil(interval.read(right:sub(1, -2)))
  end)
end)

describe("the file of a timeline", function()
  local function all(path)
    local list, input = {}, assert(io.open(path, "rb"))
    local ok, raised = pcall(function()
      for one in file.intervals(input, path) do
        table.insert(list, one)
      end
    end)
    input:close()
    return ok and list or nil, raised
  end

  it("goes on behind its last whole line, and a new run begins it anew", function()
    local path = folder .. "/a.timeline"
    local list = intervals_of(50, random_times(100, 20))
    local output = assert(file.open(path, true))
    output:write(list)
    output:close()
    local whole = read "a.timeline"
    write("a.timeline", whole .. '{"at":71,"fail')
    output = assert(file.open(path, false))
    assert.equal(whole, read "a.timeline")
    output:write(list)
    output:close()
    assert.equal(2 * #list, #all(path))
    assert(file.open(path, true)):close()
    assert.equal("", read "a.timeline")
  end)

  it("is not one that is something else", function()
    local path = write("mine", "my own\n")
    for _, is_new in ipairs { true, false } do
      local none, why = file.open(path, is_new)
      assert.is_nil(none)
      assert.equal(path .. ": it is there already, and is no timeline of a run: choose another --out, or remove it", why)
    end
    assert.equal("my own\n", read "mine")
    write("mine", interval.write(interval.new(1, 1)) .. "\n\n")
    local list, why = all(path)
    assert.is_nil(list)
    assert.equal(path .. ":2: the line is no interval of a timeline", why)
  end)
end)
