--- cards.mask.explain: each claim of the report against what the policy really shows.

local cards = require "cards"
local core = require "cards.core"

local mask = cards.mask
local explain = require "cards.mask.explain"

--- With an array, and every class that the built-in providers have not.
cards.define {
  name = "acme_explained", operations = { list = { path = "/", response = { fields = {
    ["rows[].pan"] = "pan", ["rows[].id"] = "string", ["rows[].in[].secret"] = "secret", ["tags[]"] = "string", amount = "number",
  } } } },
}

local PAN = "4539148803436467"
local LONG = "AbcdEfghIjklMnopQrstUvwx"

--- Values of each class: { value, and what of it must not be seen }.
local samples = {
  pan = function() return cards.secret(PAN, "pan"), PAN end,
  cvv = function() return cards.secret("987", "cvv"), "987" end,
  token = function() return cards.secret(LONG, "token"), LONG end,
  secret = function() return cards.secret(LONG, "credential"), LONG end,
  undeclared = function() return cards.secret(LONG, "undeclared"), LONG end,
  string = function() return "Jane Maria Doe", "Jane Maria Doe" end,
  timestamp = function() return "2024-11-20T06:56:11Z", "2024-11-20T06:56:11Z" end,
  integer = function() return 2027, "2027" end,
  number = function() return 2027.5, "2027.5" end,
  boolean = function() return true, "true" end,
}

--- What may still be seen of a text at either end: characters of it in front of the first star or dot, and behind the last.
local function ends(shown, text)
  local first, last = 0, 0
  while first < #text and shown:sub(1, first + 1) == text:sub(1, first + 1) do first = first + 1 end
  while last < #text and shown:sub(-last - 1) == text:sub(-last - 1) do last = last + 1 end
  return first, last
end

