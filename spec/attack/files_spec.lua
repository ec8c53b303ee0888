--- Hostile script files: each of spec/attack/files tries something that its first line says, and is stopped as its second one says. Nobody can tell from
-- anything that comes of it which of two cards was there.

local attack = require "support.attack"

describe("a hostile file", function()
  local list = attack.names()

  it("is one of a hundred", function()
    assert.is_true(#list >= 100)
  end)

  for _, name in ipairs(list) do
    local what, stopped = attack.about(name)
    it("is stopped: " .. name:match "^[^.]+" .. ": " .. what, function()
      local one, other = attack.both(function(card) return attack.outcome(attack.FOLDER .. name, attack.pair[card]) end)
      assert.equal(one, other)
      assert.truthy(one:find(stopped, 1, true), one)
      for _, card in ipairs(attack.pair) do
        for _, outcome in ipairs { one, other } do
          assert.is_nil(outcome:find(card.number, 1, true))
          assert.is_nil(outcome:find(card.token, 1, true))
        end
      end
      assert.is_nil(one:find "[%z\1-\9\11-\31\127]")
    end)
  end
end)
