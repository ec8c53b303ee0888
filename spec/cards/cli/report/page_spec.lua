--- The page and the text of a report, of any numbers.

local gather = require "cards.cli.report.gather"
local interval = require "cards.cli.timeline.interval"
local page = require "cards.cli.report.page"
local well_formed = require "support.well_formed"
local write_text = require "cards.cli.report.text"

describe("a report", function()
  it("is well formed whatever the numbers are", function()
    math.randomseed(11)
    local function any(most) return math.floor(most ^ math.random()) end
    for _ = 1, 30 do
      local gathering = gather.new()
      local run, at = gathering:run "standard output", any(2 ^ 33)
      for _ = 1, any(400) do
        at = at + any(10 ^ math.random(1, 6)) - 1
        local one = interval.new(at, math.random() < 0.1 and math.random() + 0.001 or ({ 1, 10, 60 })[math.random(3)])
        one.rows, one.starts = any(1e7) - 1, math.random() < 0.05 and 1 or nil
        if one.rows > 0 then
          one.times[math.random(0, 1700)], one.slowest[1] = one.rows, { any(1e9), any(1e6) / 1e3 }
          one.failed["acme timeout"] = math.random() < 0.5 and any(one.rows) or nil
        end
        one.calls, one.tries = any(1e6), any(1e6)
        one.held["cards.limit"] = math.random() < 0.2 and { any(1e5), any(1e5) - 1 } or nil
        gathering:interval(run, one)
      end
      local data = gathering:finish()
      local html = page.write(data, at, "0.1.0")
      assert.is_nil(well_formed(html))
      assert.is_true(#html < 500000)
      local odd = html:match "%Wnan%W" or html:match "%Winf%W" or html:match '="%-[%d.]+%%"'
      assert.is_nil(odd)
      local output = write_text(data, { width = math.random(40, 160), is_utf8 = true, paint = function(_, painted) return painted end })
      assert.is_nil(output:find("nan", 1, true))
    end
  end)
end)
