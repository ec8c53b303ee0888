--- Paths: how they are written, and that answers, records and mappings are read by them as by a walker that tries everything.

local cards = require "cards"
local cjson = require "cjson"
local core = require "cards.core"
local acme = require "support.acme"
local mistakes = require "cards.util.mistakes"
local paths = require "cards.define.paths"
local program = require "support.program"

local EACH = paths.EACH
local unpack = table.unpack or unpack -- luacheck: ignore

local function wrong(text)
  local at = mistakes.new():at "x"
  assert.is_nil(paths.read(at, text))
  return at.list[1].message
end

describe("a path", function()
  it("has names, places and each of a list", function()
    for text, steps in pairs {
      ["a"] = { "a" }, ["a.b"] = { "a", "b" }, ["a[].b"] = { "a", EACH, "b" }, ["a[0].b"] = { "a", 0, "b" }, ["[0].id"] = { 0, "id" },
      ["[].id"] = { EACH, "id" },
      ["a['dotted.name']"] = { "a", "dotted.name" }, ["['x.y'].z"] = { "x.y", "z" }, ["['x'][12][][\"it's\"]"] = { "x", 12, EACH, "it's" },
      ["a['0']"] = { "a", "0" }, ["a b.@c.#text"] = { "a b", "@c", "#text" }, ["a['[0]'].b"] = { "a", "[0]", "b" },
      ["it's.a"] = { "it's", "a" }, ["x[]"] = { "x", EACH },
    } do
      assert.same(steps, (paths.parse(text)))
      assert.same(steps, (paths.parse(paths.text(steps))))
    end
    assert.equal("a.b[0][]['c.d'][\"e'\"]['7']", paths.text { "a", "b", 0, EACH, "c.d", "e'", "7" })
    assert.equal("a.b", paths.text({ "a", "b", 0 }, 2))
  end)

  it("that can never match says how it is written", function()
    for text, meant in pairs {
      ["errors.0.code"] = "errors[0].code", ["0.code"] = "[0].code", ["'x.y'.z"] = "['x.y'].z", ["a.'x.y'"] = "a['x.y']", ["a.\"b\".c"] = "a.b.c",
      ["a[0.b"] = "a[0].b", ["a[.b"] = "a[].b", ["a['b.c.d"] = "a['b.c.d']", ["a['b'"] = "a.b", ["a[*].b"] = "a[].b",
      ["a.[0].b"] = "a[0].b", ["a[0]b"] = "a[0].b",
      ["a[b].c"] = "a.b.c", ["a[007]"] = "a[7]", [".a"] = "a", ["a.[].b"] = "a[].b", ["a.1"] = "a[1]",
    } do
      assert.equal(("x: %s: write %s"):format(text, meant), wrong(text))
      assert.truthy(paths.parse(meant))
    end
  end)

  it("is none where nothing can be meant by it", function()
    for _, text in ipairs { "a..b", "a.", ".", "a]", "a[-1]", "a[1234567]", "'a", "a.b'", "a['']", "a['[]']", "a.b]" } do
      assert.matches("must be a path such as", wrong(text), 1, true)
    end
    assert.matches("must be a string that is not empty", wrong(""), 1, true)
    assert.matches("must be a string that is not empty", wrong(5), 1, true)
    assert.matches("more than 16 names", wrong(("a."):rep(16) .. "a"), 1, true)
    assert.matches("control character", wrong "a\nb", 1, true)
  end)

  it("goes through no other one of a set", function()
    local function conflict(text)
      local add = paths.set()
      for _, other in ipairs { "a[].b", "a[0].b", "a[0].c.d", "[\"x.y\"]" } do
        assert.is_nil(add(paths.parse(other), other))
      end
      return add(paths.parse(text), text)
    end
    for text, other in pairs { ["a[].b"] = "a[].b", ["a[].b.c"] = "a[].b", ["a.b"] = "a[0].c.d", ["a[0].c[0]"] = "a[0].c.d", ["a"] = "a[0].c.d",
      ["['x.y'].z"] = "[\"x.y\"]", ["[0]"] = "[\"x.y\"]" } do
      assert.equal(other, conflict(text))
    end
    assert.is_nil(conflict "a[1].b")
    assert.is_nil(conflict "a[].e[].f")
  end)
end)

--- Random trees and the paths of all that is in them.

local NAMES = { "a", "b", "c.d", "e[0]", "it's", "7" }

