--- Policies that are made of others, and the list of mistakes in one.

local cards = require "cards"

local mask = cards.mask
local PAN = "4539148803436467"

local function card()
  return {
    id = "card_1", number = cards.secret(PAN, "pan"), holder_name = "Jane Doe", exp_year = 2027,
    billing = { line1 = "123 Street 1", city = "Burbank", country = "US" },
  }
end

local function raises_here(call_it, ...)
  local line = debug.getinfo(call_it, "S").linedefined
  local ok, message = pcall(call_it)
  assert.is_false(ok)
  for _, part in ipairs { "policy_spec.lua:" .. line .. ":", ... } do
    assert.truthy(message:find(part, 1, true), message)
  end
end

describe("policy:extend", function()
  local base = mask.policy { id = mask.keep, number = mask.pan { first = 6, last = 4 }, billing = { city = mask.keep, country = mask.keep } }

  it("makes another policy, with rules added, tightened and loosened", function()
    local policy = base:extend { exp_year = mask.keep, id = mask.drop, number = mask.last(4), holder_name = mask.initials }
    assert.same({
      number = "************6467", holder_name = "J. D.", exp_year = 2027, billing = { line1 = "***", city = "Burbank", country = "US" },
    }, policy(card()))
    assert.equal("453914******6467", policy:extend { number = mask.pan { first = 6, last = 4 } } (card()).number)
    assert.equal("card_1", base(card()).id)
  end)

  it("merges tables, and lets a rule take the place of a table and a table that of a rule", function()
    local policy = base:extend { billing = { city = mask.hide, line1 = mask.truncate(3) } }
    assert.same({ line1 = "123...", city = "***", country = "US" }, policy(card()).billing)
    assert.is_nil(base:extend { billing = mask.drop } (card()).billing)
    assert.same({ line1 = "***", city = "Burbank", country = "***" },
      base:extend { billing = mask.drop } :extend { billing = { city = mask.keep } } (card()).billing)
    assert.same({ line1 = "***", city = "Burbank", country = "US" }, base(card()).billing)
  end)

  it("takes a policy, also in the place of a table", function()
    local address = mask.policy { line1 = mask.keep }
    assert.same({ line1 = "123 Street 1", city = "Burbank", country = "US" }, base:extend { billing = address } (card()).billing)
    assert.same({ line1 = "123 Street 1", city = "***", country = "***" }, mask.policy { billing = address } (card()).billing)
    assert.equal("J. D.", base:extend(mask.policy { holder_name = mask.initials })(card()).holder_name)
    assert.same(base(card()), mask.policy(base)(card()))
  end)

  it("raises at the caller's line for what a policy would", function()
    raises_here(function() base:extend { number = mask.keep } end, "policy:extend: number", "whole card number")
    raises_here(function() base:extend { billing = { cvv = mask.keep } } end, "billing.cvv")
    raises_here(function() mask.policy { card_number = { last4 = mask.keep } } :extend { card_number = { value = mask.keep } } end, "card_number.value")
    raises_here(function() base:extend { id = "keep" } end, "id")
    raises_here(function() base:extend(mask.keep) end, "table")
    raises_here(function() base:extend() end, "table")
    raises_here(function() base.extend({}, { id = mask.keep }) end, "method")
    local endless = {}
    endless.again = endless
    raises_here(function() base:extend(endless) :extend(endless) end, "nested")
  end)
end)

