--- A Redis that cannot be reached for a while, is slow, or does something else: every process waits, and goes on.

local jobs = require "support.job"
local program = require "support.program"
local redis = require "support.redis"

local SLOW = "return function(row) hold(row) cards.sleep(0.005) return { id = row.id } end" -- of a held flow

local server, relay, job

setup(function() server = redis.start() end)
teardown(redis.stop_all)
before_each(function()
  relay = redis.relay(server)
  job = jobs.new(server)
  job:flow "return function(row) cards.sleep(0.005) return { id = row.id } end"
end)
after_each(function()
  job.remove()
  relay.stop()
end)

--- Sends the job's further processes over the relay.
local function over_relay()
  job.url = relay.url(job.name)
end

--- Starts feeder, worker and collector.
local function start_all()
  local feeder = job.start_feed { "--backlog", "1000" }
  job.wait_for_fed()
  return { feeder, job.start_work { "--lease", "1" }, job.start_collect() }
end

describe("a job in Redis", function()
  it("goes on behind a partition: processes wait and say so", function()
    job:held_flow(SLOW)
    job.write("ids.csv", job.ids(4000))
    job:let(500)
    over_relay()
    local processes = start_all()
    job.wait_for_done(300)
    relay.stall()
    job.wait_for_waiting(processes) -- which takes longer than a command may
    job:let()
    relay.go()
    for _, output in ipairs(jobs.all_end(processes)) do
      assert.matches("no reply in time.*waiting, at most 10:00.*is there again", output)
    end
    job.check_whole(4000)
  end)

  it("goes on where replies are lost and connections cut, with Redis slow", function()
    job:held_flow(SLOW)
    job.write("ids.csv", job.ids(4000))
    over_relay()
    relay.delay(0.02)
    local processes, done = start_all(), 0
    job:let(2000)
    while done <= 1000 do
      local before = done
      relay.cut_after(60000)
      program.wait_for("some rows", function()
        done = job.done()
        return done > before
      end)
      relay.delay(0.02)
      relay.cut()
    end
    job:let()
    relay.go()
    jobs.all_end(processes)
    job.check_whole(4000)
  end)

  it("gives the rows of a worker that is cut off to others, and takes its late lines for none", function()
    job:held_flow "return function(row) if os.getenv 'CUT_OFF' then hold(row) end cards.sleep(0.01) return { id = row.id } end"
    job.write("ids.csv", job.ids(1000))
    assert.equal(0, select(2, job.feed()))
    local direct = job.url
    over_relay()
    job:let(200)
    local cut_off = job.start(job.work_arguments { "--concurrency", "8", "--lease", "1" }, { CUT_OFF = "1" })
    job.wait_for_done(200) -- and rows behind them run
    relay.stall()
    job.url = direct
    local output, status = job.work()
    assert.equal(0, status, output)
    assert.matches("taken over from workers that had ended", output)
    assert.matches("1,000 rows of 1,000 done", output, 1, true)
    job:let()
    relay.go()
    output = jobs.ends(cut_off)
    assert.matches("had a line already, of another worker or from before a reply was lost: it stays", output)
    assert.equal(0, select(2, job.collect()))
    job.check_whole(1000)
  end)

  it("waits for a Redis that runs a long script, and one that sleeps", function()
    server.cli "CONFIG SET busy-reply-threshold 100"
    job.write("ids.csv", job.ids(2000))
    local processes = start_all()
    job.wait_for_done(100)
    server.cli "EVAL 'local began = redis.call(\"TIME\")[1] while redis.call(\"TIME\")[1] - began < 2 do end return 1' 0"
    server.cli "DEBUG SLEEP 1"
    jobs.all_end(processes)
    job.check_whole(2000)
  end)

  it("ends with a message where Redis stays away for longer than --patience", function()
    job:held_flow(SLOW)
    job.write("ids.csv", job.ids(4000))
    job:let(500)
    over_relay()
    local patience = { "--patience", "1" }
    local feeder = job.start_feed { "--patience", "1", "--backlog", "1000" }
    job.wait_for_fed()
    local processes = { feeder, job.start_work { "--patience", "1", "--lease", "1" }, job.start_collect(patience) }
    job.wait_for_done(100)
    relay.down()
    for _, output in ipairs(jobs.all_end(processes, 1)) do
      assert.matches("waiting, at most 0:01", output, 1, true)
      assert.is_nil(output:find "traceback", output)
    end
    job:let()
    relay.go()
    jobs.all_end(start_all())
    job.check_whole(4000)
  end)
end)
