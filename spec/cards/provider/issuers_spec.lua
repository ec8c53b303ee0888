--- The stand-ins of spec/sandbox/issuers, each tried by a client of its own in Node, without the module: what they answer rightly and what they refuse.

local program = require "support.program"
local sandbox = require "support.sandbox"

describe("the stand-ins of issuers", function()
  it("answer what their pages describe and refuse all else", function()
    assert.equal("yes", sandbox.url "ISSUERS", "the sandbox has none: install Node, and jose by spec/support/deps test")
    local output, status = program.shell("node spec/sandbox/issuers/selftest.mjs " .. program.quote(sandbox.directory()))
    assert.equal(0, status, output)
    assert.matches("^%d%d%d passed, 0 failed\n$", output)
  end)
end)
