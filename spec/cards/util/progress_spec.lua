--- cards.progress: a line on a terminal, nothing elsewhere. A terminal comes from script(1) of util-linux.

local cards = require "cards"
local program = require "support.program"

-- Why there is no terminal to be had, or nil: no program script, or no pseudo-terminal for it, as in some containers.
local said, tried = program.shell "script -qec true /dev/null </dev/null"
local missing = tried ~= 0 and "no terminal: " .. said:gsub("%s+$", "") or nil

--- Runs Lua source with standard error on a terminal. @return what the terminal got, status
local function on_terminal(source)
  local path = program.file(source)
  local output, status = program.shell(("TERM=dumb script -qec %s /dev/null </dev/null"):format(program.quote(os.getenv "LUA_BIN" .. " " .. path)))
  os.remove(path)
  return output, status
end

--- The lines that were shown one after the other in the same place.
local function shown(output)
  local lines = {}
  for line in output:gmatch "\r([^\r\n]-)\27%[K" do
    table.insert(lines, line)
  end
  return lines
end

-- Time goes as the spec says: a call takes as long as its value.
local source = [[
local core = require "cards.core"
local now = 100
core.now = function() return now end
local cards = require "cards"
local function call(seconds)
  now = now + math.abs(seconds)
  if seconds < 0 then return nil, "failed" end
  return seconds
end
local function run(values, progress, total)
  for _ in cards.each(values, call, { concurrency = 1, progress = progress }) do end
end
]]

describe("cards.progress", function()
  it("is silent where standard error is no terminal", function()
    local output, status = program.run(source .. [[
      run({ 1, -1, 1 }, cards.progress)
      run({ 1, -1, 1 }, cards.progress { total = 3 })
    ]])
    assert.equal(0, status, output)
    assert.equal("", output)
  end)

  it("writes nothing to standard output", function()
    if missing then
      pending(missing)
      return
    end
    local path = program.file(source .. "run({ 1, 1 }, cards.progress)")
    local output = program.shell(("script -qec %s /dev/null </dev/null"):format(program.quote(os.getenv "LUA_BIN" .. " " .. path .. " | wc -c")))
    os.remove(path)
    assert.matches("\n0\r", output, 1, true)
  end)

  it("shows count, rate, errors and the time that is left, in one line", function()
    if missing then
      pending(missing)
      return
    end
    local output, status = on_terminal(source .. [[
      local values = {}
      for i = 1, 2000 do values[i] = i % 500 == 0 and -0.5 or 0.5 end
      run(values, cards.progress)
    ]])
    assert.equal(0, status, output)
    local lines = shown(output)
    assert.equal("501 of 2,000 done, 2/s, 1 error, 12:30 left", lines[500])
    assert.equal("1,500 of 2,000 done, 2/s, 3 errors, 4:10 left", lines[1499])
    assert.equal("2,000 of 2,000 done, 2/s, 4 errors, 16:40", lines[#lines])
    assert.is_nil(output:match "\n.", "more than one line")
    assert.matches("\n$", output)
  end)

  it("shows how long it has taken where no total is known, and takes one that is", function()
    if missing then
      pending(missing)
      return
    end
    local output = on_terminal(source .. [[
      local function numbers()
        local left = 11
        return function() left = left - 1 return left > 0 and 3600 or nil end
      end
      run(numbers(), cards.progress)
      run(numbers(), cards.progress { total = 20 })
    ]])
    local lines = shown(output)
    assert.equal("10 done, 0/s, 0 errors, 9:00:00", lines[10])
    assert.equal("5 of 20 done, 0/s, 0 errors, 15:00:00 left", lines[#lines - 6])
    assert.equal("10 of 20 done, 0/s, 0 errors, 10:00:00 left", lines[#lines - 1])
  end)

  it("shows a line five times a second at most, and the last one always", function()
    if missing then
      pending(missing)
      return
    end
    local output = on_terminal(source .. [[
      local values = {}
      for i = 1, 10001 do values[i] = 0.001 end
      run(values, cards.progress)
    ]])
    local lines = shown(output)
    assert.is_true(#lines >= 45 and #lines <= 51, #lines)
    assert.equal("10,001 of 10,001 done, 1,000/s, 0 errors, 0:10", lines[#lines])
  end)

  it("refuses misuse at the caller's line", function()
    local function refused(expected, options)
      local ok, message = pcall(function() cards.progress(options) end)
      assert.is_false(ok)
      assert.matches("progress_spec.lua:%d+: cards.progress: ", message)
      assert.matches(expected, message, 1, true)
    end
    refused("unknown key 'totl' (did you mean 'total'?)", { totl = 5 })
    refused("total must be a number", { total = "5" })
    refused("total must be a whole number", { total = -1 })
    refused("cards.progress: the argument must be a table", "5")
  end)
end)
