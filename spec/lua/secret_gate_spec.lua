--- core.gate: the bytes of a secret leave it through one function of Lua, and no other way leads to them.

local cards = require "cards"
local core = require "cards.core"
local program = require "support.program"

local secret = cards.secret("4111111111111111", "pan")

--- The message of what the function raises, in a line of its own.
local function raised(call)
  local ok, message = pcall(call)
  assert.is_false(ok)
  return message
end

describe("the gate of secrets", function()
  it("stands from the first reveal on, whatever was required", function()
    for _, module in ipairs { "cards", "cards.core", "cards.alix", "cards.reveal" } do
      local source = ([[
        require %q
        local core = require "cards.core"
        local s = core.secret("4111111111111111", "pan")
        print(s:reveal(), debug.getinfo(s.reveal, "S").what, s.reveal == core.secret "x".reveal, select(2, pcall(core.gate, print)))
      ]]):format(module)
      assert.equal("4111111111111111\tLua\ttrue\tthe gate stands already\n", (program.run(source)))
    end
  end)

  it("is made once: who makes it too early gets no second one", function()
    local source = [[
      local core = require "cards.core"
      core.gate(function(raw) return raw end)
      print(pcall(require, "cards"))
    ]]
    assert.matches("the gate stands already", (program.run(source)), 1, true)
  end)

  it("is made later where its maker raises, as where memory is used up", function()
    local source = [[
      local core = require "cards.core"
      print(pcall(core.gate, function() error("no", 0) end))
      print(pcall(core.gate, 5))
      print(require "cards".secret "x":reveal())
    ]]
    assert.matches("^false\tno\nfalse\tbad argument #1 to '[^']*' %(function expected, got number%)\nx\n$", (program.run(source)))
  end)

  it("keeps its function for itself", function()
    local seen = {}
    local function look(value)
      if seen[value] then return end
      seen[value] = true
      if type(value) == "table" then
        for key, content in next, value do look(key) look(content) end
      elseif type(value) == "function" and value ~= secret.reveal then
        local ok, text = pcall(value, secret)
        assert.is_false(ok and type(text) == "string" and text:find("4111111111111111", 1, true) ~= nil)
      end
    end
    look { core.memory, core.origin, core.redact, require "cards.reveal" }
    for _, name in ipairs { "close", "mask", "first", "last", "digits", "luhn", "equals" } do
      if name ~= "close" then look(secret[name]) end
    end
    assert.is_string(secret:reveal())
  end)
end)

describe("s:reveal()", function()
  local closed = cards.secret "x"
  closed:close()

  it("raises at the line that calls it where the secret is closed", function()
    local line = debug.getinfo(1, "l").currentline + 1
    local message = raised(function() local _ = closed:reveal() end)
    assert.matches(("secret_gate_spec.lua:%d: the secret is closed"):format(line), message, 1, true)
    assert.equal("the secret is closed", select(2, pcall(closed.reveal, closed)))
  end)

  it("raises there where it is no secret", function()
    for _, value in ipairs { "x", 5, {}, io.stdout } do
      local line = debug.getinfo(1, "l").currentline + 1
      local message = raised(function() local _ = secret.reveal(value) end)
      assert.matches(("secret_gate_spec.lua:%d: bad argument #1 to 'reveal' (secret expected)"):format(line), message, 1, true)
    end
    assert.equal("bad argument #1 to 'reveal' (secret expected)", select(2, pcall(secret.reveal)))
  end)
end)
