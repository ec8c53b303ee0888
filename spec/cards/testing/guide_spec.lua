--- docs/guide/testing.md: its files are run, as busted runs a reader's own.

local cli = require "support.cli"
local program = require "support.program"

describe("the guide to testing", function()
  local folder, write, _, remove = cli.folder()
  teardown(remove)

  local page = assert(io.open "docs/guide/testing.md")
  local specs, tests = {}, 0
  for name, text in page:read "*a":gmatch "```lua\n%-%- ([%w_]+%.lua)\n(.-)```" do
    write(name, text)
    if name:find "_spec" then
      specs[#specs + 1] = folder .. "/" .. name
      tests = tests + select(2, text:gsub("%f[%w]it%(", ""))
    end
  end
  page:close()

  it("has specs that pass, " .. tests .. " of them", function()
    local busted = ("%s /usr/bin/busted -o TAP %s"):format(os.getenv "LUA_BIN", table.concat(specs, " "))
    local output, status = program.shell(("LUA_PATH='%s/?.lua;'\"$LUA_PATH\" %s"):format(folder, busted))
    assert.equal(0, status, output)
    assert.equal(tests, select(2, output:gsub("ok %d+ ", "")), output)
    assert.is_true(tests >= 2)
  end)
end)
