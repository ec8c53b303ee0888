--- cards run: a line for each row, whatever happens.

local cli = require "support.cli"
local core = require "cards.core"
local interval = require "cards.cli.timeline.interval"
local journal = require "cards.cli.run.journal"
local new_batch = require("support.batch").new
local program = require "support.program"
local sandbox = require "support.sandbox"

local batch, folder, write, read

before_each(function()
  batch = new_batch()
  folder, write, read = batch.folder, batch.write, batch.read
end)

after_each(function() batch.remove() end)

local function lines(name) return batch:lines(name) end
local function arguments(more) return batch:arguments(more) end

--- A flow of rows that say what becomes of them; `case` is what it asks the sandbox for with every call.
local function flow(case)
  return batch:flow([[
    return function(row)
      if row.id == "raise" then error("card 4111111111111111 is odd") end
      if row.id == "odd" then return { file = io.stdout } end
      if row.id == "bytes" then return nil, "\255" end
      if row.id == "nothing" then return end
      if row.id == "text" then error("interrupted!", 0) end
      if row.id == "interrupt" then
        io.popen("kill -INT $PPID"):close()
        error("interrupted!", 0) -- as LuaJIT does; elsewhere the main coroutine raises it
      end
      return alix:private_info(row.id)
    end
  ]], case)
end

