--- Rows and results that are long: no step has many of them at once, so that Redis and the processes need little memory beside what they hold.

local jobs = require "support.job"
local program = require "support.program"
local redis = require "support.redis"

local MEGABYTE = 2 ^ 20
local server, job

setup(function() server = redis.start { lines = { "proto-max-bulk-len 4mb" } } end)
teardown(redis.stop_all)
before_each(function() job = jobs.new(server) end)
after_each(function() job.remove() end)

--- The bytes that Redis had in memory at most.
local function peak()
  return tonumber(program.shell(("grep VmHWM /proc/%d/status"):format(server.pid)):match "%d+") * 1024
end

describe("a job", function()
  it("has results that are together longer than Redis takes at once", function()
    job:flow "return function(row) return { id = row.id, text = ('x'):rep(200 * 1024) } end"
    job.write("ids.csv", job.ids(100))
    assert.equal(0, select(2, job.feed()))
    local output, status = job.work { "--patience", "2" }
    assert.equal(0, status, output)
    assert.equal(0, select(2, job.collect()))
    job.check_whole(100)
  end)

  it("has an error in the place of a result that is longer than Redis would take", function()
    job:flow "return function(row) return row.id == 'c_2' and ('x'):rep(64 * 1024 * 1024) or row.id end"
    job.write("ids.csv", job.ids(3))
    assert.equal(0, select(2, job.feed()))
    local output, status = job.work { "--patience", "2" }
    assert.equal(1, status, output)
    assert.equal(1, select(2, job.collect()))
    assert.equal(2, (job.check_whole(3)))
    assert.equal("the result: it is longer than 67108864 bytes", job:lines "out.errors"[2].error.message)
  end)

  it("costs Redis no more memory than its rows, or their results", function()
    job:flow "return function(row) return { text = row.text } end"
    local file = assert(io.open(job.folder .. "/ids.csv", "wb"))
    file:write "id,text\n"
    for i = 1, 20 do
      file:write(i, ",", ("x"):rep(MEGABYTE), "\n")
    end
    file:close()
    assert.equal(0, select(2, job.feed()))
    local held = peak()
    local output, status = job.work { "--patience", "2" }
    assert.equal(0, status, output)
    assert.equal(0, select(2, job.collect()))
    job.check_whole(20)
    local more = math.floor((peak() - held) / MEGABYTE)
    assert.is_true(more < 15, more .. " megabytes more")
  end)

  it("costs Redis no more where many short results stand before long ones", function()
    job:flow "local long = ('x'):rep(2 ^ 20) return function(row) return tonumber(row.id:match '%d+') <= 512 and 1 or long end"
    job.write("ids.csv", job.ids(600))
    assert.equal(0, select(2, job.feed()))
    local output, status = job.work { "--concurrency", "1", "--patience", "2" }
    assert.equal(0, status, output)
    local held = peak()
    assert.equal(0, select(2, job.collect()))
    assert.equal(600, select(2, job:lines "out"))
    local more = math.floor((peak() - held) / MEGABYTE)
    assert.is_true(more < 100, more .. " megabytes more")
  end)
end)
