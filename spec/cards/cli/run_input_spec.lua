--- cards run: an input or a flow that is not as it should be, and what lines of errors show of a row.

local cli = require "support.cli"
local core = require "cards.core"
local new_batch = require("support.batch").new
local sandbox = require "support.sandbox"

local batch, write, read, id

before_each(function()
  batch = new_batch()
  id = sandbox.unique_id "batch"
  write, read = batch.write, batch.read
end)

after_each(function() batch.remove() end)

--- The run has to fail with one line, before any call of a card `id` and any file.
local function refused(expected, more)
  local output, status = batch:run(more)
  assert.equal(1, status, output)
  assert.truthy(output:find(expected, 1, true), output)
  assert.equal(1, select(2, output:gsub("\n", "")), output)
  assert.is_nil(read "out.errors" ~= "" and read "out.errors" or nil)
  assert.equal(0, sandbox.seen(id).count)
end

describe("cards run", function()
  it("tells a column that is not there before the first call, with the nearest one", function()
    batch:flow "return function(row) return alix:private_info(row.cardid) end"
    write("ids.csv", "card_id,customer\n" .. (id .. ",Jane\n"):rep(100))
    refused("flow.lua:6: " .. batch.folder .. "/ids.csv: unknown column 'cardid' (did you mean 'card_id'?)")
    assert.equal("", read "out")
    batch:flow "return function(row) return alix:private_info(row.card_id) end" -- and with the right one the run begins
    assert.equal(0, select(2, batch:run()))
    assert.equal(100, select(2, batch:lines "out"))
  end)

  it("takes a column that is not there for an error of the row, where other rows were run", function()
    batch:flow "return function(row) if row.id == 'c_3' then return row.note end return alix:private_info(row.id, { timeout = rawget(row, 'timeout') }) end"
    write("ids.csv", batch.ids(5))
    local output, status = batch:run { "--concurrency", "1" }
    assert.equal(1, status, output)
    assert.equal(4, select(2, batch:lines "out"))
    assert.matches("unknown column 'note'", batch:lines "out.errors"[3].error.message, 1, true)
  end)

  it("calls with a row as it is", function()
    batch:flow "return function(row) return alix:private_info(row) end"
    write("ids.csv", "card_id\nc_1\n")
    local output, status = batch:run()
    assert.equal(0, status, output)
    assert.equal("27", batch:lines "out"[1].result.expYear)
  end)

  it("tells a wrong delimiter, and takes the right one", function()
    batch:flow()
    for delimiter, said in pairs { [";"] = "';'", ["\t"] = "tab", ["|"] = "'|'" } do
      id = sandbox.unique_id "batch"
      write("ids.csv", (('id,note\n"%s",a\n%s,"x,y"\n'):format(id, id):gsub(",", delimiter)))
      refused("the first line has one column, 'id" .. delimiter:gsub("%c", "?") .. "note': say --delimiter " .. said)
      assert.is_nil(read "out")
      local output, status = batch:run { "--delimiter", delimiter == "\t" and "tab" or delimiter }
      assert.equal(0, status, output)
      assert.equal(2, select(2, batch:lines "out"))
      os.execute("rm " .. batch.folder .. "/out*")
    end
    id = sandbox.unique_id "batch"
    write("ids.csv", "id,note\n" .. id .. ",a\n")
    refused("the first line has one column, 'id,note': say --delimiter ,", { "--delimiter", "\\t" })
    cli.fails(2, "--delimiter: a delimiter is one character", batch:arguments { "--delimiter", "::" })
    cli.fails(2, "--delimiter: a delimiter is one character", batch:arguments { "--delimiter", "x" })
    cli.fails(2, "--delimiter is for CSV", batch:arguments { "--format", "ndjson", "--delimiter", ";" })
  end)

  it("tells an input without names of columns, of UTF-16, or that is empty", function()
    batch:flow()
    write("ids.csv", "4111111111111111," .. id .. "\n")
    refused "the first line must have the names of the columns, and has a card number"
    write("ids.csv", "\255\254i\0d\0\n\0")
    refused "ids.csv: it is UTF-16: save it as UTF-8"
    write("ids.csv", "")
    refused "the first line must have the names of the columns"
    assert.is_nil(read "out.journal")
  end)

  it("says by row and line which row has other fields than names", function()
    batch:flow()
    write("ids.csv", '\239\187\191id,note\r\n"c_1","two\r\nlines"\r\n\r\nc_2\r\nc_3,a,b\r\nc_4,x\r\n')
    local output, status = batch:run()
    assert.equal(1, status, output)
    local errors = batch:lines "out.errors"
    assert.equal("row 2 (line 5): it has 1 field and not 2, as the first line", errors[2].error.message)
    assert.equal("row 3 (line 6): it has 3 fields and not 2, as the first line", errors[3].error.message)
    assert.equal(2, select(2, batch:lines "out"))
  end)
end)

