--- cards check: mappings, policies and definitions that are files.

local cli = require "support.cli"

local runs, fails = cli.runs, cli.fails
local _, write, remove

setup(function()
  _, write, _, remove = cli.folder()
end)

teardown(function() remove() end)

describe("cards check", function()
  it("passes what is in order", function()
    local flow = write("flow.lua", "error 'not run' return function(row) return row end")
    local output = runs("examples/mappings/whop.lua: a mapping without mistakes", { "check", "examples/mappings/whop.lua", flow })
    assert.truthy(output:find(flow .. ": a flow, compiled and not run", 1, true))
  end)

  it("says every mistake with its line", function()
    local policy = write("wrong.lua", "return {\n  number = keep,\n  exp_year = keep,\n  cvv = pan {},\n}")
    local mapping = write("map.lua", "return { ['alix.private_info'] = {\n  numbr = 'cardNo',\n  cvv = { 'cvv', trm } } }")
    local broken = write("broken.lua", "return function(row)\n  return row +\nend")
    local output = fails(1, policy .. ":2: ", { "check", policy, mapping, broken, "/nowhere.lua" })
    for _, expected in ipairs { policy .. ":4: ", mapping .. ":3: unknown name 'trm' (did you mean 'trim'?)", broken .. ":3: ", "/nowhere.lua" } do
      assert.truthy(output:find(expected, 1, true), output)
    end
  end)

  it("advises on a flow that compares a secret with a text, which is no mistake", function()
    local flow = write("compares.lua", "return function(row)\n  if row.cvv == '1' then return end\n  local info = get(row)\n  return info.cvv == '737'\nend")
    local output = runs(flow .. ":4: advice: info.cvv is a secret, which never equals a text or number: info.cvv:equals(text) compares it", { "check", flow })
    assert.is_nil(output:find("737", 1, true))
    assert.is_nil(output:find(":2: ", 1, true))
  end)

  it("puts the examples of a definition to the test", function()
    local text = [[
return { name = "tested", base_url = "https://tested.example", auth = { type = "bearer", credential = "token" },
  operations = { show = { path = "/c", response = { fields = { id = "string" } } } },
  examples = {
    { operation = "show", status = 200, answer = '{"id":"a"}' },
    { operation = "show", status = 200, answer = 'x' },
  } }
]]
    local path = write("tested.lua", text)
    fails(1, path .. ":5: ", { "check", path })
    runs("a definition without mistakes", { "check", write("tested.lua", (text:gsub("'x'", [['{"id":"b"}']]))) })
  end)

  it("says why a card has no number, and that a date needs its spelling", function()
    local text = [[
return { name = "tested2", base_url = "https://tested.example", auth = { type = "bearer", credential = "token" },
  operations = { show = { path = "/c", response = { fields = { first6 = "string", last4 = "string", expiry = "string" } },
    card = { number = function(r) return r.first6 .. r.last4 end, exp_month = { "expiry", month_year }, exp_year = { "expiry", month_year "YYMM" } } } },
  examples = {
    { operation = "show", answer = '{"first6":"411111","last4":"1111","expiry":"2512"}',
      card = { exp_month = 12, exp_year = 2025 } },
  } }
]]
    local path = write("tested2.lua", text)
    local output = fails(1, path .. ":6: examples.1.card.number: 10 digits: a number has 12 to 19", { "check", path })
    assert.truthy(output:find(path .. ":6: examples.1.card.exp_month: month_year does not read it: say how it is spelled", 1, true), output)
    assert.is_nil(output:find("exp_year", 1, true))
  end)
end)
