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
    fails(2, "unknown command 'cal' (did you mean 'call'?)", { "cal" })
    fails(2, "`cards check --help` says how it is used", { "check", "--nothing" })
    fails(2, "--nothing", { "check", "--nothing" })
  end)
end)

--- Runs the program where a module cannot be required. @return what it wrote, its exit status
local function without(hidden, message)
  local file = program.file(([[
    package.preload[%q] = function() error(%q, 0) end
    arg = { "describe" }
    dofile "lua/cards/cli/cards"]]):format(hidden, message))
  local output, status = program.shell(os.getenv "LUA_BIN" .. " " .. file)
  os.remove(file)
  return output, status
end

describe("the program cards", function()
  it("shows its version, which is the module's", function()
    local output = runs("cards " .. require("cards")._VERSION .. " (", { "--version" }, { only = "stdout" })
    assert.matches("^cards %S+ %(Lua[^\n]*%)\n$", output)
  end)

  it("has a description for each command, and its help says what is next", function()
    local output = runs("Commands:", { "--help" })
    for name in output:match "Commands:\n(.-)\n\n":gmatch "   ([%l-]+) +%u" do
      local help = runs("Usage: cards " .. name, { name, "--help" })
      assert.matches("\n\n%u[^\n]+%.\n", help)
    end
    runs("cards call alix private_info --card-id c_1", { "--help" })
  end)

  it("says in one line which package is missing", function()
    for hidden, package in pairs { argparse = "lua-argparse", cjson = "lua-cjson", ["cards.core"] = "cards" } do
      local output, status = without(hidden, ("module '%s' not found:\n\tno field package.preload['%s']"):format(hidden, hidden))
      assert.equal(1, status, output)
      assert.matches("^cards: [^\n]+ has no module " .. hidden:gsub("%p", "%%%0") .. ": install " .. package:gsub("%p", "%%%0") .. "[^\n]*\n$", output)
    end
    local output, status = without("cards.core", "error loading module 'cards.core' from file 'core.so':\n\tlibcurl.so.4: cannot open shared object file")
    assert.equal(1, status, output)
    assert.matches("^cards: [^\n]*libcurl.so.4: cannot open shared object file\n$", output)
  end)

  it("says that Ctrl-C has interrupted it, though it has not begun", function()
    for _, name in ipairs { "cards.cli.json", "cards.cli.feed", "cards.cli.report" } do -- of the program, and of its commands
      local file = program.file(([[
        local require_of_lua = require
        function require(name)
          if name == %q then
            local pid = io.open("/proc/self/stat"):read "*n"
            io.popen("kill -INT " .. pid):close()
          end
          return require_of_lua(name)
        end]]):format(name))
      local output, status = program.shell(("LUA_INIT=@%s %s lua/cards/cli/cards describe"):format(file, os.getenv "LUA_BIN"))
      if program.lua ~= "luajit" then -- its host leaves the signal as it is
        assert.equal(130, status, output)
        assert.equal("cards: interrupted\n", output)
      end
    end
  end)

  it("says where what it shows cannot be written", function()
    local policy = write("policy.lua", "return { number = pan { last = 4 } }")
    for _, command in ipairs { "--help", "--version", "call --help", "completion bash", "describe", "describe --json", "check " .. policy,
      "policy explain " .. policy, "policy explain --json " .. policy } do
      local output, status = program.shell(("%s lua/cards/cli/cards %s >/dev/full"):format(os.getenv "LUA_BIN", command))
      assert.equal(1, status, command)
      assert.matches("cards: standard output: .*No space left", output)
    end
  end)
end)
