--- The summary of a run: counts and percentiles of any number of rows.

local core = require "cards.core"
local summary = require "cards.cli.run.summary"

local NOTHING = { count = 0, failed = 0, kinds = {} }

describe("the percentiles of a summary", function()
  it("are at most 1 % from those of the sorted times, and take no more room for more rows", function()
    math.randomseed(5)
    local totals, times = summary.new(NOTHING), {}
    for i = 1, 20000 do
      times[i] = 10 ^ (-5 + 7 * math.random()) -- 10 microseconds to 100 seconds
      totals:add(times[i])
    end
    table.sort(times)
    for _, share in ipairs { 0.01, 0.5, 0.95, 0.99, 1 } do
      local exact = times[math.ceil(share * #times)]
      assert.is_true(math.abs(totals:percentile(share) / exact - 1) <= 0.0101, share)
    end
    local classes = 0
    for _ in pairs(totals.classes) do
      classes = classes + 1
    end
    assert.is_true(classes < 850)
  end)

  it("are there for one row, for one that took no time, and for none", function()
    local totals = summary.new(NOTHING)
    assert.is_nil(totals:percentile(0.5))
    totals:add(0)
    assert.is_true(totals:percentile(0.99) < 2e-6)
    totals = summary.new(NOTHING)
    totals:add(3)
    assert.is_true(math.abs(totals:percentile(0.5) / 3 - 1) < 0.0101)
    assert.equal(totals:percentile(0.5), totals:percentile(0.99))
  end)
end)

describe("the counts of a summary", function()
  it("have those of earlier runs in JSON, and on the terminal none of them", function()
    local totals = summary.new { count = 10, failed = 3, kinds = { timeout = 2, script = 1 } }
    totals:add(0.1)
    totals:add(0.1, "timeout")
    totals:stop()
    totals.seconds, totals.rate = 65, 2 / 65
    local value = core.json_decode(totals:json("max_errors", "enough"))
    assert.same({ 12, 8, 4, 10, { timeout = 3, script = 1 }, "max_errors", "enough" },
      { value.rows, value.succeeded, value.failed, value.earlier, value.errors, value.ended, value.message })
    assert.equal("2 rows in 1:05, 0/s: 1 succeeded, 1 failed (timeout 1)", totals:lines()[1])
    assert.matches("^a row took 1%d+ ms %(p50%)", totals:lines()[2])
  end)
end)
