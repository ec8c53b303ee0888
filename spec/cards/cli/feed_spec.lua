--- cards feed: each row once, no more than the backlog, and no card number.

local cli = require "support.cli"
local new_job = require("support.job").new
local program = require "support.program"
local redis = require "support.redis"

local server, job

setup(function() server = redis.start() end)
teardown(redis.stop_all)
before_each(function()
  job = new_job(server)
  job:flow "return function(row) return { id = row.id } end"
end)
after_each(function() job.remove() end)

describe("cards feed", function()
  it("goes on where it was killed, without losing or repeating a row", function()
    job.write("ids.csv", job.ids(60000))
    local first = cli.start(job.feed_arguments())
    job.wait_for_fed(1)
    first.signal "KILL"
    first.finish()
    local fed = job.ask("HGET", "meta", "fed")
    assert.equal(fed, job.ask("XLEN", "rows"))
    local output, status = job.feed()
    assert.equal(0, status, output)
    assert.equal(60000, job.ask("XLEN", "rows"))
    assert.equal(60000, job.ask("HGET", "meta", "total"))
    output, status = job.feed()
    assert.equal(0, status, output)
    assert.matches("60,000 rows are fed already", output, 1, true)
    assert.equal(60000, job.ask("XLEN", "rows"))
  end)

  it("may be run twice at the same time", function()
    job.write("ids.csv", job.ids(30000))
    local first, second = cli.start(job.feed_arguments()), cli.start(job.feed_arguments())
    assert.equal(0, select(2, first.finish()))
    assert.equal(0, select(2, second.finish()))
    assert.equal(30000, job.ask("XLEN", "rows"))
  end)

  it("leaves no more rows in Redis than the backlog has", function()
    job.write("ids.csv", job.ids(5000))
    local feeder = cli.start(job.feed_arguments { "--backlog", "1000" })
    program.wait_for("the backlog", function() return (tonumber(job.ask("XLEN", "rows")) or 0) >= 1000 end)
    local worker = job.start_work()
    assert.is_true(job.ask("XLEN", "rows") < 2000)
    assert.equal(0, select(2, feeder.finish()))
    assert.equal(0, select(2, worker.finish()))
    assert.equal(0, select(2, job.collect()))
    assert.equal(5000, select(2, job:lines "out"))
  end)

  it("keeps to a backlog that is smaller than what it sends at once", function()
    job.write("ids.csv", job.ids(40))
    for _, backlog in ipairs { 1, 3 } do
      job.start_feed { "--backlog", tostring(backlog) }
      program.wait_for("rows", function() return (tonumber(job.ask("HGET", "meta", "fed")) or 0) >= backlog end)
      assert.equal(backlog, job.ask("XLEN", "rows"))
    end
    local worker = job.start_work()
    assert.matches("40 rows of 40 done", (worker.finish()))
    assert.equal(0, select(2, job.collect()))
    assert.equal(40, (job.check_whole(40)))
  end)

  it("says that its input has grown meanwhile", function()
    local path = job.write("ids.csv", job.ids(1000))
    local feeder = job.start_feed { "--backlog", "500" }
    program.wait_for("a full backlog", function() return job.ask("HGET", "meta", "fed") == 500 end)
    local file = assert(io.open(path, "ab"))
    file:write "more\n"
    file:close()
    job:flow "return function(row) return row.id end"
    local worker = job.start_work()
    local output, status = feeder.finish()
    assert.equal(1, status, output)
    assert.matches("ids.csv has changed while it was fed: use another name", output, 1, true)
    assert.equal(0, select(2, worker.finish()))
  end)

  it("ends after --limit rows, and goes on without it", function()
    job.write("ids.csv", job.ids(50))
    local output, status = job.feed { "--limit", "20" }
    assert.equal(0, status, output)
    assert.matches("ended after row 20, as --limit says", output, 1, true)
    assert.matches("20 rows of 20 done", (job.work()))
    assert.equal(0, select(2, job.feed()))
    assert.matches("50 rows of 50 done", (job.work()))
    assert.equal(0, select(2, job.collect()))
    assert.equal(50, select(2, job:lines "out"))
  end)

  it("takes NDJSON as it stands", function()
    job:flow "return function(row) return row end"
    job.write("ids.csv", '{"id":"c_1","n":[1,2]}\n\n{"id":\n{"id":5}\n')
    assert.equal(0, select(2, job.feed { "--format", "ndjson" }))
    assert.equal(1, select(2, job.work()))
    assert.equal(1, select(2, job.collect()))
    local results, errors = job:lines "out", job:lines "out.errors"
    assert.same({ id = "c_1", n = { 1, 2 } }, results[1].result)
    assert.same({ id = 5 }, results[3].result)
    assert.matches("^row 2 %(line 3%): ", errors[2].error.message)
  end)

  it("refuses what looks like a card number, but where it is sealed", function()
    job:flow "return function(row) return { number = row.number, length = #row.number, is = row.number:equals(cards.secret '4111111111111111') } end"
    job.write("ids.csv", "id,number\nc_1,4111 1111 1111 1111\nc_2,4111111111111111\n")
    cli.fails(1, "row 1 has what looks like a card number, which Redis is not to have: say --seal-columns number, or --allow-pan", job.feed_arguments())
    local key, other = { env = { KEY = "a key of a fleet" } }, { env = { KEY = "a key of another" } }
    cli.fails(2, "--seal-columns: " .. job.folder .. "/ids.csv: unknown column 'nmber' (did you mean 'number'?)",
      job.feed_arguments { "--seal-columns", "nmber", "--key", "env:KEY" }, key)
    cli.fails(2, "sealed columns need a key: say --key", job.feed_arguments { "--seal-columns", "number" })
    cli.fails(2, "--key: a key that hosts share has 16 to 4096 bytes", job.feed_arguments { "--seal-columns", "number", "--key", "env:KEY" },
      { env = { KEY = "short" } })
    local output, status = job.feed({ "--seal-columns", "number", "--key", "env:KEY" }, key)
    assert.equal(0, status, output)
    cli.fails(1, "--key: the job was begun with another one", job.feed_arguments { "--seal-columns", "number", "--key", "env:KEY" }, other)
    cli.fails(1, "--seal-columns: the job was begun with number", job.feed_arguments { "--allow-pan" })
    assert.is_nil(server.cli(("XRANGE 'cards:{%s}:rows' - +"):format(job.name)):find "4111 ?1111") -- four digits alone may stand in what is sealed
    cli.fails(2, "--key: the job's columns were sealed under another one", job.work_arguments { "--key", "env:KEY" }, other)
    output, status = job.work({ "--key", "env:KEY" }, key)
    assert.equal(0, status, output)
    assert.equal(0, select(2, job.collect()))
    assert.same({ number = "***", length = 16, is = true }, job:lines "out"[2].result)
  end)

  it("opens a column that is named twice once", function()
    job:flow "return function(row) return #row.number end"
    job.write("ids.csv", "id,number\nc_1,12345\n")
    cli.fails(2, "--seal-columns takes names with commas between them", job.feed_arguments { "--seal-columns=" })
    local key = { env = { KEY = "a key of a fleet" } }
    assert.equal(0, select(2, job.feed({ "--seal-columns", "number,number", "--key", "env:KEY" }, key)))
    assert.equal(0, select(2, job.work({ "--key", "env:KEY" }, key)))
    assert.equal(0, select(2, job.collect()))
    assert.equal(5, job:lines "out"[1].result)
  end)

  it("refuses a card number of NDJSON in escapes, and a sealed column that its first row does not have", function()
    job.write("ids.csv", '{"id":"c_1"}\n{"id":"\\u0034111\\u0031111111111\\u00311"}\n')
    cli.fails(1, "row 2 has what looks like a card number, which Redis is not to have", job.feed_arguments { "--format", "ndjson" })
    job.write("ids.csv", '{"id":"\\u00e9\\u0041"}\n{"id":"c_2","cvv":null}\n')
    cli.fails(1, "row 1: it has no cvv, which --seal-columns names", job.feed_arguments { "--format", "ndjson", "--seal-columns", "cvv", "--key", "env:KEY" },
      { env = { KEY = "a key of a fleet" } })
    assert.equal(0, select(2, job.feed { "--format", "ndjson" }))
  end)

  it("refuses a card number whose digits or separators are written as escapes, and one in the name of a job", function()
    local fullwidth = ("4111111111111111"):gsub("%d", function(digit) return "\\uff1" .. digit end)
    for _, text in ipairs {
      '{"id":"4111\\t1111\\t1111\\t1111"}', '{"id":"4111\\n1111\\n1111\\n1111"}', '{"id":"4111\\/1111\\/1111\\/1111"}',
      '{"id":"4111\\u20131111\\u20131111\\u20131111"}', '{"id":"' .. fullwidth .. '"}', '{"a":[{"' .. fullwidth .. '":1}]}',
      '{"id":"\\u0034111111111111111","more":[null,1]}',
    } do
      job.write("ids.csv", '{"id":"c\\t1"}\n' .. text .. "\n")
      cli.fails(1, "row 2 has what looks like a card number, which Redis is not to have", job.feed_arguments { "--format", "ndjson" })
    end
    for _, field in ipairs { "4111\t1111\t1111\t1111", "4111\n1111\n1111\n1111" } do
      job.write("ids.csv", ('id,more\n"c\t1",x\n"%s",x\n'):format(field))
      cli.fails(1, "row 2 has what looks like a card number, which Redis is not to have: say --seal-columns id", job.feed_arguments())
    end
    job.write("ids.csv", 'id,more\n"4111\t1111","1111\t1111"\n') -- of two columns
    assert.equal(0, select(2, job.feed()))
    cli.fails(2, "--to: the name behind the host looks like a card number",
      { "feed", "--in", job.folder .. "/ids.csv", "--to", server.url "4111111111111111" })
    local seals = job.feed_arguments { "--seal-columns", "4111111111111111" }
    cli.fails(2, "--seal-columns takes names of columns, and has a card number", seals)
    assert.is_nil(server.cli "KEYS '*'":find("4111", 1, true))
  end)

  it("sends no row of which a column cannot be sealed, which is that row's error", function()
    job:flow "return function(row) return { tostring(row.card), #row.card } end"
    local key = { env = { KEY = "a key of a fleet" } }
    job.write("ids.csv", '{"card":"tok_1","more":[]}\n{"crad":"tok_2"}\n{"card":null,"more":"tok_3"}\n{"card":["tok_4"]}\n{"card":"tok_5","more":[null,1]}\n'
      .. '{"card":6}\n{"card":"' .. ("7"):rep(70000) .. '"}\n')
    local output, status = job.feed({ "--format", "ndjson", "--seal-columns", "card", "--key", "env:KEY" }, key)
    assert.equal(0, status, output)
    assert.matches("7 rows fed in .*5 cannot be sent", output)
    assert.is_nil(server.cli(("XRANGE 'cards:{%s}:rows' - +"):format(job.name)):find("tok_", 1, true))
    assert.equal(1, select(2, job.work({ "--key", "env:KEY" }, key)))
    assert.equal(1, select(2, job.collect()))
    local results, errors = job:lines "out", job:lines "out.errors"
    assert.same({ { "***", 5 }, { "***", 1 } }, { results[1].result, results[6].result })
    for row, message in pairs {
      [2] = "it has no card, which --seal-columns names", [3] = "it has no card, which --seal-columns names",
      [4] = "it has no text in card, which --seal-columns names", [5] = "it cannot be sealed: more has places with holes",
      [7] = "card cannot be sealed: it is longer than 65536 bytes",
    } do
      assert.equal(("row %d: %s"):format(row, message), errors[row].error.message)
    end
  end)

  it("opens no sealed column that was put into another row", function()
    job:flow "return function(row) return #row.number end"
    job.write("ids.ndjson", '{"number":"12345"}\n{"number":"23456"}\n')
    local key = { env = { KEY = "a key of a fleet" } }
    cli.runs("2 rows fed", { "feed", "--in", job.folder .. "/ids.ndjson", "--to", job.url, "--seal-columns", "number", "--key", "env:KEY" }, key)
    local first, second = job.ask("XRANGE", "rows", "1 1"):match "{.*}", job.ask("XRANGE", "rows", "2 2"):match "{.*}"
    job.ask("DEL", "rows")
    job.ask("XGROUP CREATE", "rows", "workers 0 MKSTREAM")
    job.ask("XADD", "rows", ("1-0 = '%s'"):format(second))
    job.ask("XADD", "rows", ("2-0 = '%s'"):format(first))
    assert.equal(1, select(2, job.work({ "--key", "env:KEY" }, key)))
    assert.equal(1, select(2, job.collect()))
    local errors, count = job:lines "out.errors"
    assert.equal(2, count)
    assert.matches("^row 1: number cannot be opened: ", errors[1].error.message)
  end)

  it("says what is wrong with its input and its job", function()
    job.write("ids.csv", "id,more\nc_1,x\n")
    assert.equal(0, select(2, job.feed()))
    cli.fails(1, "--format or --delimiter: the job was begun with another one", job.feed_arguments { "--format", "ndjson" })
    job.write("ids.csv", job.ids(4))
    cli.fails(1, "the job was fed from another input than", job.feed_arguments())
    cli.fails(2, "standard input cannot be read twice", { "feed", "--in", "-", "--to", job.url })
    cli.fails(2, "--to: ", { "feed", "--in", job.folder .. "/ids.csv", "--to", "http://127.0.0.1/x" })
    cli.fails(1, "No such file", { "feed", "--in", job.folder .. "/none.csv", "--to", job.url })
    server.cli(("HSET 'cards:{%s}:meta' version 0"):format(job.name))
    cli.fails(1, "its keys have version 0, these are 1", job.feed_arguments())
  end)
end)
