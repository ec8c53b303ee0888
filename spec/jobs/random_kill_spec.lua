--- Processes of a job that are killed at random, and Redis with them, again and again: at the end each row has one line.
-- SEED=1 (in the environment) plays the same choices again; the moments are those of the machine.

local jobs = require "support.job"
local core = require "cards.core"
local program = require "support.program"
local redis = require "support.redis"

local SECONDS, ROWS = 10, 20000

local server, job

setup(function()
  server = redis.start { append = true }
  job = jobs.new(server)
end)
teardown(function()
  job.remove()
  redis.stop_all()
end)

describe("a job whose processes are killed at random", function()
  it("has one line for each row", function()
    local seed = tonumber(os.getenv "SEED" or "") or math.floor(core.random() * 1e6)
    math.randomseed(seed)
    job:flow "return function(row) cards.sleep(0.02) if row.id:find '00$' then return nil, 'odd' end return { id = row.id } end"
    job.write("ids.csv", job.ids(ROWS))
    local starts = {
      function() return job.start_feed { "--backlog", "3000", "--deliveries", "100" } end,
      function() return job.start_work { "--lease", "1" } end,
      function() return job.start_work { "--lease", "1", "--concurrency", "8" } end,
      function() return job.start_collect { "--order", math.random() < 0.5 and "rows" or "finish" } end,
    }
    local processes, killed, log = { starts[1]() }, 0, {}
    job.wait_for_fed()
    local function start_all()
      for i, start in ipairs(starts) do
        if not processes[i] or not processes[i].runs() then
          log[#log + 1] = processes[i] and i .. ": " .. processes[i].finish()
          processes[i] = start()
        end
      end
    end
    local stops = core.now() + SECONDS
    repeat
      start_all()
      program.shell(("sleep %.2f"):format(math.random() * 0.8))
      local victim = math.random(5)
      if victim == 5 then
        server.kill()
        server.run()
        killed = killed + 1
      elseif processes[victim].runs() then
        processes[victim].signal "KILL"
        program.wait_for("its end", function() return not processes[victim].runs() end)
        killed = killed + 1
      end
    until core.now() > stops and killed >= 5
    start_all()
    local ok, why = pcall(function()
      for i, process in ipairs(processes) do
        log[#log + 1] = i .. ": " .. jobs.ends(process, ({ 0, jobs.of_worker, jobs.of_worker, 1 })[i])
      end
      assert.same({ ROWS - ROWS / 100, ROWS / 100 }, { job.check_whole(ROWS) })
    end)
    assert(ok, ("SEED=%d, %d kills: %s\n%s"):format(seed, killed, tostring(why), table.concat(log, "\n")))
  end)
end)
