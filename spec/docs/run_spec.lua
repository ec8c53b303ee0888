--- Pages whose code fails: the runner says so, wherever it fails.

local program = require "support.program"

local quote = program.quote

--- Runs a page of these lines. @return its report, and the status
local function run(...)
  local folder = program.shell "mktemp -d":match "^%S+"
  finally(function() program.shell("rm -rf " .. quote(folder)) end)
  local file = assert(io.open(folder .. "/page.md", "w"))
  file:write(table.concat({ ... }, "\n"), "\n")
  file:close()
  -- `lua` is what the runner itself runs on
  return program.shell(('ln -s "$(command -v lua5.4)" %s/lua && PATH=%s:$PATH lua5.4 spec/docs/run.lua %s %s/page.md'):format(
    quote(folder), quote(folder), quote(folder .. "/run"), quote(folder)))
end

local function passes(...)
  local output, status = run(...)
  assert.equal(0, status, output)
end

local function fails(why, ...)
  local output, status = run(...)
  assert.equal(1, status, output)
  assert.matches(why, output, 1, true)
end

describe("the shell of a page", function()
  local function sh(...) return "```sh", table.concat({ ... }, "\n"), "```" end

  it("passes where it prints what stands behind it", function()
    passes("```sh", "echo a && echo b", "echo c | cat", "false # exit 1", "```", "", "```text", "a", "b", "c", "```")
    fails('the page shows "b", printed was "a"', "```sh", "echo a", "```", "```text", "b", "```")
  end)

  it("fails at a command in the middle, in a pipe and before &&", function()
    fails("it failed", sh("false", "true"))
    fails("it failed", sh("false | true", "true"))
    fails("it failed", sh("false && true", "true"))
    fails("it failed", sh("false && true"))
    fails("it failed", sh("true && false | cat && true"))
  end)

  it("fails where it has another status than the page says, and where it ends by itself", function()
    fails("exit 1", sh("false # exit 2"))
    fails("exit 0", sh("true # exit 2"))
    fails("it failed", sh("exit 0"))
    fails("a block before it failed", "```sh", "false", "```", "```sh", "true", "```")
  end)
end)

describe("the program of a page", function()
  it("passes where it prints what it shows", function()
    passes("```lua", "print(1) --> 1", "```")
    fails('the page shows "2", printed was "1"', "```lua", "print(1) --> 2", "```")
  end)

  it("fails where it raises, ends before its end, or shows nothing", function()
    fails("it ended with 1", "```lua", "print(1) --> 1", "error 'no'", "```")
    fails("it ended before its last line", "```lua", "print(1) --> 1", "os.exit(0)", "error 'no'", "```")
    fails("it shows nothing", "```lua", "local card, err = nil, 'no'", "```")
  end)
end)
