-- The module as others get it: installed by LuaRocks or make, and used by a process that knows nothing of the checkout.

local function run(command)
  local pipe = assert(io.popen(command .. " 2>&1; echo \"status=$?\""))
  local output = pipe:read "*a"
  pipe:close()
  return output:match "status=(%d+)%s*$" == "0", output
end

local directory

setup(function()
  local _, output = run "mktemp -d"
  directory = output:match "^%S+"
end)

teardown(function()
  run("rm -rf " .. directory)
end)

-- Fails on a machine-wide installation, on a missing Lua file and on a C module for another Lua.
local script = [[
local cards = require "cards"
for _, name in ipairs { "alix", "netxd", "whop", "payengine", "nayax" } do
  assert(require("cards." .. name) == cards[name], name)
end
local where = package.searchpath and package.searchpath("cards.core", package.cpath) or "unknown"
assert(not where:find("^build/"), where)
local alix = cards.alix.new { base_url = "https://localhost:1", access_token = "t", retries = 0 }
local record, err = alix:private_info "c_1"
assert(record == nil and err.kind == "network", tostring(err))
io.write("works on ", _VERSION, "\n")
]]

local function use(lua, version, prefix)
  local file = assert(io.open(directory .. "/use.lua", "w"))
  file:write(script)
  file:close()
  return run(("cd %s && env -i PATH=\"$PATH\" LUA_PATH='%s/share/lua/%s/?.lua;%s/share/lua/%s/?/init.lua' LUA_CPATH='%s/lib/lua/%s/?.so' %s use.lua"):format(
    directory, prefix, version, prefix, version, prefix, version, lua))
end

describe("luarocks make rockspec/cards-scm-1.rockspec", function()
  for _, version in ipairs { "5.4", "5.1" } do
    it("installs for Lua " .. version .. " without a flag for headers or libraries", function()
      local tree = directory .. "/rocks-" .. version
      local ok, output = run(("env -u LUA_PATH -u LUA_CPATH luarocks --lua-version=%s --tree=%s make rockspec/cards-scm-1.rockspec"):format(version, tree))
      assert.is_true(ok, output)
      local works, printed = use("lua" .. version, version, tree)
      assert.is_true(works, printed)
      assert.matches("works on Lua " .. version, printed, 1, true)
    end)
  end
end)

describe("make install", function()
  for _, version in ipairs { "5.4", "5.3", "5.1" } do
    it("installs for Lua " .. version .. " under PREFIX", function()
      local prefix = directory .. "/prefix-" .. version
      local ok, output = run(("make -s install LUA=%s PREFIX=%s"):format(version, prefix))
      assert.is_true(ok, output)
      local works, printed = use("lua" .. version, version, prefix)
      assert.is_true(works, printed)
      assert.matches("works on Lua " .. version, printed, 1, true)
    end)
  end
end)
