--- Signals during a call: Ctrl-C ends it, others do not.

local program = require "support.program"
local sandbox = require "support.sandbox"

--- A program in a call that the sandbox has received and does not answer.
-- @param case how the sandbox misbehaves
-- @param within Lua source that calls `call`, a function
local function start(case, within)
  local id = sandbox.unique_id "signal"
  local process = program.start(([[
    local cards, sandbox = require "cards", require "support.sandbox"
    local client = cards.alix.new(sandbox.config("alix", { timeout = 30, headers = { ["X-Sandbox"] = %q } }))
    local function call()
      local record, err = client:private_info(%q)
      print("returned", record and record.cardNo or err)
    end
    %s
    print "went on"
  ]]):format(case, id, within or "call()"))
  program.wait_for("the call to arrive", function() return sandbox.seen(id).count > 0 end)
  return process, id
end

--- LuaJIT's host program here takes no signals: Ctrl-C just ends it.
local handles_interrupts = program.lua ~= "luajit"

describe("Ctrl-C", function()
  it("ends a blocking call and the program, as it ends a loop", function()
    local process, id = start "never"
    process.signal "INT"
    local output, status = process.finish()
    assert.not_equal(0, status)
    assert.not_matches("timeout", output, 1, true)
    assert.not_matches("went on", output, 1, true)
    if handles_interrupts then
      assert.matches("interrupted", output, 1, true)
    else
      assert.equal(128 + 2, status)
    end
    assert.equal(1, sandbox.seen(id).count)
  end)

  it("ends a call between its attempts", function()
    local process, id = start "unavailable,retry_after=25"
    process.signal "INT"
    local output, status = process.finish()
    assert.not_equal(0, status)
    assert.not_matches("returned", output, 1, true)
    assert.equal(1, sandbox.seen(id).count)
  end)

  it("ends a call in a coroutine", function()
    local process = start("never", "coroutine.wrap(call)()")
    process.signal "INT"
    local output, status = process.finish()
    assert.not_matches("timeout", output, 1, true)
    if handles_interrupts then
      assert.matches("interrupted", output, 1, true)
    else
      assert.equal(128 + 2, status)
    end
  end)

  it("leaves a program that catches it with a library that works", function()
    if not handles_interrupts then
      pending "LuaJIT's host program takes no signals"
      return
    end
    local process = start("never", [[
      local ok, why = pcall(call)
      print("caught", ok, why)
      local other = cards.alix.new(sandbox.config("alix", { retries = 0 }))
      print("then", assert(other:private_info(sandbox.unique_id "after")).cardNo)
    ]])
    process.signal "INT"
    local output, status = process.finish()
    assert.matches("caught\tfalse\t[^\n]*interrupted", output)
    assert.matches("then\t************1111", output, 1, true)
    assert.equal(0, status)
  end)
end)

describe("another signal", function()
  it("does not end a call: child ended, window resized, stopped and continued", function()
    local process, id = start "slow_first_byte=1"
    for _, name in ipairs { "CHLD", "WINCH", "URG", "STOP", "CONT", "CHLD" } do
      process.signal(name)
    end
    local output, status = process.finish()
    assert.equal("returned\t************1111\nwent on\n", output)
    assert.equal(0, status)
    assert.equal(1, sandbox.seen(id).count)
  end)
end)