--- Checks a claim of the report against what was shown.
local checks = {
  ["hidden"] = function(shown) return shown == "***" or shown == "..." end, -- truncate(0)
  ["left out"] = function(shown) return shown == nil end,
  ["as it is"] = function(shown, text) return tostring(shown) == text end,
  ["only how long it is"] = function(shown, text) return shown == ("*"):rep(#text) end,
  ["keyed hash"] = function(shown) return #shown == 32 and not shown:find "%X" end,
  ["initials"] = function(shown) return shown == "J. M. D." or shown == "***" end,
  ["first letter and domain"] = function(shown) return shown == "***" end, -- of what is no address
  ["last 4 digits"] = function(shown) return shown == "***" or shown == "***5611" end,
  ["year"] = function(shown) return shown == "2024" or shown == 2027 or shown == "***" end,
  ["what its function makes of it"] = function(shown) return shown == "made" end,
}

local function check_claim(row, shown, text)
  local claim, most = row.shows:match "^(.*); hidden where that has more than (%d+) characters$"
  if most and (shown == "***" or #tostring(shown) > tonumber(most)) then
    return shown == "***"
  end
  claim = claim or row.shows
  if checks[claim] then
    return checks[claim](shown, text)
  end
  local of_number = claim:find "of a card number$"
  if of_number then
    return shown == "***" -- the sample is none
  end
  local first, last = tonumber(claim:match "first (%d+)") or 0, tonumber(claim:match "last (%d+)") or 0
  if claim:find "a quarter" then
    first, last = math.min(first, math.floor(#text / 4)), math.min(last, math.floor(#text / 4))
  end
  local seen_first, seen_last = ends(shown, text)
  if row.class == "string" or row.class == "timestamp" then -- a text that is no longer than that is shown
    return seen_first >= first and seen_last >= last and shown ~= "***"
  end
  return seen_first == first and seen_last == last
end

--- A record or card that has the value at the path and nothing else.
-- @param list makes a list of an element of an array; without it there is only the element
local function holding(path, value, list)
  local name, brackets, rest = path:match "^([^.%[]+)([%[%]]*)%.?(.*)$"
  local content = value
  if rest ~= "" then
    content = holding(rest, value, list)
  end
  return { [name] = brackets ~= "" and list and { content } or content }
end

local function at(shown, path)
  for name in path:gsub("%[%]", ".1"):gmatch "[^.]+" do
    if type(shown) ~= "table" then
      return shown -- hidden or left out as a whole
    end
    shown = shown[tonumber(name) or name]
  end
  return shown
end

local function check_report(policy)
  local count = 0
  for _, row in ipairs(mask.explain(policy)) do
    local value, text = samples[row.class]()
    local path = row.field == "*" and "a_field_that_nobody_knows" or row.field
    local shown = at(policy(holding(path, value, true)), path)
    if not check_claim(row, shown, text) then
      error(("%s.%s %s (%s): the report says '%s', but shown is %s"):format(row.provider, row.operation, row.field, row.class, row.shows, tostring(shown)))
    end
    count = count + 1
  end
  return count
end

local function row_of(rows, provider, field, operation)
  for _, row in ipairs(rows) do
    if row.provider == provider and row.field == field and row.operation == (operation or row.operation) then
      return row
    end
  end
end

describe("cards.mask.explain", function()
  it("has every field of the neutral record and of every operation", function()
    local rows = mask.explain(mask.policies.support)
    local expected = 1
    for _, list in ipairs { core.providers(), core.definitions() } do
      for _, provider in ipairs(list) do
        for operation, about in pairs(core.provider(provider).operations) do
          for path, class in pairs(about.response.fields) do
            local row = row_of(rows, provider, path, operation)
            assert.same({ operation, class }, { row.operation, row.class })
            expected = expected + 1
          end
        end
      end
    end
    for _, field in ipairs { "number", "cvv", "billing.city", "exp_year", "canceled_at" } do
      assert.equal("card", row_of(rows, "cards", field).operation)
    end
    assert.equal(expected + 23, #rows)
  end)

  it("says what is shown by rules with large numbers", function()
    for name, shows in pairs { last = "last 10000000000000000000", truncate = "first 10000000000000000000" } do
      assert.equal(shows, row_of(mask.explain(mask.policy { brand = mask[name](1e19) }), "cards", "brand").shows)
    end
  end)

  it("says what is shown", function()
    local rows = mask.explain(mask.policy {
      number = mask.pan { first = 6, last = 4 }, cardNo = mask.pan { first = 6, last = 4 }, secrets = { card_number = mask.last(2), cvc = mask.drop },
      rows = { pan = mask.pan { first = 6 }, id = mask.keep }, tags = mask.keep,
      billing = mask.keep, status = { verdict = mask.keep }, last4 = mask.keep, of_another = mask.keep, mine = { own = mask.hide },
    })
    local function says(provider, field) return row_of(rows, provider, field).shows end
    assert.same({ provider = "alix", operation = "private_info", field = "cardNo", class = "pan", shows = "first 6, last 4" }, row_of(rows, "alix", "cardNo"))
    assert.equal("first 6, last 4", says("cards", "number"))
    assert.equal("last 2", says("whop", "secrets.card_number"))
    assert.equal("left out", says("whop", "secrets.cvc"))
    assert.equal("hidden", says("whop", "secrets.name_on_card"))
    assert.same({ "first 6", "as it is" }, { says("acme_explained", "rows[].pan"), says("acme_explained", "rows[].id") })
    assert.same({ "hidden", "hidden" }, { says("acme_explained", "rows[].in[].secret"), says("acme_explained", "tags[]") })
    assert.equal("hidden", says("whop", "billing.city"))
    assert.equal("as it is", says("nayax", "status.verdict"))
    assert.equal("hidden", says("whop", "status"))
    assert.equal("as it is; hidden where that has more than 4 characters", says("cards", "last4"))
    assert.equal("hidden", says("cards", "cvv"))
    assert.same({ "hidden", "hidden", "hidden" }, { says("*", "of_another"), says("*", "mine.own"), says("*", "*") })
  end)

  local key = "a key of 16 bytes"
  local everything = {
    keep = mask.keep, drop = mask.drop, hide = mask.hide, initials = mask.initials, email = mask.email, phone = mask.phone, year_only = mask.year_only,
    ["pan()"] = mask.pan(), ["pan {}"] = mask.pan {}, ["pan { first = 6, last = 4 }"] = mask.pan { first = 6, last = 4 },
    ["pan { first = 8, last = 4 }"] = mask.pan { first = 8, last = 4 }, ["last(0)"] = mask.last(0), ["last(3)"] = mask.last(3), ["last(4)"] = mask.last(4),
    ["truncate(0)"] = mask.truncate(0), ["truncate(3)"] = mask.truncate(3), ["truncate(8)"] = mask.truncate(8), hash = mask.hash(key),
    fn = mask.fn(function() return "made" end),
  }

  for name, policy in pairs(mask.policies) do
    it("is true of the policy " .. name, function()
      assert.is_true(check_report(policy) > 80)
    end)
  end

  for name, rule in pairs(everything) do
    it("is true of a policy that has " .. name .. " wherever it may", function()
      local policy = mask.policy {}
      for _, row in ipairs(mask.explain(policy)) do
        local path = row.field == "*" and "of_another" or row.field
        local ok, extended = pcall(policy.extend, policy, holding(path, rule))
        policy = ok and extended or policy
      end
      assert.is_true(check_report(policy) > 80)
    end)
  end

  it("is true of tables in the place of values, and of values in the place of tables", function()
    for _, rule in pairs(everything) do
      check_report(mask.policy { billing = rule, secrets = rule, api = rule, brand = { name = rule }, email = {} })
    end
  end)

  it("raises at the caller's line for what is no policy", function()
    for _, wrong in ipairs { {}, "text", mask.keep, mask } do
      local function call() mask.explain(wrong) end
      local ok, message = pcall(call)
      assert.is_false(ok)
      assert.truthy(message:find(("explain_spec.lua:%d:"):format(debug.getinfo(call, "S").linedefined), 1, true), message)
    end
  end)
end)

describe("cards.mask.explain.text", function()
  it("has a line for each row, and columns", function()
    assert.equal(mask.explain, explain)
    assert.equal(table.concat({
      "PROVIDER  OPERATION     FIELD   CLASS       SHOWS",
      "alix      private_info  cardNo  pan         first 6, last 4",
      "*         *             *       undeclared  hidden",
      "",
    }, "\n"), explain.text {
      { provider = "alix", operation = "private_info", field = "cardNo", class = "pan", shows = "first 6, last 4" },
      { provider = "*", operation = "*", field = "*", class = "undeclared", shows = "hidden" },
    })
    assert.equal("PROVIDER  OPERATION  FIELD  CLASS  SHOWS\n", explain.text {})
    assert.equal(#mask.explain(mask.policies.audit) + 1, select(2, explain.text(mask.explain(mask.policies.audit)):gsub("\n", "")))
  end)
end)
