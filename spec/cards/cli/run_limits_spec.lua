--- cards run: what ends a run before its input does, a client that is busy, and the summary of it all.

local cli = require "support.cli"
local new_batch = require("support.batch").new
local program = require "support.program"

local batch, write, read

before_each(function()
  batch = new_batch()
  write, read = batch.write, batch.read
end)

after_each(function() batch.remove() end)

describe("cards run --limit", function()
  it("runs the first rows, and without it the others", function()
    batch:flow()
    write("ids.csv", batch.ids(30))
    local output, status = batch:run { "--limit", "10" }
    assert.equal(0, status, output)
    assert.matches("ended after row 10, as --limit says; without it the same command goes on", output, 1, true)
    local results, count = batch:lines "out"
    assert.same({ 10, true }, { count, results[1] and results[10] and true })
    assert.equal("limit", batch:summary().ended)
    output, status = batch:run { "--limit", "10" }
    assert.equal(0, status, output)
    assert.matches("no row was run", output, 1, true)
    output, status = batch:run()
    assert.equal(0, status, output)
    assert.equal(30, select(2, batch:lines "out"))
    assert.same({ "complete", 30, 10 }, { batch:summary().ended, batch:summary().rows, batch:summary().earlier })
    output = batch:run { "--limit", "30" }
    assert.is_nil(output:find("--limit", 1, true), output) -- as there are no others
  end)

  it("goes on where it was killed, and so does --max-errors", function()
    batch:held_flow([[
      return function(row)
        hold(row)
        if row.id:find "7$" then error "odd" end
        return alix:private_info(row.id)
      end
    ]], "slow_first_byte=0.05", 400)
    write("ids.csv", batch.ids(1000))
    local process = cli.start(batch:arguments { "--concurrency", "8", "--limit", "800", "--max-errors", "500" })
    program.wait_for("some lines", function() return (read "out" or "") ~= "" and (read "out.errors" or "") ~= "" end)
    process.signal "KILL"
    process.finish()
    assert.is_nil(read "out.summary.json") -- which says that a run has ended
    batch:flow "return function(row) if row.id:find '7$' then error 'odd' end return alix:private_info(row.id) end"
    local output, status = batch:run { "--limit", "800" }
    assert.equal(1, status, output)
    local results, succeeded = batch:lines "out"
    local errors, failed = batch:lines "out.errors"
    assert.same({ 720, 80 }, { succeeded, failed })
    for row = 1, 800 do
      assert.is_truthy(results[row] or errors[row])
    end
    assert.same({ 800, 80, { script = 80 } }, { batch:summary().rows, batch:summary().failed, batch:summary().errors })
  end)
end)

describe("cards run --max-errors", function()
  it("begins no further row when so many have failed, says so, and goes on by the same command", function()
    batch:flow "return function(row) if row.id:find '[05]$' then return nil, 'odd' end return alix:private_info(row.id) end"
    write("ids.csv", batch.ids(40))
    local output, status = batch:run { "--max-errors", "2", "--concurrency", "1" }
    assert.equal(1, status, output)
    assert.matches("stopped, as many rows have failed as --max-errors allows (2); the same command goes on", output, 1, true)
    assert.same({ 8, 2 }, { select(2, batch:lines "out"), select(2, batch:lines "out.errors") })
    local summary = batch:summary()
    assert.same({ "max_errors", 10, 2, { script = 2 } }, { summary.ended, summary.rows, summary.failed, summary.errors })
    assert.matches("as many rows have failed as --max-errors allows", summary.message, 1, true)
    output, status = batch:run { "--max-errors", "2", "--concurrency", "16" } -- those that were begun are finished
    assert.equal(1, status, output)
    assert.is_true(select(2, batch:lines "out.errors") >= 4)
    output, status = batch:run { "--max-errors", "100" }
    assert.equal(1, status, output)
    assert.same({ 32, 8 }, { select(2, batch:lines "out"), select(2, batch:lines "out.errors") })
    assert.equal("complete", batch:summary().ended)
  end)
end)

describe("a client that is busy", function()
  it("is no error of a row: the row is run again, whether the error is returned or raised", function()
    batch:flow([[
      local limited = cards.limit { concurrency = 1, max_wait = 0.01 }
      return function(row)
        local record, err = limited(alix.private_info, alix, row.id)
        if not record and row.id:find "[13579]$" then error(err) end
        return record, err
      end
    ]], "slow_first_byte=0.02")
    write("ids.csv", batch.ids(40))
    local output, status = batch:run { "--concurrency", "8" }
    assert.equal(0, status, output)
    assert.equal(40, select(2, batch:lines "out"))
    assert.equal("", read "out.errors")
    assert.matches("%d+ times? a row found the client busy, and was run again", output)
    assert.is_true(batch:summary().busy > 0)
  end)

  it("is one once that has lasted for --busy-timeout, and can be run again", function()
    batch:flow [[
      local limited = cards.limit { rate = 1, per = 3600, max_wait = 0 }
      return function(row)
        if os.getenv "CARDS_FREE" then return alix:private_info(row.id) end
        return limited(alix.private_info, alix, row.id)
      end
    ]]
    write("ids.csv", batch.ids(3))
    local output, status = batch:run { "--busy-timeout", "1" }
    assert.equal(1, status, output)
    assert.same({ 1, 2 }, { select(2, batch:lines "out"), select(2, batch:lines "out.errors") })
    assert.same({ busy = 2 }, batch:summary().errors)
    output, status = batch:run({ "--retry-failed=busy" }, { env = { CARDS_FREE = "1" } })
    assert.equal(0, status, output)
    assert.equal(3, select(2, batch:lines "out"))
  end)
end)