describe("cards run", function()
  it("writes a line for each row, masked, and the errors into a file of their own", function()
    flow()
    write("ids.csv", '\239\187\191id,"note, quoted"\r\nc_1,a\r\n\r\nsandbox-declined,b\r\nc_3\r\nraise,\r\nodd,\r\nbytes,\r\nnothing,\r\n"c_8","two\nlines"')
    local output, status = cli.run(arguments())
    assert.equal(1, status, output)
    assert.matches("5 rows failed: see .*/out.errors", output)
    local results, errors = lines "out", lines "out.errors"
    assert.same({ cardNo = "************1111", cvv = "***", expMonth = "01", expYear = "27" }, results[1].result)
    assert.equal("declined", errors[2].error.kind)
    assert.equal("alix", errors[2].error.provider)
    assert.equal("row 3 (line 5): it has 1 field and not 2, as the first line", errors[3].error.message)
    assert.matches("flow.lua:%d+: card %*+1111 is odd", errors[4].error.message)
    assert.equal("script", errors[4].error.kind)
    assert.equal("the result: file is a function, a coroutine or userdata", errors[5].error.message)
    assert.equal("?", errors[6].error.message)
    assert.is_nil(results[7].result)
    assert.equal("************1111", results[8].result.cardNo)
    assert.is_nil((read "out" .. read "out.errors"):find(sandbox.ALIX_PAN, 1, true))
  end)

  it("takes NDJSON, standard input and standard output", function()
    flow()
    write("ids.csv", '{"id":"c_1"}\n\n{"id":5}\n{"id":"raise"}\n')
    local _, status = cli.run(arguments { "--format", "ndjson", "--errors", folder .. "/bad" })
    assert.equal(1, status)
    assert.equal("************1111", lines "out"[1].result.cardNo)
    assert.equal("invalid_request", lines "bad"[2].error.kind)
    assert.equal("script", lines "bad"[3].error.kind)
    local output
    output, status = cli.run({ "run", folder .. "/flow.lua", "--in", "-", "--format", "csv", "--out", "-" }, { input = "id\nc_1\n", only = "stdout" })
    assert.equal(0, status)
    assert.equal("27", core.json_decode(output).result.expYear)
    output, status = cli.run { "run", folder .. "/flow.lua", "--in", "-", "--format", "csv", "--out", folder .. "/other" }
    assert.equal(2, status)
    assert.matches("cannot be read twice", output)
  end)

  it("goes on where it was killed, without losing or repeating a row", function()
    write("ids.csv", (batch.ids(800):gsub("c_7\n", "raise\n")))
    batch:held_flow("return function(row) if row.id == 'raise' then error 'odd' end hold(row) return alix:private_info(row.id) end", "slow_first_byte=0.05")
    for round = 1, 2 do
      batch:let(300 * round)
      local before = select(2, lines "out")
      local process = cli.start(arguments { "--concurrency", "16" })
      program.wait_for("some lines", function() return select(2, (read "out" or ""):gsub("\n", "")) > before end)
      process.signal "KILL"
      process.finish()
      local file = assert(io.open(folder .. "/out", "ab")) -- as if the last piece had been cut by the end of the power
      file:write('{"row":799,"resu')
      file:close()
    end
    flow()
    local output, status = cli.run(arguments())
    assert.equal(1, status, output)
    assert.matches("1 row failed", output)
    assert.matches("%d+ rows are done already", output)
    local results, count = lines "out"
    local errors, failed = lines "out.errors"
    assert.same({ 799, 1 }, { count, failed })
    for row = 1, 800 do
      assert.is_truthy(results[row] or errors[row])
    end
    output, status = cli.run(arguments())
    assert.equal(1, status, output)
    assert.matches("800 rows are done already", output, 1, true)
    assert.equal(799, select(2, lines "out"))
  end)

  it("writes a timeline, in which no row stands before its line, also where it was killed and goes on", function()
    batch:flow("return function(row) cards.sleep(0.02) if row.id:find '7$' then return nil, 'odd' end return row end")
    write("ids.csv", batch.ids(3000))
    local process = cli.start(arguments { "--concurrency", "4" })
    program.wait_for("two intervals", function() return select(2, (read "out.timeline" or ""):gsub("\n", "")) >= 2 end)
    process.signal "KILL"
    process.finish()
    local function rows_of_timeline()
      local rows, failed = 0, 0
      for line in read "out.timeline":gmatch "[^\n]+" do
        local one = assert(interval.read(line), line)
        rows, failed = rows + one.rows, failed + (one.failed["flow script"] or 0)
      end
      return rows, failed
    end
    local before = rows_of_timeline()
    local written = select(2, lines "out") + select(2, lines "out.errors")
    assert.is_true(before > 0 and before <= written and written < 3000, before .. " of " .. written)
    write("out.timeline", read "out.timeline" .. '{"at":17') -- as if it had been killed within a line
    local output, status = cli.run(arguments { "--concurrency", "64" })
    assert.equal(1, status, output)
    local rows, failed = rows_of_timeline()
    assert.equal(3000 - (written - before), rows)
    assert.is_true(failed <= 300)
    output, status = cli.run(arguments { "--retry-failed" })
    assert.equal(1, status, output)
    local again, failed_again = rows_of_timeline()
    assert.same({ rows + 300, failed + 300 }, { again, failed_again }, "rows that are run again are counted again")
  end)

  it("writes a report at its end, also without an output of its own and after Ctrl-C", function()
    flow()
    write("ids.csv", "id\nc_1\nsandbox-declined\nsandbox-unavailable\ntext\n")
    local report = folder .. "/report.html"
    local function has(part) assert(read "report.html":gsub("<[^>]*>", " "):gsub("%s+", " "):find(part, 1, true), part) end
    cli.fails(1, "3 rows failed", arguments { "--report", report, "--errors", folder .. "/bad" })
    has "Rows 4 Succeeded 1 25 % Failed 3 75 %"
    has "declined alix HTTP 400 32 1 33.3 %"
    has "script flow 1"
    assert.is_nil(read "report.html":find("odd", 1, true))
    cli.run { "run", folder .. "/flow.lua", "--in", folder .. "/ids.csv", "--out", "-", "--report", report }
    has "standard output Complete"
    has "Rows 4 Succeeded 1 25 % Failed 3 75 %"
    write("report.html", "my own")
    cli.fails(1, "report.html: it is there already, and is no report", arguments { "--report", report })
    os.remove(report)
    batch.remove()
    batch = new_batch()
    folder, write, read = batch.folder, batch.write, batch.read
    flow()
    write("ids.csv", batch.ids(2000))
    report = folder .. "/report.html"
    batch:held_flow("return function(row) hold(row) cards.sleep(0.05) return row end", nil, 400)
    local process = cli.start(arguments { "--concurrency", "16", "--report", report })
    program.wait_for("some lines", function() return (read "out" or "") ~= "" end)
    process.signal "INT"
    process.finish()
    if program.lua ~= "luajit" then -- its host leaves the signal as it is
      has "Interrupted"
    end
    for _, path in ipairs { "-", folder .. "/out", folder .. "/out.timeline", folder .. "/ids.csv", folder .. "/flow.lua" } do
      cli.fails(2, "--report takes a file of its own", arguments { "--report", path })
    end
    cli.fails(1, "No such file", arguments { "--report", folder .. "/none/report.html" })
  end)

  it("refuses a file that stands where its timeline shall be", function()
    flow()
    write("ids.csv", batch.ids(1))
    write("out.timeline", "my own\n")
    local output = cli.fails(1, "out.timeline: it is there already, and is no timeline of a run", arguments())
    assert.is_nil(read "out", output)
    assert.equal("my own\n", read "out.timeline")
    cli.fails(2, "--errors takes a file of its own", arguments { "--errors", folder .. "/out.timeline" })
  end)

  it("writes a line soon where rows are slow, so that few calls are made again after a kill", function()
    batch:flow("return function(row) cards.sleep(row.id == 'c_4' and 600 or 0.25) return row end")
    write("ids.csv", batch.ids(4))
    local process = cli.start(arguments { "--concurrency", "1" })
    program.wait_for("a line", function() return (read "out" or ""):find "\n" end)
    process.signal "KILL"
    process.finish()
    assert.equal("c_1", lines "out"[1].result.id)
  end)

  it("goes on after Ctrl-C, which keeps what is done", function()
    batch:held_flow(nil, "slow_first_byte=0.05", 400)
    write("ids.csv", batch.ids(800))
    local process = cli.start(arguments { "--concurrency", "16" })
    program.wait_for("some lines", function() return (read "out" or "") ~= "" end)
    process.signal "INT"
    local output, status = process.finish()
    if program.lua ~= "luajit" then -- its host leaves the signal as it is
      assert.equal(130, status, output)
      assert.matches("the same command goes on", output)
    end
    flow()
    output, status = cli.run(arguments())
    assert.equal(0, status, output)
    assert.equal(800, select(2, lines "out"))
  end)

  it("takes Ctrl-C for no row's error, wherever it comes up", function()
    flow()
    write("ids.csv", "id\nc_1\ninterrupt\nc_3\n")
    local output, status = cli.run(arguments { "--concurrency", "1" })
    assert.equal(130, status, output)
    if program.lua ~= "luajit" then -- its host leaves the signal as it is, and what was not written yet is lost
      assert.equal(1, select(2, lines "out"))
    end
    assert.equal("", read "out.errors")
  end)

  it("takes a row's error for no Ctrl-C, whatever its text is", function()
    flow()
    write("ids.csv", "id\nc_1\ntext\nc_3\n")
    local output, status = cli.run(arguments())
    assert.equal(1, status, output)
    assert.equal("interrupted!", lines "out.errors"[2].error.message)
    assert.equal(2, select(2, lines "out"))
  end)

  it("refuses to go on with another input, or over a file that is not its own", function()
    flow()
    write("ids.csv", batch.ids(3))
    assert.equal(0, select(2, cli.run(arguments())))
    write("ids.csv", batch.ids(4))
    local output, status = cli.run(arguments())
    assert.equal(1, status)
    assert.matches("has changed since the run began", output)
    write("ids.csv", (batch.ids(3):gsub("c_3", "c_9")))
    output = cli.run(arguments())
    assert.matches("has changed since the run began", output)
    os.remove(folder .. "/out.journal")
    output, status = cli.run(arguments())
    assert.equal(1, status)
    assert.matches("out: it is there already", output)
    write("ids.csv", batch.ids(3))
    os.remove(folder .. "/out")
    os.remove(folder .. "/out.errors")
    assert.equal(0, select(2, cli.run(arguments())))
    write("out", "precious\n")
    output, status = cli.run(arguments())
    assert.equal(1, status)
    assert.matches("a line is not of a run", output)
    assert.equal("precious\n", read "out")
  end)

  it("is not complete where the input changes while it is read", function()
    for _, change in ipairs { ": >", "echo c_4 >>" } do
      batch:flow(("return function(row) if row.id == 'c_1' then os.execute('%s %s/ids.csv') end return row end"):format(change, folder))
      write("ids.csv", batch.ids(3) .. ("c_0\n"):rep(40000))
      local output, status = cli.run(arguments { "--concurrency", "1" })
      assert.equal(1, status, output)
      assert.matches("ids.csv has changed since the run began", output)
      assert.equal("error", batch:summary().ended)
      os.execute(("rm %s/out*"):format(folder))
    end
  end)

  it("begins anew with another input where no line was written", function()
    batch:flow("return function(row) return { id = row.id } end")
    write("ids.csv", "cardid\nc_1\n")
    local output, status = cli.run(arguments())
    assert.equal(1, status)
    assert.matches("unknown column 'id'", output)
    write("ids.csv", "id\nc_1\n")
    assert.equal(0, select(2, cli.run(arguments { "--dry-run" })))
    output, status = cli.run(arguments())
    assert.equal(0, status, output)
    assert.same({ id = "c_1" }, lines "out"[1].result)
    write("ids.csv", "id\nc_2\n")
    assert.equal(1, select(2, cli.run(arguments())))
  end)

  it("knows another input by any of its bytes", function()
    local function open()
      return journal.open(assert(journal.fingerprint(folder .. "/long.csv")), folder .. "/long", folder .. "/long.errors", "has changed since the run began")
    end
    local long = ("x,y\n"):rep(40000)
    write("long.csv", long)
    write("long.journal", "")
    write("long", '{"row":1,"result":null}\n')
    for _ = 1, 2 do
      assert.equal(1, assert(open()).count)
      collectgarbage() -- which closes the files
      collectgarbage()
    end
    write("long.csv", long:sub(1, 99999) .. "z" .. long:sub(100001))
    local run, why = open()
    assert.is_nil(run)
    assert.matches("has changed since the run began", why)
  end)

  it("lets one process write at a time", function()
    flow "slow_first_byte=0.05"
    write("ids.csv", batch.ids(2000))
    local process = cli.start(arguments { "--concurrency", "2" })
    program.wait_for("the journal", function() return read "out.journal" end)
    program.wait_for("some lines", function() return (read "out" or "") ~= "" end)
    local output, status = cli.run(arguments())
    process.signal "KILL"
    process.finish()
    assert.equal(1, status)
    assert.matches("another process writes to it", output)
  end)

  it("says what is wrong with its files and arguments", function()
    flow()
    write("ids.csv", "id,id\n1,2\n")
    local function refused(expected, list)
      local output, status = cli.run(list)
      assert.is_true(status == 1 or status == 2)
      assert.truthy(output:find(expected, 1, true), output)
      assert.is_nil(output:find("traceback", 1, true), output)
    end
    refused("ids.csv: the first line has two columns of the name 'id'", arguments())
    assert.is_nil(read "out") -- nothing of a run that could not begin stays
    write("ids.csv", "id\nc_1\n")
    refused("/nowhere/out", { "run", folder .. "/flow.lua", "--in", folder .. "/ids.csv", "--out", "/nowhere/out" })
    refused("/nowhere.csv", { "run", folder .. "/flow.lua", "--in", "/nowhere.csv", "--out", folder .. "/x" })
    refused(folder .. ": Is a directory", { "run", folder .. "/flow.lua", "--in", folder, "--format", "csv", "--out", "-" })
    refused("say --format csv or --format ndjson", { "run", folder .. "/flow.lua", "--in", folder .. "/flow.lua", "--out", folder .. "/x" })
    refused("--concurrency takes a whole number", arguments { "--concurrency", "0" })
    refused("--errors takes a file of its own", arguments { "--errors", folder .. "/out" })
    refused("--in", { "run", folder .. "/flow.lua", "--out", folder .. "/x" })
    write("flow.lua", "return 5")
    refused("flow.lua: a flow returns a function of a row, not a number", arguments())
    write("flow.lua", "return function(")
    refused("flow.lua:1: ", arguments())
    write("flow.lua", "\nerror 'no client'")
    refused("flow.lua:2: no client", arguments())
  end)

  it("writes nothing but rows into its files where standard streams are closed", function()
    flow()
    write("ids.csv", batch.ids(50))
    local output, status = program.shell(("%s %s/flow.lua --in %s/ids.csv --out %s/out <&- >&- 2>&-"):format(cli.command() .. " run", folder, folder, folder))
    assert.equal("", output)
    assert.equal(0, status)
    assert.equal(50, select(2, lines "out"))
    assert.equal("", read "out.errors")
    output, status = cli.shell(("run %s/flow.lua --in %s/ids.csv --out - <&- >&-"):format(folder, folder))
    assert.equal(1, status)
    assert.matches("cards: standard output: Bad file descriptor", output)
  end)

  it("takes no device or FIFO for a file that can be read again, and makes no file beside one", function()
    flow()
    write("ids.csv", batch.ids(3))
    os.execute("mkfifo " .. folder .. "/fifo")
    for _, path in ipairs { "/dev/full", "/dev/null", folder .. "/fifo" } do
      cli.fails(1, path .. ": it is no regular file", { "run", folder .. "/flow.lua", "--in", path, "--format", "csv", "--out", folder .. "/out" })
      for _, more in ipairs { {}, { "--dry-run" } } do
        cli.fails(1, path .. ": it is no regular file, so that an interrupted run could not go on: choose another path, or use --out -",
          { "run", folder .. "/flow.lua", "--in", folder .. "/ids.csv", "--out", path, more[1] })
        cli.fails(1, path .. ": it is no regular file", arguments { "--errors", path, more[1] })
      end
      assert.is_nil((io.open(path .. ".journal")))
    end
    assert.is_nil(read "out.journal")
    cli.fails(2, "--errors takes a file", arguments { "--errors", "-" })
  end)

  it("says that the same command goes on only where it does", function()
    batch:flow("return function(row) return nil, 'no' end")
    write("ids.csv", batch.ids(9))
    local list = { "run", folder .. "/flow.lua", "--in", folder .. "/ids.csv", "--out", "-", "--max-errors", "1" }
    assert.matches("stopped, as many rows have failed as --max-errors allows (1)\n", cli.run(list), 1, true)
    list[7], list[8] = "--limit", "2"
    assert.matches("ended after row 2, as --limit says\n", cli.run(list), 1, true)
  end)

  it("stops where it cannot write", function()
    flow()
    write("ids.csv", batch.ids(100))
    local output, status = cli.run { "run", folder .. "/flow.lua", "--in", folder .. "/ids.csv", "--out", "-", "--errors", "/dev/full" }
    assert.equal(0, status, output)
    output, status = program.shell(("env LUA_PATH=%s %s lua/cards/cli/cards run %s --in %s --out - >/dev/full"):format(
      program.quote(os.getenv "LUA_PATH"), os.getenv "LUA_BIN", folder .. "/flow.lua", folder .. "/ids.csv"))
    assert.equal(1, status, output)
    assert.matches("standard output: .*No space left", output)
  end)
end)
