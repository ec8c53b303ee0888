--- What a confined script can do, and how it ends where it does more.

local cards = require "cards"
local confine = require "cards.script.confine"
local core = require "cards.core"
local program = require "support.program"

--- Compiles and runs a script. @return true and its results, or false and the error
local function run(text, names)
  local chunk, wrong = confine.compile(text, "cards/map.lua", confine.environment(names))
  if not chunk then
    return false, wrong
  end
  return confine.run(chunk)
end

local function refused(text, expected, names)
  local ok, wrong = run(text, names)
  assert.is_false(ok)
  assert.equal(expected, wrong)
end

local function function_of(text, names)
  return confine.wrap(select(2, assert(run(text, names))))
end

describe("a confined script", function()
  it("has what it takes to write a mapping", function()
    local ok, result = run [[
      local list = {}
      for word in ("b a c"):gmatch "%a" do table.insert(list, word) end
      table.sort(list)
      table.insert(list, 1, tostring(math.floor(2.5)))
      return ("%s %d %s"):format(table.concat(list, ","), select("#", 1, 2), type(unpack { "x" }))
    ]]
    assert.is_true(ok, result)
    assert.equal("2,a,b,c 2 string", result)
  end)

  it("may begin with a byte order mark or a line for the shell", function()
    assert.same({ true, 2 }, { run "\239\187\191#!/usr/bin/cards\nreturn 2" })
    refused("#!/usr/bin/cards\nerror 'no'", "cards/map.lua:2: no")
  end)

  it("says which line reaches for what it lacks", function()
    for _, name in ipairs { "io", "os", "require", "load", "loadstring", "loadfile", "dofile", "debug", "getmetatable", "setmetatable", "rawset", "rawget",
      "coroutine", "collectgarbage", "print", "pcall", "xpcall", "package", "getfenv", "setfenv", "newproxy", "jit", "ffi", "ngx", "_G", "module" } do
      refused("local x = 1\nreturn " .. name, ("cards/map.lua:2: '%s' is not available to a confined script"):format(name))
    end
    refused("\n\nreturn monht", "cards/map.lua:3: unknown name 'monht': the nearest is 'month'", { month = {} })
    assert.matches("^cards/map.lua:1: .*dump", select(2, run "local dump = (''):dump() return dump"))
    assert.is_nil(select(2, run "return string.dump"))
    assert.is_nil(select(2, run "return math.randomseed"))
    assert.is_nil(select(2, run "return table.move"))
  end)

  it("changes nothing of the host's and nothing of another script's", function()
    local upper = string.upper
    assert(run "string.upper = nil; table.concat = nil; math.floor = 1; tostring = nil; new = 5; return new")
    assert.equal(upper, string.upper)
    assert.equal("A", ("a"):upper())
    assert.is_nil(rawget(_G, "new"))
    assert.same({ true, "A1" }, { run "return ('a'):upper() .. tostring(1)" })
    assert.matches("^cards/map.lua:1: attempt to index ", (select(2, run "local s = 'a' s.x = 1")))
    assert.equal(string, getmetatable("").__index)
    for _, call in ipairs { "insert(rule, 1)", "remove(rule)", "sort(rule)" } do
      local name = call:match "^%a+"
      refused("table." .. call, ("cards/map.lua:1: bad argument #1 to '%s' (it cannot be changed)"):format(name), { rule = cards.mask.keep })
    end
    assert.is_nil(next(cards.mask.keep))
  end)

  it("is no bytecode, and not endless", function()
    assert.same({ false, "cards/map.lua: a script is text, not bytecode" }, { run(string.dump(function() end)) })
    assert.same({ false, "cards/map.lua: a script is no longer than 1048576 bytes" }, { run(("-"):rep(1024 * 1024 + 1)) })
  end)

  it("keeps the line of a mistake in its grammar", function()
    assert.matches("^cards/map.lua:2: ", select(2, run "return {\n  a = = 1 }"))
    assert.matches("^cards/map.lua[^\n]*$", select(2, run("return " .. ("{"):rep(10000) .. ("}"):rep(10000))))
  end)

  it("cannot reveal a secret, whichever way it takes", function()
    local secret = cards.secret("4111111111111111", "pan")
    local names = { secret = secret }
    refused("return secret:reveal() .. ''", "cards/map.lua:1: reveal is not available to a confined script", names)
    refused("local f = secret.reveal\nlocal s = f(secret)\nreturn s", "cards/map.lua:2: reveal is not available to a confined script", names)
    refused("return ('x'):gsub('x', function() return secret:digits():reveal() end)", "cards/map.lua:1: reveal is not available to a confined script", names)
    refused("return secret:equals('4111111111111111')", "cards/map.lua:1: equals takes another secret in a confined script, which could try all texts", names)
    assert.same({ true, true }, { run("return secret:equals(secret:digits())", names) })
    assert.same({ true, "1111" }, { run("return secret:last(4)", names) })
    assert.same({ true, "************1111" }, { run("return '' .. tostring(secret)", names) })
    assert.equal("4111111111111111", secret:reveal())
  end)
end)

