--- CSV and NDJSON, a piece at a time.

local csv = require "cards.cli.csv"
local rows = require "cards.cli.rows"

local unpack = table.unpack or unpack -- luacheck: ignore

--- A reader's function of a text, in pieces of that many bytes.
local function pieces(text, size)
  local at = 1
  return function()
    local piece = text:sub(at, at + size - 1)
    at = at + size
    return piece ~= "" and piece or nil
  end
end

local function records(text, size)
  local list = {}
  local next_record = csv.reader(pieces(text, size or 7), "ids")
  while true do
    local fields, count = next_record()
    if fields == nil then
      return list
    end
    list[#list + 1] = fields and { unpack(fields, 1, count) } or count
  end
end

--- The rows of a text: tables, or what is wrong with them.
local function read(text, format, size)
  local list = {}
  local next_piece = pieces(text, size or 7)
  local next_row = rows.reader({ read = next_piece }, format, "ids")
  while true do
    local row, wrong = next_row()
    if row == nil then
      return list
    end
    list[#list + 1] = row or wrong
  end
end

describe("csv.reader", function()
  it("takes a byte order mark, CRLF and LF, quotes, empty lines and a last line without an end", function()
    for size = 1, 40 do
      assert.same({ { "id", "name" }, { "1", 'a "b", c' }, { "2", "two\r\nlines" }, { "", "" }, { " 3 ", "x" } },
        records('\239\187\191id,name\r\n\r\n1,"a ""b"", c"\n\n"2","two\r\nlines"\r\n,""\n 3 ,x', size))
    end
    assert.same({}, records "")
    assert.same({}, records "\n\r\n")
    assert.same({ { "a" } }, records "a")
    assert.same({ { "a", "" } }, records "a,")
    assert.same({ { "a" } }, records '"a"\r')
  end)

  it("goes on with the next line behind a mistake", function()
    for size = 1, 30 do
      assert.same({ { "a", "b" }, "a field has a quote and does not begin with one", { "c" }, "there is text behind a quoted field", { "d" } },
        records('a,b\nx"y",1\nc\n"x" ,2\nd\n', size))
      assert.same({ { "a" }, "a quote is not closed" }, records('a\n"b\nc\nd', size))
      assert.same({ "a field has a quote and does not begin with one" }, records('x"', size))
      assert.same({ "there is text behind a quoted field" }, records('"x"y', size))
    end
  end)

  it("reads back whatever is written, in pieces of any size", function()
    math.randomseed(os.time())
    local alphabet = { "a", ",", '"', "\n", "\r\n", "\r", " ", "é", "0" }
    for _ = 1, 300 do
      local written, expected = {}, {}
      for line = 1, math.random(0, 6) do
        local fields, quoted = {}, {}
        for i = 1, math.random(1, 4) do
          local text = {}
          for j = 1, math.random(0, 5) do
            text[j] = alphabet[math.random(#alphabet)]
          end
          fields[i] = table.concat(text)
          local plain = not fields[i]:find '[,"\r\n]' and not (i == 1 and fields[i] == "")
          quoted[i] = (plain and math.random() < 0.5) and fields[i] or '"' .. fields[i]:gsub('"', '""') .. '"'
        end
        expected[line] = fields
        written[line] = table.concat(quoted, ",") .. (math.random() < 0.5 and "\r\n" or "\n")
      end
      assert.same(expected, records(table.concat(written), math.random(1, 20)))
    end
  end)

  it("takes any bytes without an end and without losing its way", function()
    for _ = 1, 300 do
      local text = {}
      for i = 1, math.random(0, 60) do
        text[i] = ({ "a", ",", '"', "\n", "\r", "\0", "\255" })[math.random(7)]
      end
      text = table.concat(text)
      local whole = records(text, 1000)
      assert.same(whole, records(text, math.random(1, 5)))
      assert.is_true(#whole <= select(2, text:gsub("\n", "")) + 1)
    end
  end)

  it("makes nothing of a field for each quote in it", function()
    local text = 'a,"' .. ('""'):rep(8192) .. '"\n'
    collectgarbage()
    collectgarbage "stop"
    local before = collectgarbage "count"
    local list = records(text, #text)
    local kilobytes = collectgarbage "count" - before
    collectgarbage "restart"
    assert.same({ { "a", ('"'):rep(8192) } }, list)
    assert.is_true(kilobytes < 1024, kilobytes)
  end)

  it("reads a long record again only as often as it has doubled", function()
    local long, searches = "\n" .. ("x"):rep(50000), 0
    local find = string.find
    string.find = function(...) -- luacheck: ignore
      searches = searches + 1
      return find(...)
    end
    local fresh = assert(loadfile "lua/cards/cli/csv.lua")() -- which takes this one
    string.find = find -- luacheck: ignore
    local next_record = fresh.reader(pieces('a\n"' .. long .. '"\nb\n', 10), "ids")
    assert.equal("a", next_record()[1])
    assert.equal(long, next_record()[1])
    assert.equal("b", next_record()[1])
    assert.is_true(searches < 200, searches)
  end)

  it("ends where a record has no end", function()
    local most = csv.MAX_RECORD
    csv.MAX_RECORD = 1000
    local ok, wrong = pcall(records, 'a\n"' .. ("x"):rep(2000), 100)
    csv.MAX_RECORD = most
    assert.is_false(ok)
    assert.matches("^ids: a record is longer than 1000 bytes", wrong)
  end)
end)

describe("rows of CSV", function()
  it("are tables by the names of the columns", function()
    assert.same({ { id = "c_1", name = "a" }, { id = "c_2", name = "" } }, read("id,name\nc_1,a\nc_2,\n", "csv"))
  end)

  it("say which has too many or too few fields, or too long a one", function()
    local big = ("x"):rep(csv.MAX_FIELD)
    local list = read("id,name\n1\n1,2,3\n" .. big .. ",ok\n" .. big .. "y,ok\n1,\"" .. big .. "\"\n", "csv", 65536)
    assert.equal("it has 1 fields and not 2, as the first line", list[1])
    assert.equal("it has 3 fields and not 2, as the first line", list[2])
    assert.equal(big, list[3].id)
    assert.equal("id is longer than 1048576 bytes", list[4])
    assert.equal(big, list[5].name)
  end)

  it("refuse columns that nothing can be told by", function()
    for text, expected in pairs {
      [""] = "the first line must have the names of the columns",
      ["id,id\n1,2"] = "the first line has two columns of the name 'id'",
      ["id,,x\n"] = "the first line has a column without a name",
      ['x"\n'] = "the first line is wrong: a field has a quote and does not begin with one",
    } do
      local ok, wrong = pcall(read, text, "csv")
      assert.is_false(ok)
      assert.equal("ids: " .. expected, wrong)
    end
  end)
end)

describe("rows of NDJSON", function()
  it("are the objects of its lines", function()
    for size = 1, 20 do
      local list = read('\239\187\191{"id":"c_1","n":1}\r\n\n  \n{"id":null}\n[1]\n5\nnull\n{"id"\n{"a":1}{"b":2}\n{"last":true}', "ndjson", size)
      assert.same({ id = "c_1", n = 1 }, list[1])
      assert.same({}, list[2])
      assert.equal("it is no object", list[3])
      assert.equal("it is no object", list[4])
      assert.equal("it is no object", list[5])
      assert.matches(" at byte 6$", list[6])
      assert.matches(" at byte 8$", list[7])
      assert.same({ last = true }, list[8])
      assert.equal(8, #list)
    end
  end)

  it("are told from CSV by the name of the file", function()
    assert.equal("csv", rows.format "/x/ids.CSV")
    assert.equal("ndjson", rows.format "ids.ndjson")
    assert.equal("jsonl", rows.format "ids.jsonl")
    assert.is_nil(rows.format "ids.txt")
    assert.is_nil(rows.format "csv")
  end)
end)

describe("the set of rows that are done", function()
  local journal = require "cards.cli.journal"

  it("knows the numbers that were added, in any order", function()
    local set = journal.new_set()
    for i = 5000, 1, -1 do
      if i % 7 ~= 0 then
        assert.is_true(set:add(i))
      end
    end
    for i = 1, 5000 do
      assert.equal(i % 7 ~= 0, set:has(i))
      assert.equal(i % 7 == 0, set:add(i))
      assert.is_true(set:has(i))
    end
    assert.is_false(set:has(5001))
    assert.is_true(set.blocks[0])
    assert.is_true(set.blocks[3])
  end)
end)
