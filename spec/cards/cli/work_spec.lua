--- cards feed, work and collect together: each row has exactly one line, whoever is killed when.

local cli = require "support.cli"
local new_job = require("support.job").new
local program = require "support.program"
local redis = require "support.redis"

local server, job

setup(function() server = redis.start() end)
teardown(redis.stop_all)
before_each(function() job = new_job(server) end)
after_each(function() job.remove() end)

--- The same without what is another one in each call.
local function without_ids(text)
  return (text:gsub('"request_id":"[%w_]+"', ""))
end

describe("cards work", function()
  it("writes what cards run writes, in the order of rows", function()
    job:flow [[
      return function(row)
        if row.id == "raise" then error("card 4111111111111111 is odd") end
        if row.id == "odd" then return { file = io.stdout } end
        if row.id == "nothing" then return end
        if row.id == "refused" then return nil, select(2, alix:private_info "sandbox-declined") end
        return { id = row.id, note = row["note, quoted"], length = #row["note, quoted"] }
      end
    ]]
    job.write("ids.csv", 'id,"note, quoted"\r\nc_1,a\r\n\r\nrefused,b\r\nc_3\r\nraise,\r\nodd,\r\nnothing,\\t\\\r\n'
      .. '"c_8","two\nlines\tand a tab"\r\nc_9,\233\r\nc_10,\195\169\n')
    local _, status = job:run { "--concurrency", "1" }
    assert.equal(1, status)
    local results, errors = job.read "out", job.read "out.errors"
    os.remove(job.folder .. "/out")
    os.remove(job.folder .. "/out.errors")
    os.remove(job.folder .. "/out.journal")
    os.remove(job.folder .. "/out.timeline")
    local output
    output, status = job.feed()
    assert.equal(0, status, output)
    assert.matches("9 rows fed in %d:%d%d, .*1 cannot be sent.*; 9 in all, 9 not done yet", output)
    output, status = job.work()
    assert.equal(1, status, output)
    assert.matches("9 rows of 9 done", output, 1, true)
    output, status = job.collect()
    assert.equal(1, status, output)
    assert.matches("the job is complete: 9 rows, of which 5 failed (declined 1, invalid_request 1, script 3)", output, 1, true)
    assert.equal(results, job.read "out")
    assert.equal(without_ids(errors), without_ids(job.read "out.errors"))
    local summary = job:summary()
    assert.same({ "complete", 9, 4, 5 }, { summary.ended, summary.rows, summary.succeeded, summary.failed })
  end)

  it("writes a report of its own rows", function()
    job:flow [[ return function(row) return row.id ~= "c_2" and row.id or error "odd" end ]]
    job.write("ids.csv", job.ids(20))
    assert.equal(0, select(2, job.feed()))
    job.write("other.html", "mine")
    cli.fails(2, "it is there already, and is no report", job.work_arguments { "--report", job.folder .. "/other.html" })
    local output, status = job.work { "--report", job.folder .. "/report.html" }
    assert.equal(1, status, output)
    assert.matches("the report of this worker's rows is in", output, 1, true)
    local seen = job.read("report.html"):gsub("<[^>]*>", " "):gsub("%s+", " ")
    assert.matches("Complete", seen)
    assert.matches("Rows 20 Succeeded 19", seen, 1, true)
  end)

  it("shares the rows of a job, and loses and repeats none where a worker is killed", function()
    job:held_flow("return function(row) hold(row) return alix:private_info(row.id) end", "slow_first_byte=0.02")
    job.write("ids.csv", job.ids(1500))
    assert.equal(0, select(2, job.feed()))
    job:let(200)
    local first = job.start_work { "--concurrency", "16", "--lease", "1" }
    job.wait_for_done(50)
    local second = job.start_work { "--concurrency", "16" }
    first.signal "KILL"
    first.finish()
    job:let()
    local output, status = second.finish()
    assert.equal(0, status, output)
    assert.matches("taken over from workers that had ended", output)
    output, status = job.collect()
    assert.equal(0, status, output)
    local lines, count = job:lines "out"
    assert.equal(1500, count)
    assert.equal("************1111", lines[1500].result.cardNo)
    assert.equal(0, job.ask("XLEN", "rows"))
    assert.equal(0, job.ask("XLEN", "results"))
  end)

  it("finishes what runs after SIGTERM and gives back the rest at once", function()
    job:held_flow "return function(row) hold(row) cards.sleep(0.01) return { id = row.id } end"
    job.write("ids.csv", job.ids(400))
    assert.equal(0, select(2, job.feed()))
    job:let(20)
    local worker = job.start_work { "--concurrency", "2" }
    job.wait_for_done(20)
    worker.signal "TERM"
    job.wait_for_signal()
    job:let()
    local output, status = worker.finish()
    assert.equal(130, status, output)
    assert.matches("given back", output)
    assert.matches("interrupted; the same command goes on", output)
    cli.runs("waiting, 0 with workers", { "status", "--from", job.url })
    output, status = job.work()
    assert.equal(0, status, output)
    assert.matches("400 rows of 400 done", output, 1, true)
    assert.equal(0, select(2, job.collect()))
    assert.equal(400, select(2, job:lines "out"))
  end)

  for _, deliveries in ipairs { 3, 2 } do
    it(("puts a row that kills %d workers among the failures, and no other"):format(deliveries), function()
      job:flow "return function(row) if row.id == 'c_7' then io.popen('kill -KILL $PPID'):close() end cards.sleep(0.01) return { id = row.id } end"
      job.write("ids.csv", job.ids(60))
      assert.equal(0, select(2, job.feed { "--deliveries", tostring(deliveries) }))
      local killed = -1
      local output, status
      repeat
        killed = killed + 1
        output, status = job.start_work({ "--concurrency", "8", "--lease", "1" }).finish()
      until status ~= 137
      assert.equal(1, status, output)
      assert.equal(deliveries, killed)
      assert.equal(1, select(2, job.collect()))
      local errors, failed = job:lines "out.errors"
      assert.same({ 59, 1 }, { select(2, job:lines "out"), failed })
      assert.equal(("row 7: %d workers ended while they ran it"):format(deliveries), errors[7].error.message)
      assert.equal("c_7", errors[7].columns.id)
    end)
  end

  it("takes rows that were given back at once, also where the worker before had a shorter lease", function()
    job:flow "return function(row) return { id = row.no_column } end"
    job.write("ids.csv", job.ids(3))
    assert.equal(0, select(2, job.feed()))
    local output, status = job.work()
    assert.equal(1, status, output)
    assert.matches("3 rows are given back", output)
    job:flow "return function(row) return { id = row.id } end"
    local worker = job.start_work { "--lease", "3600" }
    job.wait_for_done(3)
    output, status = worker.finish()
    assert.equal(0, status, output)
  end)

  it("ends at the second SIGTERM though a row runs, which others may take at once", function()
    job:flow "return function(row) cards.sleep(row.id == 'c_2' and 600 or 0) return { id = row.id } end"
    job.write("ids.csv", job.ids(3))
    assert.equal(0, select(2, job.feed()))
    local worker = job.start_work()
    job.wait_for_done(2)
    worker.signal "TERM"
    job.wait_for_signal()
    program.shell "sleep 0.2" -- two at once count as one
    worker.signal "TERM"
    local output, status = worker.finish()
    if program.lua ~= "luajit" then -- its host leaves the signal as it is
      assert.equal(130, status, output)
      assert.matches("1 row is given back", output)
      job:flow "return function(row) cards.sleep(0) return { id = row.id } end"
      assert.matches("1 row in", (job.work { "--accept-flow" }))
    end
  end)

  it("ends where the flow asks for a column that is not there, with no row done", function()
    job:flow "return function(row) return { id = row.idd } end"
    job.write("ids.csv", job.ids(3))
    assert.equal(0, select(2, job.feed()))
    local output = cli.fails(1, "ids.csv: unknown column 'idd' (did you mean 'id'?)", job.work_arguments())
    assert.matches("3 rows are given back", output)
    job:flow "return function(row) return { id = row.id } end"
    assert.equal(0, select(2, job.work()))
    assert.equal(0, select(2, job.collect()))
    assert.equal(3, select(2, job:lines "out"))
  end)

  it("refuses another flow, another lease, and a job that is not there", function()
    job:flow "return function(row) return row end"
    job.write("ids.csv", job.ids(1))
    cli.fails(1, "there is no such job: cards feed makes it", job.work_arguments())
    assert.equal(0, select(2, job.feed()))
    assert.equal(0, select(2, job.work { "--lease", "7" }))
    job:flow "return function(row) return { 1 } end"
    cli.fails(1, "had another flow than", job.work_arguments())
    cli.fails(2, "the job's workers have one of 7 seconds", job.work_arguments { "--accept-flow", "--lease", "8" })
    assert.equal(0, select(2, job.work { "--accept-flow" }))
    server.cli(("HSET 'cards:{%s}:meta' version 9"):format(job.name))
    cli.fails(1, "its keys have version 9, these are 1", job.work_arguments())
  end)
end)
