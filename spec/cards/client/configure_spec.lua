--- cards.configure: settings of the process. What max_in_flight does is in spec/cards/async/loop_spec.lua.

local cards = require "cards"

describe("cards.configure", function()
  after_each(function() cards.configure { max_in_flight = 8192 } end)

  local function refused(expected, settings)
    local ok, message = pcall(function() cards.configure(settings) end)
    assert.is_false(ok)
    assert.matches("configure_spec.lua:%d+: cards.configure: ", message)
    assert.matches(expected, message, 1, true)
  end

  it("takes a number of calls, and nothing at all", function()
    for _, jobs in ipairs { 1, 64, 1000000 } do
      assert.equal(0, select("#", cards.configure { max_in_flight = jobs }))
    end
    cards.configure {}
  end)

  it("refuses what is no table", function()
    refused "a table of settings is required"
    refused("a table of settings is required", 5)
    refused("a table of settings is required", "max_in_flight")
  end)

  it("refuses unknown keys, naming the nearest", function()
    refused("unknown key 'max_in_fligth' (did you mean 'max_in_flight'?)", { max_in_fligth = 5 })
    refused("unknown key '1'", { 5 })
  end)

  it("refuses other types and numbers out of range", function()
    for _, wrong in ipairs { "5", true, {}, 0 / 0 } do
      refused("max_in_flight must be a number", { max_in_flight = wrong })
    end
    for _, wrong in ipairs { 0, -1, 1.5, 1000001, math.huge } do
      refused("max_in_flight must be a whole number from 1 to 1", { max_in_flight = wrong })
    end
  end)

  it("takes where metrics are shared, which does nothing outside nginx", function()
    cards.configure { metrics = { shared = "any" } }
    assert.equal(1, cards.metrics().processes)
    refused("metrics must be { shared = \"NAME\" }", { metrics = "any" })
    refused("metrics must be { shared = \"NAME\" }", { metrics = false })
    refused("metrics.shared is required: the name of a lua_shared_dict", { metrics = {} })
    refused("metrics.shared must be a string", { metrics = { shared = 5 } })
    refused("metrics: unknown key 'share' (did you mean 'shared'?)", { metrics = { share = "any" } })
  end)

  it("leaves a setting as it is where it refuses", function()
    cards.configure { max_in_flight = 1 }
    refused("must be a number", { max_in_flight = "many" })
    local sandbox = require "support.sandbox"
    local alix = cards.alix.new(sandbox.config("alix", { headers = { ["X-Sandbox"] = "never" } }))
    local held = alix:start("private_info", "c_1")
    local _, err = alix:start("private_info", "c_2"):result()
    assert.equal("busy", err.kind)
    held:cancel()
  end)
end)
