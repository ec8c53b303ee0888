--- The module as a file and as a table: what it exports, how it is linked, what it says about itself.

local cards = require "cards"
local core = require "cards.core"
local program = require "support.program"

--- The file that require loaded.
local function library()
  for template in package.cpath:gmatch "[^;]+" do
    local path = template:gsub("%?", "cards/core")
    local file = io.open(path, "rb")
    if file then
      file:close()
      return program.quote(path)
    end
  end
  error "cards/core is on no path"
end

describe("the module", function()
  it("has what docs/design/contract.md lists", function()
    for _, name in ipairs { "alix", "netxd", "whop", "payengine", "nayax" } do
      assert.is_table(cards[name])
    end
    for _, name in ipairs { "describe", "memory", "redact" } do
      assert.is_function(cards[name])
    end
    assert.is_function(cards.secret.from_env)
    assert.is_function(cards.secret.from_file)
    assert.is_string(cards._VERSION)
  end)

  it("is one table however often it is required", function()
    assert.equal(cards, require "cards")
    assert.equal(core, package.loaded["cards.core"])
  end)

  it("leaves no global behind", function()
    local output, status = program.run [[
      local before = {}
      for name in pairs(_G) do before[name] = true end
      require "cards"
      for name in pairs(_G) do
        if not before[name] then print(name) end
      end
    ]]
    assert.equal("", output)
    assert.equal(0, status)
  end)

  it("says whether a coroutine can yield, as nginx needs it, where Lua can say so", function()
    assert.equal(program.lua ~= "5.1", core.is_yieldable ~= nil)
    assert.equal(program.lua == "5.1", core.seems_yieldable ~= nil)
  end)

  it("tells from the stack in Lua 5.1 whether a coroutine can yield", function()
    if program.lua ~= "5.1" then
      pending "the others can say"
    end
    local function ask()
      local answer = core.seems_yieldable()
      return answer
    end
    local function tail() return ask() end
    local said = {}
    local object = setmetatable({}, { __index = function() return (ask()) end, __add = function() return (ask()) end })
    coroutine.wrap(function()
      said.direct, said.tail, said.field = ask(), tail(), ({ ask = ask }).ask()
      said.pcall, said.metamethod, said.operator = select(2, pcall(ask)), object.missing, object + 1
      table.sort({ 2, 1 }, function(a, b)
        said.sort = ask()
        return a < b
      end)
      for answer in function(_, before) return before == nil and tostring(ask()) or nil end do said.iterator = answer == "true" end
      said.again = ask()
    end)()
    assert.same({
      direct = true, tail = true, field = true, again = true, pcall = false, metamethod = false, operator = false, sort = false, iterator = false,
    }, said)
  end)

  it("lists its providers", function()
    local names = core.providers()
    table.sort(names)
    assert.same({ "alix", "nayax", "netxd", "payengine", "whop" }, names)
    assert.is_nil(core.provider "nobody")
  end)

  it("works in a second state of the same process, and after its end", function()
    -- a coroutine is no state of its own; a second require after the first was forgotten comes closest from Lua
    local output, status = program.run [[
      local first = require "cards"
      local secret = first.secret("4111111111111111", "pan")
      for name in pairs(package.loaded) do
        if name:find "^cards" then package.loaded[name] = nil end
      end
      local second = require "cards"
      print(first ~= second, tostring(secret), second.secret("x"):equals(second.secret "x"))
      first = nil
      collectgarbage()
      print(secret:equals "4111111111111111")
    ]]
    assert.equal("true\t************1111\ttrue\ntrue\n", output)
    assert.equal(0, status)
  end)

  it("says when another module has initialised libcurl first", function()
    local memory = cards.memory()
    assert.equal(memory.wiping, memory.why.wiping == nil)
  end)
end)

describe("the library file", function()
  it("exports one function", function()
    local output, status = program.shell("nm -D --defined-only " .. library())
    assert.equal(0, status)
    local names = {}
    for name in output:gmatch "%x+ %a ([^\n]+)" do
      names[#names + 1] = name
    end
    assert.same({ "luaopen_cards_core" }, names)
  end)

  it("resolves its symbols at once, is read-only after that, and is never unloaded", function()
    local output = program.shell("readelf -dW " .. library())
    assert.matches("FLAGS_1%).-NOW", output)
    assert.matches("FLAGS_1%).-NODELETE", output)
    assert.not_matches("TEXTREL", output, 1, true)
    assert.not_matches("RPATH", output, 1, true)
    assert.not_matches("RUNPATH", output, 1, true)
    assert.matches("GNU_RELRO", program.shell("readelf -lW " .. library()), 1, true)
  end)

  it("has no executable stack", function()
    local flags = program.shell("readelf -lW " .. library()):match "GNU_STACK[^\n]*"
    assert.matches(" RW ", flags, 1, true)
    assert.not_matches("E", flags:gsub("GNU_STACK", ""), 1, true)
  end)

  it("brings its own Lua as little as its own libcurl: both are the host's", function()
    local output = program.shell("readelf -dW " .. library())
    assert.matches("NEEDED[^\n]*libcurl", output)
    assert.not_matches("NEEDED[^\n]*liblua", output)
  end)
end)

describe("a misuse of the core", function()
  it("is an error, never a crash", function()
    local output, status = program.run [[
      local core = require "cards.core"
      -- 0.001: some of them wait for so long
      local values = { false, 0.001, "alix", {}, io.stdout, function() end, core.secret "x", coroutine.create(function() end) }
      local names, leave_files = {}, { append = true, log = true }
      for name in pairs(core) do names[#names + 1] = not leave_files[name] and name or nil end
      table.sort(names)
      for _, name in ipairs(names) do
        for _, a in ipairs(values) do
          for _, b in ipairs(values) do
            pcall(core[name], a)
            pcall(core[name], a, b)
            pcall(core[name], a, b, {})
            pcall(core[name], a, b, {}, {}, {}, 1)
          end
        end
        pcall(core[name])
      end
      print "alive"
    ]]
    assert.equal("alive\n", output)
    assert.equal(0, status)
  end)

  it("of an operation on something else names both", function()
    local client = cards.whop.new { token = "t" }
    local ok, message = pcall(cards.alix.private_info, client, "c_1")
    assert.is_false(ok)
    assert.matches("the first argument must be a cards.alix client, not a cards.whop client", message, 1, true)
    ok, message = pcall(cards.alix.private_info, "c_1")
    assert.is_false(ok)
    assert.matches("cards.alix client, not string", message, 1, true)
  end)
end)

describe("a digest", function()
  it("is SHA-256", function()
    assert.equal("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", core.sha256 "")
    assert.equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", core.sha256 "abc")
  end)
end)
