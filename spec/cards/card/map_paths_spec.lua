--- Paths of mappings into lists, and to names with dots.

local cards = require "cards"
local acme = require "support.acme"
local core = require "cards.core"

local function card(mapping, fields, body)
  cards.define(acme.definition { success = {}, response = { fields = fields }, card = mapping })
  return assert(cards.card(assert(core.read("acme", "show", 200, body))))
end

describe("a path of a mapping", function()
  it("takes an element, or the first one that has a value", function()
    local fields = { ["data[].number"] = "pan", ["data[].id"] = "string", ["data[].cvv[]"] = "cvv", ["x.y"] = "string", ["['x.y'].z"] = "string" }
    local mapping = { number = "data[1].number", id = "data[].id", cvv = "data[].cvv[]", holder_name = "['x.y'].z", status = { "data[0].id", "x.y" } }
    local made = card(mapping, fields,
      [[{"data":[{"id":""},{"number":"4111111111111111","id":"i_2","cvv":[null,"123"]},{"id":"i_3","cvv":["456"]}],"x":{"y":"open"},"x.y":{"z":"A"}}]])
    assert.equal("4111111111111111", made.number:reveal())
    assert.equal("123", made.cvv:reveal())
    assert.same({ "i_2", "open", "A" }, { made.id, made.status, made.holder_name })
  end)

  it("finds nothing where there is no such element", function()
    local fields = { ["data[].number"] = "pan", ["data[].id"] = "string", id = "string" }
    for _, body in ipairs { [[{"id":"1"}]], [[{"id":"1","data":[]}]], [[{"id":"1","data":[null]}]], [[{"id":"1","data":[{"id":null}]}]] } do
      local mapping = { number = "data[].number", brand = "data[0].id", status = { "data[].id", "id" }, type = { "data[].id", cards.map.default "x" } }
      local made = card(mapping, fields, body)
      assert.is_nil(made.number)
      assert.is_nil(made.brand)
      assert.same({ "1", "x" }, { made.status, made.type })
    end
  end)

  it("begins in a record that is a list", function()
    local made = card({ number = "[].pan", id = "[1].id" }, { ["[].pan"] = "pan", ["[].id"] = "string" },
      [=[[{"id":"a"},{"id":"b","pan":"4111111111111111"}]]=])
    assert.equal("4111111111111111", made.number:reveal())
    assert.equal("b", made.id)
    local wrong = cards.map.check("acme.show", { number = "pan" })[1].message
    assert.equal("number: the record is a list: write [0].pan for what is in its first element", wrong)
  end)

  it("has an element that is declared for itself, or for all", function()
    local fields = { ["a[0].b"] = "string", ["c[].d"] = "string" }
    assert.same({}, cards.map.check("x.y", { id = { "a[0].b", "c[0].d", "c[].d" } }, fields))
    for path, part in pairs {
      ["a[1].b"] = "has no 'a[1].b' (did you mean 'a[0].b'?)", ["c.d"] = "'c' is a list: write c[0].d", ["c[0].e"] = "has no 'c[0].e'",
      ["a"] = "'a' is a list: write a[0]", ["c[]"] = "'c[]' has fields of its own" } do
      assert.matches(part, cards.map.check("acme.show", { id = path }, fields)[1].message, 1, true)
    end
  end)

  it("shows no more in a file than elsewhere", function()
    local fields = { ["data[].number"] = "pan", ["data[].id"] = "string" }
    local made = card({ id = { "data[].number", "data[].id" }, number = "data[].number" }, fields, [[{"data":[{"number":"4111111111111111","id":"1"}]}]])
    assert.is_nil(made.id) -- a secret is no text
    assert.equal("pan", made.number.class)
  end)
end)

describe("a policy", function()
  it("names an element by the fields of its list", function()
    cards.define(acme.definition { response = { fields = { ["[0].cards[].number"] = "pan", ["[].cards[].state"] = "string", ["[].x"] = "string" } } })
    local rows = {}
    for _, row in ipairs(cards.mask.explain(cards.mask.policy { cards = { state = cards.mask.keep } })) do
      rows[row.field] = row.provider == "acme" and row.shows or rows[row.field]
    end
    assert.equal("as it is", (rows["[].cards[].state"]:match "^as it is"))
    assert.equal("hidden", (rows["[].x"]:match "^hidden"))
    assert.truthy(rows["[0].cards[].number"])
  end)
end)
