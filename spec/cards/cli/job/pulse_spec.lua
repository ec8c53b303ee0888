--- The signs of life of a worker.

local pulse = require "cards.cli.job.pulse"

describe("the pulse of a worker", function()
  it("comes three times in a lease, and each second at least", function()
    for lease, expected in pairs { [1] = 1 / 3, [2] = 2 / 3, [3] = 1, [60] = 1 } do
      local task = { lease = lease, results = { ended = false } }
      local one, waited = pulse.new(task), nil
      function one.beat() end
      one.bell = { wait = function(_, seconds) waited, task.results.ended = seconds, true end }
      one:serve()
      assert.equal(expected, waited)
    end
  end)
end)
