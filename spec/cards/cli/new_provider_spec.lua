--- cards new-provider: the files of a provider, to go on with.

local cli = require "support.cli"
local program = require "support.program"

local runs, fails = cli.runs, cli.fails
local folder, _, read, remove

setup(function()
  folder, _, read, remove = cli.folder()
end)

teardown(function() remove() end)

describe("cards new-provider", function()
  it("writes files that pass their own checks", function()
    runs(folder .. "/acme_2_spec.lua", { "new-provider", "acme_2", "--dir", folder })
    runs("a mapping without mistakes", { "check", folder .. "/acme_2.lua", folder .. "/acme_2_mapping.lua" })
    assert.matches("CARDS_ACME_2_TOKEN", read "acme_2.lua")
    assert.matches("\n%-%-%-@type cards%.Definition\nreturn {", read "acme_2.lua")
    assert.matches("\n%-%-%-@type cards%.Mappings\nreturn {", read "acme_2_mapping.lua")
    local output, status = program.shell(("%s /usr/bin/busted -o TAP %s"):format(os.getenv "LUA_BIN", folder .. "/acme_2_spec.lua"))
    assert.equal(0, status, output)
    assert.matches("ok 3", output)
    fails(1, "it is there already", { "new-provider", "acme_2", "--dir", folder })
    os.remove(folder .. "/acme_2.lua")
    fails(1, "acme_2_mapping.lua: it is there already", { "new-provider", "acme_2", "--dir", folder })
    assert.is_nil(read "acme_2.lua")
    fails(2, "lower-case letters", { "new-provider", "../x", "--dir", folder })
    fails(2, "is a provider already", { "new-provider", "alix", "--dir", folder })
    fails(1, "/nowhere", { "new-provider", "other", "--dir", "/nowhere" })
  end)

  it("takes no longer name than a definition does", function()
    local longest = ("a"):rep(32)
    runs(folder, { "new-provider", longest, "--dir", folder })
    runs("a definition without mistakes", { "check", folder .. "/" .. longest .. ".lua" })
    fails(2, "not longer than 32", { "new-provider", longest .. "a", "--dir", folder })
  end)

  it("takes names that are words of Lua's, or of the spec's", function()
    for _, name in ipairs { "end", "cards", "it" } do
      runs(folder, { "new-provider", name, "--dir", folder })
      local output, status = program.shell(("%s /usr/bin/busted -o TAP %s"):format(os.getenv "LUA_BIN", folder .. "/" .. name .. "_spec.lua"))
      assert.equal(0, status, output)
    end
  end)
end)
