--- Comparisons of secrets with texts in flows.

local cards = require "cards"
local comparisons = require "cards.script.comparisons"

local function lines(text)
  local found = {}
  for i, one in ipairs(comparisons.find(text)) do
    found[i] = one.line
  end
  return table.concat(found, " ")
end

--- An expression in a flow.
local function found(expression)
  return lines("local alix = require('cards').alix\nreturn function(row)\n  local info = alix.x(row.id)\n  return " .. expression .. "\nend") == "4"
end

describe("a comparison with a text", function()
  it("is found where a field is that of a secret", function()
    for _, expression in ipairs {
      "info.cvv == '123'", 'info.cvv ~= "123"', "'123' == info.cvv", "info.cardNo == [[4111]]", "card.number == '4111' and 1 or 2",
      "info.secrets.card_number == 'x'", "info['cvv'] == '1'", "info.secrets['cvc'] == '1'", "'1' ~= info['secrets'].cvc", "info.cvv == 123",
      "list[1].cvv == '1'", "get(row).cvv == '1'", "not (info.cvv == '')", "info.cvv --[[ a comment ]] == '123'", "card.token == 'x' or row.id == 'y'",
      "info.a['b'].token ~= 'x'", "{ info.cvv == '1' }", "info.cardNo ~= row.number", "row['cvv'] == info.cvv", "info.cvv == row.cvv and 1",
    } do
      assert.is_true(found(expression), expression)
    end
  end)

  it("is nothing to speak of elsewhere", function()
    for _, expression in ipairs {
      "row.status == 'active'", "info.status == 'active'", "info.expYear == '27'", "row.number == '5'", "row['token'] == ''", "'x' == row.cvv",
      "info.cvv == nil", "info.cvv == other.cvv", "#info.number == 16", "info.number:last(4) == '1111'", "'1111' == info.number:last(4)",
      "info.cvv.class == 'cvv'", "'cvv' == info.cvv.class", "tostring(info.cvv) == '***'", "info.number.state ~= 'closed'", "info.cvv:equals '123'",
      "cvv == '123'", "number == 5", "prefix..number == 'x5'", "info.cvvs == '1'", "'info.cvv == \"123\"'", "[[ info.cvv == '1' ]]", "1 -- info.cvv == '123'",
      "1 --[[ info.cvv == '1' ]]", "{ cvv = '123', token = 'x' }", "info.cvv('x') == 'y'", "'y' == info.cvv('x')", "'y' == info.cvv{}", "'y' == info.cvv'x'",
      "info.number >= 5", "info.cvv == row.cvv:upper()", "row.number == row.token", "info.status == row.status", "'' .. info.cvv == '***'",
      "'***' == info.cvv .. ''", "'#' == row.id, info.cvv",
    } do
      assert.is_false(found(expression), expression)
    end
  end)

  it("has the line, the field and what to do, and not what is compared", function()
    local one = comparisons.find("return function(row)\n\n  return row.x.cvv ~= '737' or info.cvv == '4111111111111111'\nend")
    assert.equal(1, #one)
    assert.same({ line = 3, message = "info.cvv is a secret, which never equals a text or number: info.cvv:equals(text) compares it" }, one[1])
  end)

  it("knows the row by any name, and where the function is assigned first", function()
    assert.equal("", lines "return function(line) return line.cvv == '1' end")
    assert.equal("", lines "local function flow(line) return line.cvv == '1' end return flow")
    assert.equal("", lines "local flow = function(line) return line.cvv == '1' end return flow")
    assert.equal("1", lines "return function() return line.cvv == '1' end")
    assert.equal("1", lines "local cards = require 'cards' return make(function(line) return line.cvv == '1' end)")
  end)

  it("knows the secrets of a definition, unless a field of that name is plain elsewhere", function()
    assert.is_false(found "info.compared_pan == '1'")
    local function define(name, kind)
      cards.define { name = name, base_url = "https://a.example",
        operations = { show = { path = "/c", response = { fields = { ["a.compared_pan"] = kind } } } } }
    end
    define("acme_compared", "pan")
    assert.is_true(found "info.compared_pan == '1'")
    define("acme_compared_too", "string")
    assert.is_false(found "info.compared_pan == '1'")
  end)

  it("is looked for in any text, without an end or an error", function()
    for _, text in ipairs { "", "==", "== '", "return", "return function", "return function(", "x. == '1'", ". == '1'", "] == '1'", "['x'] == '1'",
      "'1' ==", "'1' == x[", "'1' == x.", "return f" } do
      assert.equal("", lines(text), text)
    end
  end)
end)
