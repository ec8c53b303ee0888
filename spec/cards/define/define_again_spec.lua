--- A definition in the place of a former one, and one that nobody holds any more.

local cards = require "cards"
local acme = require "support.acme"
local program = require "support.program"
local sandbox = require "support.sandbox"

local function define(name, operations)
  local definition = acme.definition(nil, { name = name })
  for key, value in pairs(operations or {}) do
    definition.operations[key] = value or nil
  end
  return cards.define(definition)
end

describe("a definition of a name that is taken", function()
  it("is refused where that is a built-in provider's", function()
    local ok, message = pcall(define, "alix")
    assert.is_false(ok)
    assert.matches("name is the name of a built-in provider", message, 1, true)
    assert.equal("private_info", next(cards.describe "alix"))
  end)

  it("takes the place of the former for what is made from then on", function()
    local first = define("again")
    local second = define("again", { show = { path = "/other/{id}", params = { id = {} } } })
    assert.equal("/other/{id}", cards.describe("again", "show").path)
    assert.equal("/other/{id}", cards.describe(second, "show").path)
    assert.equal("/other/{id}", cards.describe(acme.client(second), "show").path)
    assert.equal("/cards/{card_id}", cards.describe(first, "show").path)
  end)

  it("leaves the clients of the former as they are", function()
    local first = define("again")
    local client = acme.client(first)
    local second = define("again", { show = { path = "/other/{id}", params = { id = {} } } })
    collectgarbage()
    assert.equal("/cards/{card_id}", cards.describe(client, "show").path)
    assert.equal(7, assert(client:show(sandbox.unique_id "acme")).exp_month)
    assert.equal(7, assert(acme.client(first):show(sandbox.unique_id "acme")).exp_month)
    local _, err = acme.client(second):show "x"
    assert.equal("again.show: not_found (HTTP 404", tostring(err):sub(1, 31))
  end)

  it("runs the former's clients through its functions, by their own definition", function()
    local client = acme.client(define "again")
    local second = define("again", { show = { path = "/other/{id}", params = { id = {} } }, list = { path = "/cards" } })
    assert.equal(7, assert(second.show(client, { card_id = sandbox.unique_id "acme" })).exp_month)
    assert.equal(7, assert(second.start(client, "show", sandbox.unique_id "acme"):result()).exp_month)
    for _, call in ipairs { function() return second.list(client) end, function() return second.list(client, {}, { timeout = 1 }) end,
      function() return second.start(client, "list") end } do
      local ok, message = pcall(call)
      assert.is_false(ok)
      assert.matches("the client is of another definition of again, which has no such operation", message, 1, true)
    end
    assert.has_error(function() second.show(acme.client(define "another"), "x") end)
  end)

  it("is not taken where the new one has a mistake", function()
    define("again")
    assert.has_error(function() define("again", { show = { path = "x" } }) end)
    assert.same({}, cards.define.check(acme.definition({ path = "/else/{card_id}" }, { name = "again" })))
    assert.equal("/cards/{card_id}", cards.describe("again", "show").path)
    assert.same({}, cards.define.check(acme.definition(nil, { name = "never_made" })))
    assert.has_error(function() cards.describe "never_made" end)
  end)
end)

describe("a definition that nobody holds", function()
  it("lasts as long as its clients, their jobs and records", function()
    local client = acme.client(define "held")
    define("held", { show = { path = "/other/{id}", params = { id = {} } } })
    local id = sandbox.unique_id "acme"
    local job = client:start("show", id)
    client = nil -- luacheck: ignore
    collectgarbage()
    collectgarbage()
    local record = assert(job:result())
    job = nil -- luacheck: ignore
    collectgarbage()
    assert.equal("held.show", getmetatable(record))
    assert.equal(id, record.id)
  end)

  it("may go while a call of it is under way, in a thread, and given up", function()
    for round = 1, 20 do
      local client = acme.client(define "gone")
      local is_given_up = round % 2 == 0
      local job = client:start("show", { card_id = "sandbox-slow_first_byte=" .. (is_given_up and 20 or 0.02) })
      client = nil -- luacheck: ignore
      define("gone")
      if is_given_up then
        job:cancel()
        local _, err = job:result()
        assert.equal("cancelled", err.kind)
        assert.equal("gone", err.provider)
      end
      job = nil -- luacheck: ignore
      collectgarbage()
      collectgarbage()
    end
  end)

  it("leaves nothing: names that were used a thousand times cost no more than once", function()
    local function round()
      for i = 1, program.watched and 20 or 200 do
        local client = acme.client(define("often", { ["op" .. i] = { path = "/x" } }))
        assert.equal("often.show: invalid_request: card_id is required", tostring(select(2, client:show {})))
      end
      collectgarbage()
      collectgarbage()
      return collectgarbage "count"
    end
    round()
    local before = round()
    assert.is_true(round() < before + 180, "kilobytes more") -- 128 of them are Lua's table of strings, which may double
  end)
end)
