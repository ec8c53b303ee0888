--- Numbers in a locale with a decimal comma, which a script may choose with os.setlocale.

local program = require "support.program"

-- Numbers only: a whole locale takes seconds to be made.
local folder = program.shell "mktemp -d":gsub("%s+$", "")
local _, failed = program.shell(([[cd %s && printf 'LC_NUMERIC\ndecimal_point ","\nthousands_sep "."\ngrouping 3;3\nEND LC_NUMERIC\n' >comma
  localedef -c -i comma -f UTF-8 ./comma.UTF-8 2>/dev/null
  test -f comma.UTF-8/LC_NUMERIC]]):format(folder))
teardown(function() os.execute("rm -r " .. folder) end)

--- Runs a program in that locale.
local function run(source)
  local output, status = program.run([[
    assert(os.setlocale("comma.UTF-8", "numeric"))
    assert(jit or ("%.1f"):format(0.5) == "0,5") -- LuaJIT writes numbers by itself
    local cards, core = require "cards", require "cards.core"
  ]] .. source, { env = { LOCPATH = folder } })
  assert.equal(0, status, output)
  return output
end

describe("a decimal comma", function()
  if failed ~= 0 then
    pending("there is no localedef, or nothing for it to read")
    return
  end

  it("does not get into a request, a text or a record", function()
    local output = run [[
      local acme = require "support.acme"
      local last = acme.sent { operation = { method = "POST", params = { card_id = {}, n = { type = "number" }, q = { type = "number", into = "query" } } },
        params = { n = 1.5, q = 0.1 } }
      print(last.body, last.uri:match "%?.*")
      cards.map.define("x.y", { created_at = "at" })
      local card = cards.card(setmetatable({ at = 1735689600.123 }, { __metatable = "x.y" }))
      print(card.created_at, require "cards.cli.json" { 1.5, 0.1 }, cards.redact "1,5 4111111111111111")
    ]]
    assert.equal('{"n":1.5}\t?q=0.1\n2025-01-01T00:00:00Z\t[1.5,0.1]\t1,5 ************1111\n', output)
  end)

  it("does not change what Retry-After says", function()
    local output = run [[
      local sandbox = require "support.sandbox"
      local alix = cards.alix.new(sandbox.config("alix", { retries = 0 }))
      for _, value in ipairs { "2.0", "2.5", "0.25", "3600", "86400.5" } do
        local _, err = alix:private_info("c_1", { headers = { ["X-Sandbox"] = "rate_limited,retry_after=" .. value } })
        print(value, err.retry_after and ("%d"):format(err.retry_after * 100))
      end
    ]]
    assert.equal("2.0\t200\n2.5\t250\n0.25\t25\n3600\t360000\n86400.5\t8640000\n", output)
  end)
end)
