--- The progress of a run. Time goes as the spec says.

local core = require "cards.core"
local progress = require "cards.cli.run.progress"
local summary = require "cards.cli.run.summary"

local now, written, real_now, real_terminal, real_stderr

before_each(function()
  now, written = 100, {}
  real_now, real_terminal, real_stderr = core.now, core.is_terminal, io.stderr
  core.now = function() return now end
  io.stderr = { -- luacheck: ignore
    write = function(_, ...) written[#written + 1] = table.concat { ... } end,
    flush = function() end,
  }
end)

after_each(function()
  core.now, core.is_terminal, io.stderr = real_now, real_terminal, real_stderr -- luacheck: ignore
end)

--- A run of rows of 0.1 seconds, of which each hundredth fails; `total` is known where the size of the input is.
local function run(rows, total, is_terminal, earlier)
  core.is_terminal = function() return is_terminal end
  local totals = summary.new { count = earlier or 0, failed = 0, kinds = {} }
  local read = earlier or 0
  local shown = progress.new(total and function() return read / total, read end, totals)
  for row = 1, rows do
    now, read = now + 0.1, read + 1
    totals:add(0.1, row % 100 == 0 and "script" or nil)
    if now >= shown.due then
      shown:tick(now)
    end
  end
  shown:stop()
end

describe("the progress of a run", function()
  it("is one line on a terminal, with a total and the time left by the size of the input", function()
    run(1000, 2000, true)
    assert.equal("\r\27[K", written[#written])
    for i = 1, #written do
      assert.is_nil(written[i]:find "\n")
      assert.matches("^\r.*\27%[K$", written[i])
    end
    assert.matches("^\r1,000 rows of about 2,000, 50 %%, 10/s, 10 errors, 1:40 left", written[#written - 1])
    assert.is_true(#written <= 501 and #written >= 333, #written) -- five times a second at most
  end)

  it("is a line from time to time elsewhere", function()
    run(1000, 2000, false)
    assert.equal(3, #written) -- in 100 seconds
    assert.matches("^cards: 30%d rows of about 2,000, 15 %%, 10/s, 3 errors, 2:50 left\n$", written[1])
  end)

  it("shows the time that it has taken where the size is not known", function()
    run(700, nil, false)
    assert.matches("^cards: 60%d rows, 10/s, 6 errors, 1:00\n$", written[2])
  end)

  it("counts from where the run goes on", function()
    run(500, 2000, false, 1000)
    assert.matches("^cards: 1,30%d rows of about 2,000, 65 %%, 10/s, 3 errors, 1:10 left\n$", written[1])
  end)
end)