local function value(random, depth, count)
  local kind = depth > 0 and random(4) or 4
  if kind == 4 then
    count.n = count.n + 1
    return random(5) == 1 and cjson.null or "v" .. count.n
  end
  local made = {}
  for i = 1, random(3) do
    made[kind == 1 and i or NAMES[random(#NAMES)]] = value(random, depth - 1, count)
  end
  return made
end

--- Calls visit(steps, leaf) for every leaf of a tree.
local function leaves(tree, visit, steps)
  steps = steps or {}
  if type(tree) ~= "table" then
    return visit(steps, tree)
  end
  for key, inner in pairs(tree) do
    local below = { unpack(steps) }
    table.insert(below, type(key) == "number" and key - 1 or key)
    leaves(inner, visit, below)
  end
end

--- The steps with some places replaced by "[]".
local function general(random, steps)
  local made = {}
  for i, step in ipairs(steps) do
    made[i] = type(step) == "number" and random(3) > 1 and EACH or step
  end
  return made
end

--- All values at a path, in the order of the tree.
local function all_at(tree, steps, at, found)
  found = found or {}
  if at > #steps then
    table.insert(found, tree)
  elseif type(tree) == "table" and steps[at] == EACH then
    for _, inner in ipairs(tree) do
      all_at(inner, steps, at + 1, found)
    end
  elseif type(tree) == "table" then
    local inner = tree[type(steps[at]) == "number" and steps[at] + 1 or steps[at]]
    if inner ~= nil then
      all_at(inner, steps, at + 1, found)
    end
  end
  return found
end

--- Whether an object stands alone where the path has a list of those: it is read as one.
local function stands_alone(tree, steps, at)
  local function is_list(step) return step == EACH or type(step) == "number" end
  if type(tree) ~= "table" or at > #steps then
    return false
  elseif not is_list(steps[at]) then
    return stands_alone(tree[steps[at]], steps, at + 1)
  elseif tree[1] == nil then
    return not is_list(steps[at + 1])
  end
  for place, inner in ipairs(tree) do
    if (steps[at] == EACH or steps[at] == place - 1) and stands_alone(inner, steps, at + 1) then
      return true
    end
  end
  return false
end

local function first_at(tree, steps)
  for _, found in ipairs(all_at(tree, steps, 1)) do
    if found ~= cjson.null then
      return found
    end
  end
end

--- Whether one path is more exact than another where both fit: at the first step that differs it names the place.
local function is_more_exact(a, b)
  for i = 1, #a do
    if a[i] ~= b[i] then
      return b[i] == EACH
    end
  end
end

describe("a random tree", function()
  local seeds = program.watched and 50 or 250

  local function each_tree(run)
    for seed = 1, seeds do
      math.randomseed(seed)
      local random, count = math.random, { n = 0 }
      local tree
      repeat
        tree = value(random, 4, count)
      until type(tree) == "table"
      local ok, err = pcall(run, tree, random)
      assert(ok, ("seed %d: %s: %s"):format(seed, cjson.encode(tree), tostring(err)))
    end
  end

  it("is followed in an answer as by a walker that tries everything", function()
    each_tree(function(tree, random)
      local body = cjson.encode(tree)
      leaves(tree, function(steps)
        if random(4) > 1 then
          return
        end
        local path = general(random, steps)
        local expected = first_at(tree, path)
        if stands_alone(tree, path, 1) then
          return
        end
        cards.define(acme.definition { success = { path = paths.text(path), equals = type(expected) == "string" and expected or "none" }, response = {} })
        local record, err = core.read("acme", "show", 200, body)
        local is_leaf = type(expected) == "string"
        assert(is_leaf == (record ~= nil), ("%s: %s"):format(paths.text(path), tostring(err)))
      end)
    end)
  end)

  it("becomes a record by the most exact of its fields, which mappings follow", function()
    each_tree(function(tree, random)
      local fields, list = {}, {}
      local add = paths.set()
      leaves(tree, function(steps)
        local path = general(random, steps)
        local lists = 0
        for _, step in ipairs(path) do
          lists = lists + ((type(step) == "number" or step == EACH) and 1 or 0)
        end
        if lists <= 4 and random(4) > 1 and not add(path, paths.text(path)) then
          fields[paths.text(path)] = random(2) == 1 and "string" or "cvv"
          table.insert(list, path)
        end
      end)
      for _, path in ipairs(list) do
        if stands_alone(tree, path, 1) then
          return
        end
      end
      if not list[1] then
        return
      end
      cards.define(acme.definition { success = {}, response = { fields = fields } })
      local record, err = core.read("acme", "show", 200, cjson.encode(tree))
      if not record then
        return assert(tostring(err):find "documented", tostring(err))
      end
      leaves(tree, function(steps, leaf)
        local best
        for _, path in ipairs(list) do
          if paths.leads(path, steps) and (not best or is_more_exact(path, best)) then
            best = path
          end
        end
        local got = paths.follow(record, steps)
        if leaf == cjson.null then
          assert(got == nil)
        elseif best and fields[paths.text(best)] == "string" then
          assert(got == leaf, paths.text(steps))
        else
          assert(got.class == (best and "cvv" or "undeclared"), paths.text(steps))
          assert(got:equals(leaf))
        end
      end)
      for _, path in ipairs(list) do
        local mapping = { id = fields[paths.text(path)] == "string" and paths.text(path) or nil, cvv = paths.text(path) }
        assert.same({}, cards.map.check("acme.show", mapping))
        cards.map.define("acme.show", mapping)
        local card, expected = assert(cards.card(record)), first_at(tree, path)
        local got = paths.follow(record, path)
        if type(expected) == "table" then -- an element that is declared in another way
          assert(type(got) == "table" and card.id == nil)
        elseif expected ~= nil and type(got) == "userdata" then
          assert(got:equals(expected) and card.cvv:equals(expected))
        else
          assert(got == expected and (mapping.id == nil or card.id == expected), paths.text(path))
        end
      end
    end)
  end)
end)
