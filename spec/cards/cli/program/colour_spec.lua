--- Colours: only where a person looks at a terminal that has them.

local cli = require "support.cli"
local program = require "support.program"

--- Runs the program in a terminal of its own. @return what it wrote
local function in_terminal(arguments, variables)
  local line = cli.command(variables) .. " " .. arguments
  return (program.shell("script -qec " .. program.quote(line) .. " /dev/null </dev/null"))
end

local CARD, DECLINED = "call alix private_info --card-id c_1", "call alix private_info --card-id sandbox-declined"

describe("colours", function()
  it("make the kind of an error red, and faint what is masked", function()
    local term = { TERM = "xterm", NO_COLOR = "" }
    assert.matches("cards: alix.private_info: \27[31mdeclined\27[0m (HTTP 400", in_terminal(DECLINED, term), 1, true)
    assert.matches("number     \27[2m************\27[0m1111", in_terminal(CARD, term), 1, true)
  end)

  it("are not there with NO_COLOR, on a dumb terminal or with JSON", function()
    local function has_none(arguments, variables)
      local output = in_terminal(arguments, variables)
      assert.matches("declined", output)
      assert.is_nil(output:find "\27")
    end
    has_none(DECLINED, { TERM = "xterm", NO_COLOR = "1" })
    has_none(DECLINED, { TERM = "dumb", NO_COLOR = "" })
    has_none(DECLINED, { TERM = "", NO_COLOR = "" })
    has_none(DECLINED .. " --json", { TERM = "xterm", NO_COLOR = "" })
    assert.is_nil(in_terminal(CARD .. " --json", { TERM = "xterm", NO_COLOR = "" }):find "\27")
  end)

  it("are not there in a file or pipe", function()
    for _, arguments in ipairs { CARD, DECLINED } do
      local output = cli.shell(arguments, { TERM = "xterm", NO_COLOR = "" })
      assert.is_nil(output:find "\27")
      -- of the two streams each by itself
      assert.is_nil(in_terminal(arguments .. (arguments == CARD and " | cat" or " 2>&1 >/dev/null | cat"), { TERM = "xterm", NO_COLOR = "" }):find "\27")
    end
  end)
end)