describe("the bounds of a confined script", function()
  -- The time of a slow machine, or of one under valgrind, may be up before the instructions are.
  -- With limits of the test's own instead of those of a file it is over sooner.
  local function exceeds(what, text, limits)
    local ok, wrong
    if limits then
      ok, wrong = core.confined(assert(confine.compile(text, "cards/map.lua", confine.environment())), limits)
    else
      ok, wrong = run(text)
    end
    assert.is_false(ok)
    assert.truthy(wrong:find("cards/map.lua:2: the script took ", 1, true), wrong)
    assert.truthy(wrong:find(what, 1, true) or wrong:find("2000 ms", 1, true), wrong)
    assert.is_nil(debug.gethook())
    assert.equal(string, getmetatable("").__index)
    assert.equal(100000, #("x"):rep(100000)) -- the host goes on
  end

  it("end a loop", function()
    local few = { instructions = 1e6, bytes = 1e7, seconds = 2, methods = string }
    exceeds("instructions", "\nwhile true do end")
    exceeds("instructions", "\nlocal function f(n) return f(n + 1) end return f(1)", few)
    exceeds("instructions", "\ntable.sort({ 1, 2, 3 }, function() while true do end end)", few)
  end)

  it("end what takes memory, in one call or in many", function()
    exceeds("33554432 bytes", "\nlocal x = ('x'):rep(1e9)")
    if jit or _VERSION ~= "Lua 5.1" then -- luacheck: ignore -- with separators
      exceeds("33554432 bytes", "\nlocal x = ('x'):rep(100, ('y'):rep(1e6))")
    end
    exceeds("33554432 bytes", "\nlocal x = {} for i = 1, 1e9 do x[i] = { i } end")
    exceeds("33554432 bytes", "\nlocal x, t = ('x'):rep(1e6), {} for i = 1, 100 do t[i] = x end local y = table.concat(t)")
  end)

  it("end what takes time in few instructions", function()
    if program.watched then return pending "a call of C's takes too long under valgrind" end
    local short = { instructions = 1e7, bytes = 1e8, seconds = 0.1, methods = string }
    exceeds("100 ms", "\nlocal text = ('a'):rep(4000) for i = 1, 1e5 do local x = string.find(text, 'a*b') end", short)
    exceeds("100 ms", "\nlocal text = ('1'):rep(1e6) while true do local x = text + 1 end", short)
    exceeds("100 ms", "\nlocal text = ('a'):rep(5000) for x in string.gmatch(text, 'a-()') do local y = string.find(text, 'aa-b', x) end", short)
  end)

  it("keep calls of C's from going on without end", function()
    assert.same({ true, "" }, { run "return (''):rep(1e15)" })
    assert.same({ false, "cards/map.lua:1: bad argument #2 to 'insert' (position out of bounds)", 1 }, { run "table.insert({}, -2e9, 1)" })
    local lengths = {}
    for i = 3, 61 do
      lengths[i] = ("[2^%d] = 1"):format(i)
    end
    local list = "local t = { 1, 1, 1, 1, [5] = 1, " .. table.concat(lengths, ", ", 3) .. " } "
    for _, call in ipairs { "table.insert(t, 1, 2)", "table.remove(t, 1)" } do -- it has few elements, and 2^61 by its length in Lua 5.4
      local ok, wrong = run(list .. call)
      assert.is_true(ok or wrong:find("the list is too long", 1, true) ~= nil, wrong)
    end
    local pattern = "cards/map.lua:1: a pattern with so many repetitions could take too long for a text of %d bytes"
    refused("local s = ('a'):rep(30000) local x = s:find(('.-'):rep(20) .. 'b')", pattern:format(30000))
    refused("local x = string.find(('a'):rep(30), ('a?'):rep(30) .. ('a'):rep(30))", pattern:format(30))
    refused("for x in (('a'):rep(1e5)):gmatch('a*a*b') do end", pattern:format(100000))
    refused("local x = (('a'):rep(1e5)):gsub('[]]*[^]%]*]*a*b', '')", pattern:format(100000))
    assert.same({ true, "a b" }, { run "return ('  a b '):match '^%s*(.-)%s*$'" })
  end)

  it("end a function that calls itself through one of C's", function()
    for _, call in ipairs { "('a'):gsub('a', f)", "table.sort({ 1, 2 }, f)" } do
      local ok, wrong = run("local function f() " .. call .. " end f()")
      assert.is_false(ok)
      assert.matches("^cards/map.lua:1: .*stack overflow", wrong)
    end
  end)

  it("hold in each call of a function that the script made", function()
    local loop = function_of "return function() while true do end end"
    local ok, wrong = pcall(loop)
    assert.is_false(ok)
    assert.matches("^cards/map.lua:1: the script took .*more than 1000", wrong)
    local bomb = function_of "return function(n)\nlocal s = ('x'):rep(n) return #s end"
    assert.equal(5, bomb(5))
    assert.same({ false, "cards/map.lua:2: the script took more than 8388608 bytes of memory" }, { pcall(bomb, 1e8) })
    assert.equal(6, bomb(6))
    local thief = function_of "return function(s) return s:reveal() end"
    assert.matches("reveal is not available to a confined script", select(2, pcall(thief, cards.secret "x")))
    assert.equal(thief, confine.wrap(thief))
    local _, line = confine.original(bomb)
    assert.equal(2, line)
  end)

  it("hold in coroutines", function()
    local loop = function_of "return function() while true do end end"
    local thread = coroutine.create(loop)
    local ok, wrong = coroutine.resume(thread)
    assert.is_false(ok)
    assert.matches("^cards/map.lua:1: the script took .*more than 1000", wrong)
  end)

  it("are those of the outer script within another", function()
    local calls = 0
    local inner = assert(confine.compile("for i = 1, 10000 do end", "inner.lua", {}))
    local outer = assert(confine.compile("while true do call() end", "outer.lua", { call = function()
      calls = calls + 1
      assert(core.confined(inner, { instructions = 1e6, bytes = 1e6, seconds = 100, methods = string }))
    end }))
    local ok, wrong = core.confined(outer, { instructions = 100000, bytes = 1e6, seconds = 100, methods = string })
    assert.is_false(ok)
    assert.matches("more than 100000 instructions", wrong)
    assert.is_true(calls > 2 and calls <= 10, calls)
    local few = core.confined
    local limits = { instructions = 1e6, bytes = 1e6, seconds = 100, methods = string }
    ok, wrong = few(function() return few(function() return ("x"):rep(5e6) end, { instructions = 1e6, bytes = 1e8, seconds = 1, methods = string }) end, limits)
    assert.is_true(ok)
    assert.is_false(wrong)
  end)

  it("leave a hook of the host's in its place", function()
    local function hook() end
    local loop = function_of "return function() while true do end end"
    debug.sethook(hook, "", 123456)
    run "return 1"
    assert.is_false((pcall(loop)))
    local found, mask, count = debug.gethook()
    debug.sethook()
    assert.same({ hook, "", 123456 }, { found, mask, count })
  end)

  it("compile again what the JIT compiled before", function()
    if not jit then -- luacheck: ignore
      return
    end
    assert.is_false((pcall(function_of "return function() while true do end end")))
    assert.is_true((jit.status())) -- luacheck: ignore
  end)
end)

describe("core.confined", function()
  it("counts instructions", function()
    local loop = assert(confine.compile("\nlocal n = 0\nwhile true do n = n + 1 end", "loop.lua", {}))
    local ok, wrong = core.confined(loop, { instructions = 50000, bytes = 1e6, seconds = 100, methods = string })
    assert.is_false(ok)
    assert.equal("loop.lua:3: the script took more than 50000 instructions", wrong)
  end)

  local limits = { instructions = 1e6, bytes = 1e6, seconds = 1, methods = string }

  it("returns what a protected call does", function()
    local function same(...) return ... end
    assert.equal(4, select("#", core.confined(same, limits, 1, nil, 3)))
    assert.same({ true, 1, nil, 3 }, { core.confined(same, limits, 1, nil, 3) })
    local cause = {}
    assert.same({ false, cause, 1 }, { core.confined(error, limits, cause) })
    assert.is_true(rawequal(cause, select(2, core.confined(error, limits, cause))))
  end)

  it("refuses bounds that are none", function()
    assert.has_error(function() core.confined(1, limits) end)
    assert.has_error(function() core.confined(print) end)
    for _, wrong in ipairs { { instructions = 0 }, { bytes = -1 }, { seconds = "1" }, { instructions = 0 / 0 }, { bytes = 1e300 }, { methods = 1 } } do
      local given = { instructions = 1, bytes = 1, seconds = 1, methods = string }
      for key, value in pairs(wrong) do
        given[key] = value
      end
      assert.has_error(function() core.confined(print, given) end)
    end
  end)
end)
