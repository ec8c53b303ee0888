--- core.script: what the state of a script file has, what comes out of it, and how it ends where it takes too much.

local cards = require "cards"
local core = require "cards.core"
local program = require "support.program"

local NAMES = { "keep", "pan", "fn", "month" }

local function run(text, name)
  return core.script(text, name or "cards/map.lua", NAMES)
end

local function refused(text, expected)
  local value, wrong = run(text)
  assert.is_nil(value)
  assert.equal(expected, wrong)
end

describe("a script's state", function()
  it("has what it takes to write a mapping", function()
    assert.equal("2,a,b,c 2 string", run [[
      local list = {}
      for word in ("b a c"):gmatch "%a" do table.insert(list, word) end
      table.sort(list)
      table.insert(list, 1, tostring(math.floor(2.5)))
      return ("%s %d %s"):format(table.concat(list, ","), select("#", 1, 2), type(unpack { "x" }))
    ]])
    assert.equal("c,b,a", run "local list = { 'b', 'c', 'a' } table.sort(list, function(a, b) return a > b end) return table.concat(list, ',')")
    assert.equal("b", run "local list = { 'a', 'b' } return table.remove(list)")
  end)

  it("takes a byte order mark and a line for the shell", function()
    assert.equal(2, run "\239\187\191#!/usr/bin/cards\nreturn 2")
    refused("#!/usr/bin/cards\nerror 'no'", "cards/map.lua:2: no")
    assert.is_nil(run "")
    assert.is_nil(run "#")
  end)

  it("says which line reaches for what it lacks", function()
    for _, name in ipairs { "io", "os", "require", "load", "loadstring", "loadfile", "dofile", "debug", "getmetatable", "setmetatable", "rawset", "rawget",
      "coroutine", "collectgarbage", "print", "pcall", "xpcall", "package", "getfenv", "setfenv", "newproxy", "jit", "ffi", "ngx", "_G", "module" } do
      refused("local x = 1\nreturn " .. name, ("cards/map.lua:2: '%s' is not available to a confined script"):format(name))
    end
    refused("\n\nreturn monht", "cards/map.lua:3: unknown name 'monht' (did you mean 'month'?)")
    assert.matches("^cards/map.lua:1: .*dump", select(2, run "local dump = (''):dump() return dump"))
    for _, name in ipairs { "string.dump", "math.random", "math.randomseed", "table.move", "string.pack" } do
      assert.is_nil(run("return " .. name))
    end
  end)

  it("has nothing of the host's, and the host nothing of its", function()
    local upper = string.upper
    run "string.upper = nil; table.concat = nil; math.floor = 1; tostring = nil; new = 5; return new"
    assert.equal(upper, string.upper)
    assert.equal("A", ("a"):upper())
    assert.is_nil(rawget(_G, "new"))
    assert.equal("A1", run "string.upper = nil return ('a'):upper() .. tostring(1)")
    assert.matches("^cards/map.lua:1: attempt to index ", select(2, run "local s = 'a' s.x = 1"))
    assert.equal(string, getmetatable("").__index)
    assert.is_nil(debug.gethook())
  end)

  it("takes no bytecode, wherever it begins, and no text without an end", function()
    for _, before in ipairs { "", "\239\187\191", "#!x\n", "\239\187\191#!x\n\n" } do
      refused(before .. string.dump(function() end), "cards/map.lua:1: a script is text, not bytecode")
    end
    refused(("-"):rep(256 * 1024 + 1), "cards/map.lua: a script is no longer than 262144 bytes")
  end)

  it("keeps the line of a mistake in its grammar", function()
    assert.matches("^cards/map.lua:2: ", select(2, run "return {\n  a = = 1 }"))
    assert.matches("^cards/map.lua[^\n]*$", select(2, run("return " .. ("{"):rep(10000) .. ("}"):rep(10000))))
    local long = ("d/"):rep(60) .. "map.lua"
    assert.equal(long .. ":2: no", select(2, run("\nerror 'no'", long)))
  end)

  it("has errors of one line, without control characters and card numbers", function()
    refused("error('a\\nb\\27[31m 4111111111111111')", "cards/map.lua:1: a b [31m ************1111")
    refused("error {}", "cards/map.lua:1: an error that is no text")
    assert.is_true(#select(2, run "error(('x'):rep(1e6))") < 1100)
  end)
end)

describe("a text in a script", function()
  it("never has an address", function()
    local texts = "return ('%s %s '):format({}, tostring) .. tostring(next) .. ' ' .. tostring(nil) .. ' ' .. tostring(1) .. ' ' .. tostring 'x'"
    assert.equal("table function function nil 1 x", run(texts))
    assert.equal("table", run "return tostring {}")
    assert.equal("%p 5%", run "return ('%%p %d%%'):format(5)")
    assert.is_nil(run "return ('%-10p'):format({})")
  end)
end)

describe("what comes out of a script", function()
  it("is a copy of plain values", function()
    local value = run "return { 1, 2.5, 'x', true, false, [10] = { a = { b = '' } }, [true] = 1 }"
    assert.same({ 1, 2.5, "x", true, false, [10] = { a = { b = "" } }, [true] = 1 }, value)
    if math.type then
      assert.equal("integer", math.type(value[1]))
      assert.equal(math.maxinteger, run "return math.maxinteger")
    end
  end)

  it("has marks in the place of its names", function()
    local value = run "return { keep,\n pan { first = 6 },\n fn(function(v) return v end, nil) }"
    assert.same({ "keep", "pan", "fn" }, { value[1].name, value[2].name, value[3].name })
    assert.same({ 1, 2, 2, 3 }, { value[2].n, value[3].n, value[2].line, value[3].line })
    assert.is_nil(value[1].n)
    assert.equal(6, value[2][1].first)
    assert.equal(7, value[3][1](7))
    for _, mark in ipairs(value) do
      assert.equal("cards.script.mark", getmetatable(mark))
    end
    refused("return keep()()", "cards/map.lua:1: attempt to call what a transform or a rule gives")
    refused("keep.x = 1", "cards/map.lua:1: a global of a script cannot be changed")
    refused("table.insert(keep, 1)", "cards/map.lua:1: bad argument #1 to 'insert' (it cannot be changed)")
    refused("table.remove(keep)", "cards/map.lua:1: bad argument #1 to 'remove' (it cannot be changed)")
    refused("table.sort(keep)", "cards/map.lua:1: bad argument #1 to 'sort' (it cannot be changed)")
  end)

  it("has an end", function()
    refused("local t = {} t.t = t return t", "cards/map.lua:1: tables nest too deeply")
    refused("local t = {} for i = 1, 201 do t = { t } end return t", "cards/map.lua:1: tables nest too deeply")
    assert.is_table(run "local t = {} for i = 1, 199 do t = { t } end return t")
    refused("local t = {} for i = 1, 60 do t = { t, t } end return t", "cards/map.lua:1: what it returns is too large")
  end)
end)

describe("a function of a script", function()
  it("takes and returns copies of plain values", function()
    local given = { a = { "x" }, n = 1 }
    local change = run "return function(v) v.a[1] = v.a[1] .. 'y' v.n = nil return v end"
    local result = change(setmetatable(given, { __metatable = "alix.private_info" }))
    assert.same({ a = { "xy" } }, result)
    assert.is_nil(getmetatable(result))
    assert.same({ "x" }, given.a)
    assert.equal(1, given.n)
    assert.is_nil(run "return function() return function() end end"())
    assert.is_nil(run "return function() return keep end"())
    assert.is_nil(run "return function(v) return v end"(print))
    assert.same({ 1 }, run "return function(v) return v end" { 1, print, io.stdout, coroutine.create(function() end) })
  end)

  it("has card numbers in its results masked, however they are written", function()
    local same = run "return function(v) return v end"
    local given = { "a 4111 1111 1111 1111", ["4111111111111111"] = 4111111111111111 }
    assert.same({ "a **** **** **** 1111", ["************1111"] = "************1111" }, same(given))
    assert.same({ 1, 2.5, 411111111111, "4111111111111112" }, same { 1, 2.5, 411111111111, "4111111111111112" })
  end)

  it("sees of a secret its class, and that it is there", function()
    local look = run "return function(v) local s = v.number return s and (s.class .. tostring(s.present) .. type(s)) or 'none' end"
    local secret = cards.secret("4111111111111111", "pan")
    assert.equal("pantruetable", look { number = secret })
    secret:close()
    assert.equal("none", look { number = secret })
    assert.equal("cvv", run "return function(v) return v.class end"(cards.secret("123", "cvv")))
    local all = run [[
      local function flat(v)
        if type(v) ~= "table" then return tostring(v) end
        local texts = {}
        for key, value in pairs(v) do texts[#texts + 1] = key .. "=" .. flat(value) end
        table.sort(texts)
        return table.concat(texts, ",")
      end
      return flat
    ]]
    assert.equal("a=class=pan,present=true", all { a = cards.secret("5500005555555559", "pan") })
  end)

  it("has an error of its own, with its place", function()
    local fail = run "return function(v)\n  error(v)\nend"
    assert.same({ false, "cards/map.lua:2: no" }, { pcall(fail, "no") })
    assert.equal("cards/map.lua:2", core.script_line(fail))
    assert.is_nil(core.script_line(print))
    assert.is_nil(core.script_line(function() end))
    assert.matches("^cards/map.lua:1: attempt to index ", select(2, pcall(run "return function(v) return v.a.b end", {})))
    assert.matches("too large", select(2, pcall(fail, ("x"):rep(9 * 1024 * 1024))))
  end)

  it("goes on in coroutines, and after its script was let go", function()
    local calls = {}
    for i = 1, 3 do
      calls[i] = run("return { f = function(v) return v * " .. i .. " end }").f
    end
    collectgarbage()
    collectgarbage()
    for i = 1, 3 do
      local thread = coroutine.wrap(function() coroutine.yield(calls[i](7)) end)
      assert.equal(7 * i, thread())
    end
  end)

  it("fails where a finalizer calls it while the VM closes", function()
    local output, status = program.run [[
      local core = require "cards.core"
      local call
      local function late() print(pcall(call, 1)) end
      if newproxy then
        kept = newproxy(true)
        getmetatable(kept).__gc = late
      else
        kept = setmetatable({}, { __gc = late })
      end
      call = core.script("return function(v) return v end", "late.lua", {})
      assert(call(1) == 1)
    ]]
    assert.equal(0, status, output)
    assert.is_true(output:find("its state is closed", 1, true) ~= nil or output:find("true\t1", 1, true) ~= nil, output)
  end)

  it("may be called by a finalizer while another one's result is read", function()
    local same = run "return function(v) return v end"
    local list = {}
    for i = 1, 2000 do
      list[i] = "text " .. i
    end
    local seen
    local function finalize() seen = same { "inner" } end
    if newproxy then -- luacheck: ignore
      getmetatable(newproxy(true)).__gc = finalize -- luacheck: ignore
    else
      setmetatable({}, { __gc = finalize })
    end
    for _ = 1, 20 do
      assert.same(list, same(list))
    end
    collectgarbage()
    assert.same({ "inner" }, seen)
  end)
end)

describe("the bounds of a script", function()
  -- The time of a slow machine, or of one under valgrind, may be up before the instructions are.
  local function exceeds(what, text)
    local value, wrong = run(text)
    assert.is_nil(value)
    assert.truthy(wrong:find("cards/map.lua:2: the script took ", 1, true), wrong)
    assert.truthy(wrong:find(what, 1, true) or wrong:find("2000 ms", 1, true), wrong)
    assert.equal(100000, #("x"):rep(100000)) -- the host goes on
  end

  it("end a loop", function()
    exceeds("instructions", "\nwhile true do end")
    exceeds("instructions", "\nlocal function f(n) return f(n + 1) end return f(1)")
    exceeds("instructions", "\ntable.sort({ 1, 2, 3 }, function() while true do end end)")
  end)

  it("end what takes memory, in one call or in many", function()
    exceeds("33554432 bytes", "\nlocal x = ('x'):rep(1e9)")
    exceeds("33554432 bytes", "\nlocal x = {} for i = 1, 1e9 do x[i] = { i } end")
    exceeds("33554432 bytes", "\nlocal x, t = ('x'):rep(1e6), {} for i = 1, 100 do t[i] = x end local y = table.concat(t)")
  end)

  it("end what takes time in few instructions", function()
    exceeds("ms", "\nlocal text = ('1'):rep(1e6) while true do local x = text + 1 end")
    if program.watched then return end -- each of them takes two seconds
    exceeds("took", "\nlocal text = ('a'):rep(4000) for i = 1, 1e5 do local x = string.find(text, 'a*b') end")
    exceeds("took", "\nlocal text = ('a'):rep(5000) for x in string.gmatch(text, 'a-()') do local y = string.find(text, 'aa-b', x) end")
    exceeds("took", "\nlocal t, long = {}, ('x'):rep(1e6) for i = 1, 1e5 do t[i] = long end table.sort(t)")
  end)

  it("keep calls of C's from going on without end", function()
    assert.equal("", run "return (''):rep(1e15)")
    refused("table.insert({}, -2e9, 1)", "cards/map.lua:1: bad argument #2 to 'insert' (position out of bounds)")
    local lengths = {}
    for i = 3, 61 do
      lengths[i] = ("[2^%d] = 1"):format(i)
    end
    local list = "local t = { 1, 1, 1, 1, [5] = 1, " .. table.concat(lengths, ", ", 3) .. " } "
    for _, call in ipairs { "table.insert(t, 1, 2)", "table.remove(t, 1)" } do -- it has few elements, and 2^61 by its length in Lua 5.4
      local _, wrong = run(list .. call)
      assert.is_true(wrong == nil or wrong:find("the list is too long", 1, true) ~= nil, wrong)
    end
    local pattern = "cards/map.lua:1: a pattern with so many repetitions could take too long for a text of %d bytes"
    refused("local s = ('a'):rep(30000) local x = s:find(('.-'):rep(20) .. 'b')", pattern:format(30000))
    refused("local x = string.find(('a'):rep(30), ('a?'):rep(30) .. ('a'):rep(30))", pattern:format(30))
    refused("for x in (('a'):rep(1e5)):gmatch('a*a*b') do end", pattern:format(100000))
    refused("local x = (('a'):rep(1e5)):gsub('[]]*[^]%]*]*a*b', '')", pattern:format(100000))
    assert.equal("a b", run "return ('  a b '):match '^%s*(.-)%s*$'")
  end)

  it("end a function that calls itself through one of C's", function()
    for _, call in ipairs { "('a'):gsub('a', f)", "table.sort({ 1, 2 }, f)" } do
      assert.matches("^cards/map.lua:1: .*stack overflow", select(2, run("local function f() " .. call .. " end f()")))
    end
  end)

  it("hold in each call of a function that the script made", function()
    local loop = run "return function() while true do end end"
    for _ = 1, 2 do
      assert.matches("^cards/map.lua:1: the script took .*more than 1000", select(2, pcall(loop)))
    end
    local bomb = run "return function(n)\nlocal s = ('x'):rep(n) return #s end"
    assert.equal(5, bomb(5))
    assert.same({ false, "cards/map.lua:2: the script took more than 8388608 bytes of memory" }, { pcall(bomb, 1e8) })
    assert.equal(6, bomb(6))
  end)

  it("hold for what a script keeps over its calls", function()
    local keep = run "local kept = {} return function(v)\nkept[#kept + 1] = v .. #kept return #kept end"
    local text, calls, ok = ("x"):rep(1e5), 0
    repeat
      calls = calls + 1
      ok = pcall(keep, text)
    until not ok or calls == 1000
    assert.is_false(ok)
    assert.is_true(calls > 50 and calls < 100, calls)
    local forget = run "return function(v) return #(v .. v) end"
    for _ = 1, 1000 do
      assert.equal(2e5, forget(text))
    end
  end)
end)
