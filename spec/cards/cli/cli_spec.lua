--- The program `cards` whatever its command is.

local cli = require "support.cli"
local program = require "support.program"

local runs, fails = cli.runs, cli.fails
local _, write, remove

setup(function()
  _, write, _, remove = cli.folder()
end)

teardown(function() remove() end)

describe("cards", function()
  it("says how it is used", function()
    runs("Usage: cards", { "--help" })
    fails(2, "a command is required", {})
    fails(2, "cal", { "cal" })
    fails(2, "--nothing", { "check", "--nothing" })
  end)
end)

describe("the program cards", function()
  it("says where what it shows cannot be written", function()
    local policy = write("policy.lua", "return { number = pan { last = 4 } }")
    for _, command in ipairs { "describe", "describe --json", "check " .. policy, "policy explain " .. policy, "policy explain --json " .. policy } do
      local output, status = program.shell(("%s lua/cards/cli/cards %s >/dev/full"):format(os.getenv "LUA_BIN", command))
      assert.equal(1, status, command)
      assert.matches("cards: standard output: .*No space left", output)
    end
  end)
end)
