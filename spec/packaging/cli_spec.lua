-- The program `cards` as others get it: a rock of its own, and by make install.

local function run(command)
  local pipe = assert(io.popen("( " .. command .. " ) 2>&1; echo \"status=$?\""))
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

--- Runs a program that knows nothing of the checkout.
local function use(program, variables)
  return run(("cd %s && env -i PATH=\"$PATH\" %s %s describe alix.private_info"):format(directory, variables or "", program))
end

describe("luarocks make rockspec/cards-cli-scm-1.rockspec", function()
  for _, version in ipairs { "5.4", "5.1" } do
    it("installs the program for Lua " .. version .. " beside Debian's lua-argparse", function()
      local luarocks = ("env -u LUA_PATH -u LUA_CPATH luarocks --lua-version=%s --tree=%s/rocks-%s make "):format(version, directory, version)
      local ok, output = run(luarocks .. "rockspec/cards-scm-1.rockspec && " .. luarocks .. "--deps-mode none rockspec/cards-cli-scm-1.rockspec")
      assert.is_true(ok, output)
      -- with --deps-mode none the program looks only where Lua does, which is where rocks of the whole system are
      local tree = ("%s/rocks-%s"):format(directory, version)
      local variables = ("LUA_PATH='%s/share/lua/%s/?.lua;%s/share/lua/%s/?/init.lua;;' LUA_CPATH='%s/lib/lua/%s/?.so;;'"):format(
        tree, version, tree, version, tree, version)
      local works, printed = use(tree .. "/bin/cards", variables)
      assert.is_true(works, printed)
      assert.matches("card_id  string, required", printed, 1, true)
    end)
  end

  it("names every file of the program", function()
    local file = assert(io.open "rockspec/cards-cli-scm-1.rockspec")
    local text = file:read "*a"
    file:close()
    local _, listed = run "ls lua/cards/cli/*"
    for path in listed:gmatch "lua/[%w_/%.]+" do
      assert.truthy(text:find('"' .. path .. '"', 1, true), path)
    end
    for path in text:gmatch '= "(lua/[^"]+)"' do
      assert.truthy(listed:find(path, 1, true), path)
    end
  end)
end)

describe("make install", function()
  for _, version in ipairs { "5.4", "5.3", "5.1" } do
    it("installs the program for Lua " .. version .. " wherever PREFIX is", function()
      local ok, output = run(("make -s install LUA=%s PREFIX=%s/prefix-%s"):format(version, directory, version))
      assert.is_true(ok, output)
      local works, printed = use(("%s/prefix-%s/bin/cards"):format(directory, version))
      assert.is_true(works, printed)
      assert.matches("card_id  string, required", printed, 1, true)
    end)
  end
end)
