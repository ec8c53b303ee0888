--- The memory of each process of a job, which does not grow with its rows.

local jobs = require "support.job"
local program = require "support.program"
local redis = require "support.redis"

local ROWS, FIRST, MIDDLE, LAST = 100000, 20000, 50000, 90000
local HELD = 95000 -- rows that run until the last look: all processes are there then
local ROOM = 7 * 1024 -- KiB that a process may gain between two looks: a worker's half of the rows in between would take 11 MiB
local IN_REDIS = 16 * 1024 -- that Redis may, which has results until they are collected: the rows and results in between would take 53 MiB

teardown(redis.stop_all)

--- KiB of a process.
local function resident(pid)
  for line in io.lines(("/proc/%d/status"):format(pid)) do
    local size = line:match "^VmRSS:%s*(%d+) kB"
    if size then return tonumber(size) end
  end
end

describe("a job of many rows", function()
  it("takes no more memory for more of them", function()
    local server = redis.start()
    local job = jobs.new(server)
    finally(job.remove)
    job:held_flow "return function(row) hold(row) return { id = row.id, note = row.note } end"
    job:let(HELD)
    local lines = { "id,note" }
    for i = 1, ROWS do
      lines[i + 1] = ("c_%d,%s"):format(i, ("x"):rep(300))
    end
    job.write("ids.csv", table.concat(lines, "\n") .. "\n")
    local feeder = job.start_feed { "--backlog", "2000" }
    job.wait_for_fed()
    local processes = { feeder, job.start_work(), job.start_work(), job.start_collect() }
    local function sizes()
      local list = { resident(server.pid) }
      for i, process in ipairs(processes) do list[i + 1] = resident(process.pid) end
      return list
    end
    program.wait_for("both workers", function() return job.ask("HLEN", "workers") == 2 end)
    job.wait_for_done(FIRST)
    local first = sizes()
    job.wait_for_done(MIDDLE) -- a wait has its limit
    job.wait_for_done(LAST)
    local last = sizes()
    job:let()
    for i, name in ipairs { "Redis", "the feeder", "a worker", "the other worker", "the collector" } do
      assert(last[i] - first[i] < (i == 1 and IN_REDIS or ROOM), ("%s had %d KiB at %d rows, %d at %d"):format(name, first[i], FIRST, last[i], LAST))
    end
    jobs.all_end(processes)
    job.check_whole(ROWS)
  end)
end)
