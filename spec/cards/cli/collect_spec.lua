--- cards collect: each result once, in the files of one collector.

local cli = require "support.cli"
local new_job = require("support.job").new
local program = require "support.program"
local redis = require "support.redis"

local server, job

setup(function() server = redis.start() end)
teardown(redis.stop_all)
before_each(function()
  job = new_job(server)
  job:flow "return function(row) if row.id == 'c_3' then error('no', 0) end return { id = row.id } end"
end)
after_each(function() job.remove() end)

--- Feeds so many rows and does them.
local function do_rows(count, more)
  job.write("ids.csv", job.ids(count))
  assert.equal(0, select(2, job.feed(more)))
  assert.equal(1, select(2, job.work()))
end

--- The numbers of the rows in a file, in its order.
local function numbers(name)
  local list = {}
  for number in job.read(name):gmatch '{"row":(%d+),' do
    list[#list + 1] = tonumber(number)
  end
  return list
end

describe("cards collect", function()
  it("writes the rows in their order though they ended in another one, or as they ended", function()
    job:flow [[
      local left = 299
      return function(row)
        if row.id == "c_1" then
          while left > 0 do cards.sleep(0.01) end
        else
          cards.sleep(0)
          left = left - 1
        end
        return { id = row.id }
      end
    ]]
    job.write("ids.csv", job.ids(300))
    assert.equal(0, select(2, job.feed()))
    assert.equal(0, select(2, job.work()))
    assert.equal(0, select(2, job.collect { "--keep" }))
    local rows = numbers "out"
    assert.equal(300, #rows)
    for row = 1, 300 do
      assert.equal(row, rows[row])
    end
    assert.equal(300, job.ask("XLEN", "results"))
    assert.equal(0, select(2, cli.run { "collect", "--from", job.url, "--out", job.folder .. "/as_ended", "--order", "finish" }))
    rows = numbers "as_ended"
    assert.same({ 300, 1 }, { #rows, rows[300] })
    assert.equal(0, job.ask("XLEN", "results"))
  end)

  it("leaves in Redis what a full disk did not take", function()
    job:flow "return function(row) return { id = row.id } end"
    job.write("ids.csv", job.ids(3000))
    assert.equal(0, select(2, job.feed()))
    assert.equal(0, select(2, job.work()))
    local output, status = program.shell(("trap '' XFSZ; ulimit -f 60; %s collect --from %s --out %s/out"):format(cli.command(), job.url, job.folder))
    assert.equal(1, status, output)
    assert.matches("/out: File too large", output, 1, true)
    output, status = job.collect()
    assert.equal(0, status, output)
    assert.equal(3000, select(2, job:lines "out"))
  end)

  it("follows a job, and goes on where it was killed", function()
    job:flow "return function(row) cards.sleep(0.01) return { id = row.id } end"
    job.write("ids.csv", job.ids(600))
    assert.equal(0, select(2, job.feed()))
    local worker = job.start_work { "--concurrency", "4" }
    local collector = cli.start(job.collect_arguments())
    program.wait_for("some lines", function() return (job.read "out" or ""):find "\n" end)
    collector.signal "KILL"
    collector.finish()
    local file = assert(io.open(job.folder .. "/out", "ab")) -- as if the last piece had been cut by the end of the power
    file:write('{"row":599,"resu')
    file:close()
    local output, status = job.collect()
    assert.equal(0, status, output)
    assert.matches("already", output)
    assert.equal(0, select(2, worker.finish()))
    assert.equal(600, select(2, job:lines "out"))
    local summary = job:summary()
    assert.same({ "complete", 600 }, { summary.ended, summary.rows })
    output, status = job.collect()
    assert.equal(0, status, output)
    assert.matches("600 results are written already", output, 1, true)
  end)

  it("has the job's timeline, and makes a report of it", function()
    do_rows(20)
    cli.fails(2, "--report takes a file of its own", job.collect_arguments { "--report", job.folder .. "/out.timeline" })
    assert.equal(1, select(2, job.collect { "--report", job.folder .. "/report.html" }))
    local seen = job.read("report.html"):gsub("<[^>]*>", " "):gsub("%s+", " ")
    assert(seen:find("Complete ·", 1, true) and seen:find("Rows 20 Succeeded 19 95 % Failed 1 5 %", 1, true), seen)
    assert(seen:find("Distribution", 1, true) and not seen:find("timeline", 1, true), seen)
    local rows = 0
    for count in job.read("out.timeline"):gmatch '"rows":(%d+)' do
      rows = rows + tonumber(count)
    end
    assert.equal(20, rows)
  end)

  it("says whose results are in the files, and where those of a job are", function()
    do_rows(5)
    assert.equal(1, select(2, job.collect()))
    cli.fails(1, "5 results of the job were collected into other files: go on with those", { "collect", "--from", job.url, "--out", job.folder .. "/new" })
    assert.equal(0, select(2, cli.run { "status", "--from", job.url, "--remove" }))
    do_rows(5)
    cli.fails(1, "the results of another job are in it: choose another --out", job.collect_arguments())
    cli.fails(2, "--out and --errors take files", { "collect", "--from", job.url, "--out", "-" })
    cli.fails(2, "--errors takes a file of its own", job.collect_arguments { "--errors", job.folder .. "/out" })
    cli.fails(1, "there is no such job", { "collect", "--from", server.url "nobodys", "--out", job.folder .. "/none" })
  end)

  it("takes no device for a file that can be read again, and holds no job after it has refused a file", function()
    do_rows(5)
    for _, path in ipairs { "/dev/full", "/dev/null" } do
      for _, arguments in ipairs { { "collect", "--from", job.url, "--out", path }, job.collect_arguments { "--errors", path } } do
        cli.fails(1, path .. ": it is no regular file, so that an interrupted collect could not go on: choose another path", arguments)
      end
      assert.is_nil((io.open(path .. ".journal")))
    end
    cli.fails(1, "it is there already, and not of a run that can go on", { "collect", "--from", job.url, "--out", job.folder .. "/ids.csv" })
    assert.equal(0, job.ask("EXISTS", "collector"))
    assert.equal(1, select(2, job.collect()))
    assert.equal(4, select(2, job:lines "out"))
    cli.fails(1, "/dev/zero: it is no regular file, so that an interrupted feed could not go on: choose another path",
      { "feed", "--in", "/dev/zero", "--format", "csv", "--to", job.url })
  end)

  it("lets one process collect a job at a time", function()
    job.write("ids.csv", job.ids(5))
    assert.equal(0, select(2, job.feed()))
    local first = cli.start(job.collect_arguments())
    program.wait_for("the lock", function() return job.ask("EXISTS", "collector") == 1 end)
    cli.fails(1, "another cards collect is at work", { "collect", "--from", job.url, "--out", job.folder .. "/second" })
    assert.equal(1, select(2, job.work()))
    local output, status = first.finish()
    assert.equal(1, status, output)
    assert.equal(4, select(2, job:lines "out"))
  end)
end)
