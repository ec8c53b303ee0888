--- kill -9 of a worker, of the feeder, of the collector and of Redis: no row is lost, and none there twice.

local jobs = require "support.job"
local program = require "support.program"
local redis = require "support.redis"

local server, job

setup(function() server = redis.start { append = true } end)
teardown(redis.stop_all)
before_each(function()
  job = jobs.new(server)
  job:flow "return function(row) cards.sleep(0.005) if row.id:find '00$' then return nil, 'odd' end return { id = row.id } end"
end)
after_each(function() job.remove() end)

-- Of a held flow; in the other one some rows fail.
local SLOW = "return function(row) hold(row) cards.sleep(0.005) return { id = row.id } end"
local ODD = "return function(row) hold(row) cards.sleep(0.005) if row.id:find '00$' then return nil, 'odd' end return { id = row.id } end"

--- Kills a process. It has to have run until then.
local function kill(process)
  process.signal "KILL"
  local output, status = process.finish()
  assert.equal(137, status, output)
end

describe("kill -9", function()
  it("of the feeder costs nothing: the same command goes on", function()
    job.write("ids.csv", job.ids(3000))
    local feeder = job.start_feed { "--backlog", "1000" }
    job.wait_for_fed(1000)
    kill(feeder)
    local worker, second = job.start_work(), job.start_feed { "--backlog", "1000" }
    local output = jobs.ends(second)
    assert.matches("cards: 1,?%d%d%d rows are fed already", output)
    assert.matches("; 3,000 in all", output, 1, true)
    jobs.ends(worker, 1)
    assert.equal(1, select(2, job.collect()))
    assert.same({ 2970, 30 }, { job.check_whole(3000) })
  end)

  it("of a collector costs nothing: the same command waits for its lock and goes on", function()
    job:held_flow(ODD)
    job.write("ids.csv", job.ids(4000))
    assert.equal(0, select(2, job.feed()))
    job:let(2000)
    local worker, collector = job.start_work(), job.start_collect()
    program.wait_for("results", function() return #(job.read "out" or "") > 10000 end)
    kill(collector)
    job:let()
    jobs.ends(worker, 1)
    local output, status = job.collect()
    assert.equal(1, status, output)
    assert.matches("cards: [%d,]+ results are written already", output)
    assert.matches("the job is complete: 4,000 rows, of which 40 failed (script 40): see", output, 1, true)
    assert.same({ 3960, 40 }, { job.check_whole(4000) })
  end)

  it("of Redis costs nothing, where it writes its AOF always", function()
    job:held_flow(ODD)
    job.write("ids.csv", job.ids(6000))
    job:let(3500)
    local feeder = job.start_feed { "--backlog", "1500" }
    job.wait_for_fed()
    local worker, other, collector = job.start_work(), job.start_work(), job.start_collect { "--order", "finish" }
    for _, count in ipairs { 300, 1500, 3000 } do
      job.wait_for_done(count)
      server.kill()
      job.wait_for_waiting { worker, other, collector } -- the first time: they may not notice how soon it is there again
      server.run()
    end
    job:let()
    jobs.ends(feeder)
    for _, output in ipairs { jobs.ends(worker, jobs.of_worker), jobs.ends(other, jobs.of_worker), jobs.ends(collector, 1) } do
      assert.matches("waiting, at most 10:00", output, 1, true)
      assert.matches("is there again", output, 1, true)
    end
    assert.same({ 5940, 60 }, { job.check_whole(6000) })
  end)

  for _, order in ipairs { "rows", "finish" } do
    it("of a Redis that loses its last writes has those rows run again, in the order of " .. order, function()
      local forgetful = redis.start()
      job.remove()
      job = jobs.new(forgetful)
      job:held_flow(SLOW)
      job.write("ids.csv", job.ids(6000))
      assert.equal(0, select(2, job.feed()))
      job:let(1000)
      local worker, collector = job.start_work { "--concurrency", "8", "--lease", "1" }, job.start_collect { "--order", order }
      job.wait_for_done(500)
      forgetful.cli "SAVE"
      local saved = job.done()
      job:let(4000)
      job.wait_for_done(saved + 1500)
      program.wait_for("results", function() return select(2, (job.read "out" or ""):gsub("\n", "")) > saved + 500 end)
      forgetful.kill()
      forgetful.run()
      job:let()
      jobs.all_end { worker, collector }
      job.check_whole(6000)
      forgetful.stop()
    end)
  end

  it("of a Redis that keeps nothing ends every process with a message", function()
    local volatile = redis.start()
    job.remove()
    job = jobs.new(volatile)
    job:held_flow(SLOW)
    job.write("ids.csv", job.ids(20000))
    job:let(1000)
    local feeder = job.start_feed { "--backlog", "1000" }
    job.wait_for_fed()
    local worker, collector = job.start_work(), job.start_collect()
    job.wait_for_done(100)
    program.wait_for("the collector", function() return (job.read "out" or "") ~= "" end) -- one that comes later finds no job
    volatile.kill()
    volatile.run()
    for _, output in ipairs(jobs.all_end({ feeder, worker, collector }, 1)) do
      assert.matches("the job is gone: it was removed, or has expired, or Redis has lost it", output, 1, true)
    end
    volatile.stop()
  end)
end)