describe("a line of errors", function()
  it("has the columns of its row, with what may be no card number, CVV or other secret", function()
    batch:flow "return function() return nil, 'odd' end"
    write("ids.csv", "id,Card Number,cvv,access_token,email,note,empty\n"
      .. "c_1,4111 1111 1111 1111,987,tok_live_5,jane@example.com,pays with 5555-5555-5555-4444,\n")
    batch:run()
    assert.same({
      id = "c_1", ["Card Number"] = "************1111", cvv = "***", access_token = "***", email = "j***@example.com",
      note = "pays with ****-****-****-4444", empty = "",
    }, batch:lines "out.errors"[1].columns)
    for _, secret in ipairs { "4111 1111", "987", "tok_live_5", "jane@", "5555-5555" } do
      assert.is_nil(read "out.errors":find(secret, 1, true), secret)
    end
  end)

  it("has those of NDJSON at any depth, and a line whatever is in them", function()
    batch:flow "return function(row) return nil, 'odd' end"
    local deep = ('{"a":'):rep(62) .. "1" .. ("}"):rep(62)
    write("ids.ndjson", table.concat({
      '{"id":5,"ok":true,"card":{"pan":4111111111111111,"list":["4111111111111111",{"pin":1234}]},"secret":{"a":"b"},"4111111111111111":1}',
      '{"id":7,"deep":' .. deep .. "}", '{"id":8,"list":[1,null,3]}', "[1]",
    }, "\n"))
    local output, status = cli.run { "run", batch.folder .. "/flow.lua", "--in", batch.folder .. "/ids.ndjson", "--out", batch.folder .. "/out" }
    assert.equal(1, status, output)
    local errors, count = batch:lines "out.errors"
    assert.equal(4, count)
    assert.same({
      id = 5, ok = true, card = { pan = "************1111", list = { "************1111", { pin = "***" } } }, secret = "***", ["************1111"] = 1,
    }, errors[1].columns)
    assert.equal("odd", errors[2].error.message)
    assert.equal("odd", errors[3].error.message)
    assert.matches("row 4 %(line 4%): it is no object", errors[4].error.message)
  end)

  it("has some columns, or none, as --error-columns says", function()
    batch:flow "return function(row) return nil, 'odd' end"
    write("ids.csv", "id,name,note\nc_1,Jane,\255x\n")
    batch:run { "--error-columns", "id,note" }
    assert.same({ id = "c_1", note = "?x" }, batch:lines "out.errors"[1].columns)
    batch:run { "--retry-failed", "--error-columns", "none" }
    assert.same({}, batch:lines "out.errors"[1].columns)
    cli.fails(1, "--error-columns: " .. batch.folder .. "/ids.csv: unknown column 'nme' (did you mean 'name'?)", batch:arguments { "--error-columns", "nme" })
  end)
end)

describe("cards run --dry-run", function()
  it("says what would be done, makes no call and writes no file", function()
    batch:flow()
    write("ids.csv", ("id,note\n%s,a\nc_2\n%s,b\n"):format(id, id))
    local output, status = batch:run { "--dry-run" }
    assert.equal(1, status, output) -- for the row that cannot be read
    for _, expected in ipairs {
      "ids.csv: 3 rows, columns: id, note", "row 2 (line 3): it has 1 field and not 2, as the first line", "3 rows would be run, 64 at the same time",
      "no row was run, and no file was written",
    } do
      assert.truthy(output:find(expected, 1, true), output)
    end
    assert.equal(0, sandbox.seen(id).count)
    assert.is_nil(read "out.journal" or read "out" or read "out.errors" or read "out.summary.json")
  end)

  it("knows what is done already, and what would be run again", function()
    batch:flow "return function(row) if row.id == 'c_2' then return nil, 'odd' end return alix:private_info(row.id) end"
    write("ids.csv", batch.ids(20))
    batch:run { "--limit", "5" }
    local before = { read "out", read "out.errors", read "out.journal", read "out.summary.json" }
    local output, status = batch:run { "--dry-run", "--retry-failed", "--limit", "10" }
    assert.equal(0, status, output)
    assert.matches("5 rows done already; 1 of them failed, of which 1 would be run again", output, 1, true)
    assert.matches("6 rows would be run", output, 1, true)
    assert.same(before, { read "out", read "out.errors", read "out.journal", read "out.summary.json" })
    output = batch:run { "--dry-run" }
    assert.matches("15 rows would be run", output, 1, true)
  end)

  it("finds what a run would refuse", function()
    batch:flow()
    write("ids.csv", batch.ids(3))
    local function fails(expected, more) cli.fails(1, expected, batch:arguments(more)) end
    batch:run()
    write("ids.csv", batch.ids(4))
    fails("has changed since the run began", { "--dry-run" })
    os.remove(batch.folder .. "/out.journal")
    fails("out: it is there already", { "--dry-run" })
    cli.fails(1, "No such file or directory", { "run", batch.folder .. "/flow.lua", "--in", batch.folder .. "/ids.csv", "--out", "/nowhere/out", "--dry-run" })
    write("ids.csv", "id;x\n")
    fails("say --delimiter ';'", { "--dry-run" })
    write("flow.lua", "return 5")
    fails("a flow returns a function of a row", { "--dry-run" })
    write("flow.lua", "Basic c2FuZGJveDpzYW5kYm94\n") -- a credential's file, by mistake
    fails(" near '***'", { "--dry-run" })
  end)

  it("reads standard input", function()
    batch:flow()
    local arguments = { "run", batch.folder .. "/flow.lua", "--in", "-", "--format", "ndjson", "--out", "-", "--dry-run" }
    local output, status = cli.run(arguments, { input = '{"id":1}\n{}\n' })
    assert.equal(0, status, output)
    assert.matches("-: 2 rows", output, 1, true)
    assert.is_nil(core.json_decode(output))
  end)
end)
