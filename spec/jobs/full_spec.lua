--- A Redis that is full and evicts nothing: a job goes on, as those who make room are let in.

local jobs = require "support.job"
local program = require "support.program"
local redis = require "support.redis"

local server, job

before_each(function()
  server = redis.start { memory = "3mb" }
  job = jobs.new(server)
end)
after_each(function()
  job.remove()
  redis.stop_all()
end)

--- Waits until Redis refuses to write.
local function wait_for_full()
  program.wait_for("a full Redis", function() return server.cli("SET other 1"):find "OOM" end)
end

describe("a full Redis", function()
  it("holds the feeder back until workers and the collector make room", function()
    job:flow "return function(row) return { id = row.id, more = ('x'):rep(100) } end"
    job.write("ids.csv", "id,note\n" .. job.ids(40000):gsub("^id\n", ""):gsub("\n", "," .. ("y"):rep(60) .. "\n"))
    local feeder = job.start_feed()
    wait_for_full()
    local worker = job.start_work()
    program.wait_for("results", function() return job.ask("XLEN", "results") > 1000 end)
    local collector = job.start_collect()
    assert.matches("Redis is full: its maxmemory is used up.*waiting, at most 10:00.*is there again", jobs.ends(feeder))
    jobs.all_end { worker, collector }
    job.check_whole(40000)
  end)

  it("is said where nobody makes room within --patience, and shown by cards status", function()
    job:flow "return function(row) return { id = row.id } end"
    job.write("ids.csv", "id,note\n" .. job.ids(40000):gsub("^id\n", ""):gsub("\n", "," .. ("y"):rep(60) .. "\n"))
    local output, status = job.feed { "--patience", "1" }
    assert.equal(1, status, output)
    assert.matches("Redis is full: its maxmemory is used up, and nothing may be evicted", output, 1, true)
    output, status = require("support.cli").run { "status", "--from", job.url }
    assert.equal(0, status, output)
    assert.matches("rows done that are fed so far", output, 1, true)
    server.cli "CONFIG SET maxmemory 0"
    jobs.all_end { job.start_feed(), job.start_work(), job.start_collect() }
    job.check_whole(40000)
  end)
end)
