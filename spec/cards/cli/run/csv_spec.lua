--- CSV, a piece at a time.

local csv = require "cards.cli.run.csv"

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

local function records(text, size, delimiter)
  local list, lines = {}, {}
  local next_record = csv.reader(pieces(text, size or 7), "ids", delimiter)
  while true do
    local fields, count, line = next_record()
    if fields == nil then
      return list, lines
    end
    list[#list + 1], lines[#lines + 1] = fields and { unpack(fields, 1, count) } or count, line
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

  it("says in which line a record begins, and how many bytes were read as records", function()
    local text = '\239\187\191id,name\r\n\n"a\nb","\n"\n"x"y\n"p\nq"z,"r\ns\n1,2'
    for size = 1, 30 do
      local next_record, position = csv.reader(pieces(text, size), "ids")
      local lines, before = {}, 0
      repeat
        local fields, _, line = next_record()
        lines[#lines + 1] = line
        assert.is_true(position() >= before and position() <= #text)
        before = position()
      until fields == nil
      assert.same({ 1, 3, 6, 7, 9, 10 }, lines)
      assert.equal(#text, position())
    end
  end)

  it("takes another delimiter", function()
    for _, delimiter in ipairs { ";", "\t", "|", "^", "]", "-", "%", " ", ":" } do
      assert.is_nil(csv.check_delimiter(delimiter))
      local text, list = ('id,name\r\n"a,b",\n,c\n'):gsub(",", { [","] = delimiter }), {}
      local next_record = csv.reader(pieces(text, 3), "ids", delimiter)
      for i = 1, 3 do
        local fields, count = next_record()
        list[i] = { unpack(fields, 1, count) }
      end
      assert.same({ { "id", "name" }, { "a" .. delimiter .. "b", "" }, { "", "c" } }, list)
    end
    for _, text in ipairs { "", ";;", "x", "1", '"', "\n", "\r", "\0", "\195" } do
      assert.is_string(csv.check_delimiter(text))
    end
  end)

  it("reads back whatever is written, in pieces of any size", function()
    math.randomseed(os.time())
    local delimiters = { ",", ";", "\t", "|", "^", "%" }
    for round = 1, 300 do
      local delimiter = delimiters[round % #delimiters + 1]
      local alphabet = { "a", delimiter, '"', "\n", "\r\n", "\r", " ", "é", "0", "," }
      local written, expected, lines, next_line = {}, {}, {}, 1
      for line = 1, math.random(0, 6) do
        local fields, quoted = {}, {}
        for i = 1, math.random(1, 4) do
          local text = {}
          for j = 1, math.random(0, 5) do
            text[j] = alphabet[math.random(#alphabet)]
          end
          fields[i] = table.concat(text)
          local plain = not fields[i]:find '["\r\n]' and not fields[i]:find(delimiter, 1, true) and not (i == 1 and fields[i] == "")
          quoted[i] = (plain and math.random() < 0.5) and fields[i] or '"' .. fields[i]:gsub('"', '""') .. '"'
        end
        expected[line] = fields
        written[line] = table.concat(quoted, delimiter) .. (math.random() < 0.5 and "\r\n" or "\n")
        lines[line], next_line = next_line, next_line + select(2, written[line]:gsub("\n", ""))
      end
      local found, found_lines = records(table.concat(written), math.random(1, 20), delimiter)
      assert.same(expected, found)
      assert.same(lines, found_lines)
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
      assert.same(whole, (records(text, math.random(1, 5))))
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
    local fresh = assert(loadfile "lua/cards/cli/run/csv.lua")() -- which takes this one
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