describe("mask.check", function()
  local function messages(policy)
    local list = {}
    for _, mistake in ipairs(mask.check(policy)) do
      assert.truthy(mistake.message:find(table.concat(mistake.path, "."), 1, true), mistake.message)
      list[#list + 1] = mistake.message
    end
    return list
  end

  it("finds nothing in what is right", function()
    assert.same({}, mask.check { number = mask.pan(), billing = { city = mask.keep }, cardNo = mask.pan(), secrets = { cvc = mask.hide }, last_4 = mask.keep })
    for _, policy in pairs(mask.policies) do
      assert.same({}, mask.check(policy))
    end
  end)

  it("lists all mistakes with their paths", function()
    local mistakes = mask.check {
      number = mask.keep, exp_yeer = mask.keep, billing = { citty = mask.hide, country = "keep" }, cvv = mask.last(1), card_number = mask.pan(),
    }
    local found = {}
    for _, mistake in ipairs(mistakes) do
      found[table.concat(mistake.path, ".")] = mistake.message
    end
    assert.equal(6, #mistakes)
    assert.matches("^number: keep would show a whole card number", found.number)
    assert.equal("exp_yeer: no provider has such a field (did you mean 'exp_year'?)", found.exp_yeer)
    assert.equal("billing.citty: no provider has such a field (did you mean 'city'?)", found["billing.citty"])
    assert.matches("^billing%.country: it must be a rule", found["billing.country"])
    assert.matches("^cvv: last would show something", found.cvv)
    assert.equal("card_number: no provider has such a field (it is secrets.card_number)", found.card_number)
  end)

  it("knows the fields of defined providers, and those in lists", function()
    cards.define {
      name = "acme_masked", operations = { list = { path = "/", response = { fields = { ["rows[].holder_title"] = "string", ["seal.form"] = "string" } } } },
    }
    assert.same({}, messages { rows = { holder_title = mask.keep }, seal = mask.drop })
    assert.equal("rows.holder_titel: no provider has such a field (did you mean 'holder_title'?)", messages { rows = { holder_titel = mask.keep } } [1])
    assert.equal("holder_title: no provider has such a field (it is rows.holder_title)", messages { holder_title = mask.keep } [1])
  end)

  it("knows what stands in no table", function()
    assert.matches("^brand%.name: no provider has such a field", messages { brand = { name = mask.keep } } [1])
  end)

  it("finds what is no policy, and never shows a number that stands for a name", function()
    for _, wrong in ipairs { "text", 1, true, mask.keep, print } do
      local mistakes = mask.check(wrong)
      assert.same({ {}, "a table from fields to rules is expected" }, { mistakes[1].path, mistakes[1].message })
    end
    for _, key in ipairs { PAN, tonumber(PAN), 1 } do
      local mistakes = mask.check { [key] = mask.keep }
      assert.equal(key, mistakes[1].path[1])
      assert.is_nil(mistakes[1].message:find(PAN, 1, true))
      local ok, message = pcall(mask.policy, { [key] = mask.keep })
      assert.is_false(ok)
      assert.is_nil(message:find(PAN, 1, true))
    end
    local number = tonumber "4111111111111111"
    for _, name in ipairs { number, number + 0.0 } do
      for _, message in ipairs {
        mask.check({ [name] = mask.keep })[1].message, select(2, pcall(mask.pan, { [name] = 1 })), cards.define.check({ [name] = 1 })[1].message,
        cards.map.check("alix.private_info", { [name] = "cvv" })[1].message, select(2, pcall(cards.alix.new, { [name] = 1 })),
      } do
        assert.matches("%*%*%*%*1111", message)
        assert.not_matches("4%.?111", message)
      end
    end
  end)

  it("does not call what a key that is no name has", function()
    local key = setmetatable({}, { __tostring = function() error "called" end })
    assert.equal("table: a field is named by a string", mask.check({ [key] = mask.keep })[1].message)
    assert.equal("billing.boolean: a field is named by a string", mask.check({ billing = { [true] = mask.keep } })[1].message)
  end)

  it("ends for a policy without end", function()
    local endless, shared = {}, { id = mask.keep }
    endless.again = endless
    for _ = 1, 40 do shared = { a = shared, b = shared } end
    assert.truthy(mask.check(endless)[1])
    assert.matches("more than 10000 rules", mask.check(shared)[1].message)
    assert.is_false(pcall(mask.policy, shared))
  end)

  it("leaves mask.policy as lenient as it is with names", function()
    assert.equal("x", mask.policy { of_another_provider = mask.keep } { of_another_provider = "x" }.of_another_provider)
  end)
end)

describe("a policy with strict = true", function()
  local strict = { strict = true }

  it("takes no field that nobody has, and names the nearest", function()
    raises_here(function() mask.policy({ exp_yeer = mask.keep }, strict) end,
      "cards.mask.policy: exp_yeer: no provider has such a field (did you mean 'exp_year'?)")
    raises_here(function() mask.policy({ city = mask.keep }, strict) end, "cards.mask.policy: city: no provider has such a field (it is billing.city)")
    raises_here(function() mask.policy({ billing = { ctiy = mask.keep } }, strict) end,
      "cards.mask.policy: billing.ctiy: no provider has such a field (did you mean 'city'?)")
    assert.equal(2027, mask.policy({ exp_year = mask.keep, cardNo = mask.hide, billing = { city = mask.keep } }, strict)({ exp_year = 2027 }).exp_year)
  end)

  it("stays strict when it is extended", function()
    raises_here(function() mask.policy({ exp_year = mask.keep }, strict):extend { exp_mnth = mask.keep } end,
      "policy:extend: exp_mnth: no provider has such a field")
    raises_here(function() mask.policy({}, strict):extend({}):extend { exp_mnth = mask.keep } end, "policy:extend: exp_mnth: no provider has such a field")
  end)

  it("knows the fields of a definition", function()
    cards.define { name = "acme_strict", base_url = "https://a.example",
      operations = { show = { path = "/c", response = { fields = { only_acme_strict = "string" } } } } }
    assert.is_table(mask.policy({ only_acme_strict = mask.keep }, strict))
  end)

  it("is not the default in code, where a provider may be defined later", function()
    assert.is_table(mask.policy { exp_yeer = mask.keep })
    assert.is_table(mask.policy({ exp_yeer = mask.keep }, { strict = false }):extend { exp_mnth = mask.keep })
  end)

  it("raises for another option", function()
    raises_here(function() mask.policy({}, { strikt = true }) end, "cards.mask.policy: unknown key 'strikt' (did you mean 'strict'?)")
    raises_here(function() mask.policy({}, { strict = 1 }) end, "cards.mask.policy: strict must be true or false")
    raises_here(function() mask.policy({}, true) end, "cards.mask.policy: the options must be a table")
  end)
end)
