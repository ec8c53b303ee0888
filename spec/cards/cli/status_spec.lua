--- cards status: how far jobs are.

local cli = require "support.cli"
local core = require "cards.core"
local jobs = require "support.job"
local program = require "support.program"
local redis = require "support.redis"

local server, job

setup(function() server = redis.start() end)
teardown(redis.stop_all)
before_each(function() job = jobs.new(server) end)
after_each(function() job.remove() end)

local function status(more)
  local list = { "status", "--from", job.url }
  for _, argument in ipairs(more or {}) do
    list[#list + 1] = argument
  end
  return list
end

describe("cards status", function()
  it("shows a job that runs, with its workers, and one that is complete", function()
    job:flow "return function(row) if row.id == 'c_2' then return nil, 'no' end cards.sleep(row.id == 'c_9' and 600 or 0) return { id = row.id } end"
    job.write("ids.csv", job.ids(100))
    cli.fails(1, "there is no such job", status())
    assert.equal(0, select(2, job.feed { "--limit", "50" }))
    cli.runs("0 of 50 rows done, 0 %", status())
    cli.runs("no worker", status())
    local worker = job.start_work()
    job.wait_for_done(49)
    local made = assert(core.json_decode(cli.runs("{", status { "--json" })))
    assert.same({ 49, 50, 1, 1, 0, false }, { made.done, made.total, made.failed, made.running, made.waiting, made.complete })
    assert.same({ script = 1 }, made.errors)
    assert.equal(worker.pid, made.workers[1].pid)
    cli.runs("1 failed: script 1", status())
    cli.runs(("process %d"):format(worker.pid), status { "--once" })
    worker.signal "KILL"
    worker.finish()
    cli.runs(job.url .. ": 49 of 50 rows done, 98 %", { "status", "--from", server.url "" })
    cli.runs("removed: 1 row not done, 49 results not collected", status { "--remove" })
    cli.fails(1, "there is no such job", status { "--remove" })
    assert.equal("", server.cli("--scan --pattern 'cards:*'"))
    cli.runs("no jobs", { "status", "--from", (server.url "":gsub("/$", "")) })
    cli.fails(2, "--remove needs an address with the name of a job", { "status", "--remove", "--from", (server.url "":gsub("/$", "")) })
  end)

  it("removes a job under its workers, who leave nothing of it", function()
    job:flow "return function(row) cards.sleep(600) return { id = row.id } end"
    job.write("ids.csv", job.ids(100))
    assert.equal(0, select(2, job.feed()))
    local worker = job.start_work()
    program.wait_for("the worker", function() return (job.ask("HVALS", "workers") .. ""):find '"runs":64' end)
    cli.runs("removed: 100 rows not done", status { "--remove" })
    assert.matches("the job is gone: it was removed", jobs.ends(worker, 1), 1, true)
    assert.equal("", server.cli("--scan --pattern 'cards:*'"))
  end)

  it("shows what others wrote for workers as plain text", function()
    job.write("ids.csv", job.ids(3))
    assert.equal(0, select(2, job.feed()))
    local now = server.cli("TIME"):match "%d+"
    for name, state in pairs { a = '{"host":"\\u001b[2J","pid":"\\u001b[3J","rate":"x","rows":1e308,"holds":{},"other":1}', b = "odd", c = "[]" } do
      job.ask("HSET", "workers", ("%s '%s %s'"):format(name, now, state))
    end
    assert.is_nil(cli.runs("process ?: 0 rows, 0/s, 0 held", status()):find "\27")
    local made = assert(core.json_decode(cli.runs("{", status { "--json" })))
    assert.same({ "a", "c" }, { made.workers[1].name, made.workers[2].name })
    assert.is_nil(made.workers[1].other)
  end)
end)
