--- cards.util.mistakes: readers and schemas, which collect every mistake with its place.

local check = require "cards.util.check"
local mistakes = require "cards.util.mistakes"

--- The messages in a collector.
local function messages(at)
  local list = {}
  for i, mistake in ipairs(at.list) do
    list[i] = mistake.message
  end
  return list
end

describe("a schema", function()
  local SCHEMA = { into = mistakes.one_of("query", "header"), safe = mistakes.flag, name = mistakes.optional_text,
    status = mistakes.checked(check.number(100, 599, true)) }

  it("reads the keys that it has, without metamethods", function()
    local value = setmetatable({ into = "query", safe = true }, { __index = function() error "index" end })
    local at = mistakes.new()
    assert.same({ into = "query", safe = true }, at:read(value, SCHEMA))
    assert.same({}, messages(at))
  end)

  it("collects all mistakes in the order of the keys, after unknown ones", function()
    local at = mistakes.new():at "operations":at "show"
    assert.same({}, at:read({ into = "qury", safe = 1, name = "", status = 99, nmae = "x" }, SCHEMA))
    assert.same({
      "operations.show.nmae: unknown key (did you mean 'name'?)",
      "operations.show.into must be one of header, query (did you mean 'query'?)",
      "operations.show.name must be a string that is not empty",
      "operations.show.safe must be true or false",
      "operations.show.status must be a whole number from 100 to 599",
    }, messages(at))
    assert.same({ "operations", "show", "safe" }, at.list[4].path)
  end)

  it("is for tables", function()
    local at = mistakes.new():at "auth"
    assert.is_nil(at:read(5, SCHEMA))
    assert.same({ "auth must be a table" }, messages(at))
  end)
end)

describe("a list", function()
  local function read(value)
    local at = mistakes.new():at "code"
    return at:each(value, 2, mistakes.text), messages(at)
  end

  it("may be a single entry, or nothing", function()
    assert.same({ "a" }, (read "a"))
    assert.same({ "a", "b" }, (read { "a", "b" }))
    assert.same({}, (read(nil)))
    assert.same({}, (read {}))
  end)

  it("leaves out the entries that are wrong", function()
    local list, wrong = read { 5, "b" }
    assert.same({ "b" }, list)
    assert.same({ "code.1 must be a string that is not empty" }, wrong)
    assert.same({ "code must be a string that is not empty" }, select(2, read(5)))
    assert.same({ "code has more than 2 entries" }, select(2, read { "a", "b", "c" }))
    assert.same({ "code.x: a list has no such key" }, select(2, read { "a", x = "b" }))
  end)
end)

describe("the entries of a table", function()
  it("come in the order of the keys, with their places", function()
    local at, seen = mistakes.new(), {}
    for key, value, here in at:entries { b = 1, a = false, [1] = 2 } do
      table.insert(seen, { key, value, here:name() })
    end
    assert.same({ { 1, 2, "1" }, { "a", false, "a" }, { "b", 1, "b" } }, seen)
  end)

  it("are none of nil, and a mistake of anything else", function()
    local at = mistakes.new():at "params"
    for _ in at:entries(nil) do error "an entry" end
    assert.same({}, messages(at))
    for _ in at:entries "x" do error "an entry" end
    assert.same({ "params must be a table" }, messages(at))
  end)
end)
