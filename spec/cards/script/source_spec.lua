--- Lines in a script's text.

local source = require "cards.script.source"

local function returns_function(text)
  return (select(2, source.read(text)))
end

local text = [==[
-- return { decoy = 1 }
local function helper(a, b) return { a, b } end
local long = [[
return { }
]]
local card = 5 --[[ {
{ ]] do local x = { 1 } end

return {
  name = "acme", ["base_url"] = 'it\'s "{" here',
  operations = {
    show = {
      method = "GET",
      check = function(a, b)
        if a then return { b, "x" } end
        for i = 1, 2 do local t = { i } end
        repeat local y = {} until y
      end,
      params = { card_id = { required = true },
        expand = { into = "query" } },
      list = { "a", trim,
        map { active = "open",
          closed = "shut" }, },
    },
  };
  number = pan {
    first = 6,
    last = 4,
  },
  [5] = 1, "one",
  "two",
}
]==]

describe("source.read", function()
  local line = source.read(text)

  it("finds a key, a place in a list, and what a function is called with", function()
    assert.equal(9, line {})
    assert.equal(10, line { "name" })
    assert.equal(10, line { "base_url" })
    assert.equal(11, line { "operations" })
    assert.equal(13, line { "operations", "show", "method" })
    assert.equal(19, line { "operations", "show", "params", "card_id", "required" })
    assert.equal(20, line { "operations", "show", "params", "expand", "into" })
    assert.equal(21, line { "operations", "show", "list", 1 })
    assert.equal(22, line { "operations", "show", "list", 3, "active" })
    assert.equal(23, line { "operations", "show", "list", 3, "closed" })
    assert.equal(28, line { "number", "last" })
    assert.equal(30, line { 5 })
    assert.equal(30, line { 1 })
    assert.equal(31, line { 2 })
  end)

  it("falls back to the nearest table around it", function()
    assert.equal(12, line { "operations", "show", "metod" })
    assert.equal(19, line { "operations", "show", "params", "card_id", "type", "x" })
    assert.equal(9, line { "nothing" })
  end)

  it("follows a local table to where it is made", function()
    local of_local = source.read "local t = {\n  a = 1,\n}\nt.b = 2\nreturn t"
    assert.equal(2, of_local { "a" })
    assert.equal(1, of_local { "b" })
    assert.equal(2, source.read "local x\nreturn make()" { "a" })
  end)

  it("takes any text", function()
    for _, odd in ipairs { "", "return", "return {", "return { a =", "return { [", "--[[", "'", "[==[", "return { function(", "}", "end end return { a = 1 }",
      "return { a = 'x", "local t = return t", "= {", "\\", "return { ['a'] = { } } }" } do
      for length = 0, #text, 7 do
        assert.is_number(source.read(odd .. text:sub(1, length)) { "a", 1 })
      end
      assert.is_boolean(returns_function(odd))
    end
  end)

  it("takes text that nests deeper than any script may", function()
    assert.equal(1, source.read("return " .. ("{"):rep(2 ^ 16)) { 1, 1, 1 })
    assert.equal(1, source.read("return " .. ("{ a ="):rep(2 ^ 16)) { "a", "a" })
  end)

  it("reads on behind white space that a text skips", function()
    assert.equal(4, source.read "return {\n  a = 'x\\z\n    , b = 5',\n  c = 1 }" { "c" })
    assert.equal(1, source.read "return {\n  a = 'x\\z\n    , b = 5',\n  c = 1 }" { "b" })
  end)

  it("knows a flow", function()
    assert.is_true(returns_function "return function(row) return { 1 } end")
    assert.is_true(returns_function "local function look_up(row) return row end\nreturn look_up")
    assert.is_true(returns_function "local look_up = function(row) return row end\nreturn look_up")
    assert.is_false(returns_function "local function f() return function() end end return { a = f }")
    assert.is_false(returns_function "local function f() end local t = {} return t")
    assert.is_false(returns_function "local function f() end return f()")
    assert.is_true(returns_function "local cards = require 'cards' return cards.wrapped(function(row) return row end)")
    assert.is_true(returns_function "local cards = require 'cards' local function made() return function() end end return made()")
    assert.is_false(returns_function "local cards = require 'cards' local function f() end local t = { f } return t")
    assert.is_false(returns_function "local cards = require 'cards' return cards.mask.policy { }")
    assert.is_false(returns_function "")
    assert.is_false(returns_function "= function return x")
  end)
end)