describe("a row that waits for a busy client", function()
  it("is left when the run stops, and run by the same command", function()
    batch:flow [[
      local limited = cards.limit { rate = 1, per = 3600, max_wait = 0 }
      return function(row)
        if os.getenv "CARDS_FREE" then return alix:private_info(row.id) end
        if row.id == "c_4" then cards.sleep(0.5) return nil, "odd" end
        return limited(alix.private_info, alix, row.id)
      end
    ]]
    write("ids.csv", batch.ids(4))
    local output, status = batch:run { "--max-errors", "1" }
    assert.equal(1, status, output)
    assert.matches("stopped, as many rows have failed as --max-errors allows (1)", output, 1, true)
    assert.same({ 1, 1 }, { select(2, batch:lines "out"), select(2, batch:lines "out.errors") })
    output, status = batch:run({ "--max-errors", "1" }, { env = { CARDS_FREE = "1" } })
    assert.equal(1, status, output)
    assert.same({ 3, 1 }, { select(2, batch:lines "out"), select(2, batch:lines "out.errors") })
  end)
end)

describe("the summary of a run", function()
  it("has rows, rate, errors by kind and times, on the terminal and in OUT.summary.json", function()
    batch:flow [[
      return function(row)
        if row.id == "c_3" then return nil, "odd" end
        return alix:private_info(row.id == "c_2" and "sandbox-declined" or row.id)
      end
    ]]
    write("ids.csv", batch.ids(5))
    local output, status = batch:run()
    assert.equal(1, status, output)
    assert.matches("cards: 5 rows in %d:%d%d, [%d,]+/s: 3 succeeded, 2 failed %(declined 1, script 1%)", output)
    assert.matches("cards: a row took [%d.]+ m?s %(p50%), [%d.]+ m?s %(p95%), [%d.]+ m?s %(p99%)", output)
    local summary = batch:summary()
    assert.same({ 5, 3, 2, 0, { declined = 1, script = 1 }, "complete" },
      { summary.rows, summary.succeeded, summary.failed, summary.earlier, summary.errors, summary.ended })
    assert.is_true(summary.p50 > 0 and summary.p50 <= summary.p95 and summary.p95 <= summary.p99 and summary.p99 <= summary.seconds * 1.01)
    assert.is_true(summary.rate > 0)
    output = cli.run({ "run", batch.folder .. "/flow.lua", "--in", "-", "--format", "csv", "--out", "-" }, { input = "id\nc_1\n", only = "stderr" })
    assert.matches("cards: 1 row in ", output, 1, true)
  end)

  for _, name in ipairs { "INT", "TERM" } do
    it("is written after SIG" .. name, function()
      batch:held_flow(nil, "slow_first_byte=0.05", 400)
      write("ids.csv", batch.ids(800))
      local process = cli.start(batch:arguments { "--concurrency", "16" })
      program.wait_for("some lines", function() return (read "out" or "") ~= "" end)
      process.signal(name)
      local output, status = process.finish()
      if program.lua ~= "luajit" then -- its host leaves signals as they are
        assert.equal(130, status, output)
        assert.matches("interrupted; the same command goes on", output, 1, true)
        local summary, _, count = batch:summary(), batch:lines "out"
        assert.same({ "interrupted", count }, { summary.ended, summary.rows })
      end
      batch:flow()
      output, status = batch:run()
      assert.equal(0, status, output)
      assert.equal(800, select(2, batch:lines "out"))
      assert.same({ "complete", 800 }, { batch:summary().ended, batch:summary().rows })
    end)
  end

  it("takes the place of no file that is somebody else's", function()
    batch:flow()
    write("ids.csv", batch.ids(1))
    write("out.summary.json", "precious\n")
    local output, status = batch:run()
    assert.equal(1, status)
    assert.matches("out.summary.json: it is there already", output, 1, true)
    assert.equal("precious\n", read "out.summary.json")
    cli.fails(2, "--errors takes a file of its own", batch:arguments { "--errors", batch.folder .. "/out.summary.json" })
  end)
end)
