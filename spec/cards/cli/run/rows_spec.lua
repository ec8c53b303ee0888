--- Rows of CSV and NDJSON, a piece at a time.

local csv = require "cards.cli.run.csv"
local rows = require "cards.cli.run.rows"

--- A reader's function of a text, in pieces of that many bytes.
local function pieces(text, size)
  local at = 1
  return function()
    local piece = text:sub(at, at + size - 1)
    at = at + size
    return piece ~= "" and piece or nil
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

describe("rows of CSV", function()
  it("are tables by the names of the columns", function()
    assert.same({ { id = "c_1", name = "a" }, { id = "c_2", name = "" } }, read("id,name\nc_1,a\nc_2,\n", "csv"))
  end)

  it("say which has too many or too few fields, or too long a one", function()
    local big = ("x"):rep(csv.MAX_FIELD)
    local list = read("id,name\n1\n1,2,3\n" .. big .. ",ok\n" .. big .. "y,ok\n1,\"" .. big .. "\"\n", "csv", 65536)
    assert.equal("it has 1 field and not 2, as the first line", list[1])
    assert.equal("it has 3 fields and not 2, as the first line", list[2])
    assert.equal(big, list[3].id)
    assert.equal("id is longer than 1048576 bytes", list[4])
    assert.equal(big, list[5].name)
  end)

  it("refuse columns that nothing can be told by", function()
    for text, expected in pairs {
      [""] = "the first line must have the names of the columns",
      ["id,id\n1,2"] = "the first line has two columns of the name 'id'",
      ["id\r1\r2\r"] = "its lines end with CR alone: save it with LF or CRLF",
      ["id,name\r1,2\r"] = "its lines end with CR alone: save it with LF or CRLF",
      ["id,,x\n"] = "the first line has a column without a name, column 2",
      ['x"\n'] = "the first line is wrong: a field has a quote and does not begin with one",
    } do
      local ok, wrong = pcall(read, text, "csv")
      assert.is_false(ok)
      assert.equal("ids: " .. expected, wrong)
    end
  end)
end)

describe("a row of CSV", function()
  local function row_of(text)
    local next_row, about = rows.reader({ read = pieces(text, 7) }, "csv", "ids.csv")
    return next_row(), about
  end

  it("raises an error for a name that no column has, at the line that asks", function()
    local row, about = row_of "card_id,note\nc_1,\n"
    assert.same({ "card_id", "note" }, about.columns)
    local ok, wrong = pcall(function() return row.cardid end)
    assert.is_false(ok)
    assert.matches("^.*rows_spec.lua:%d+: ids.csv: unknown column 'cardid' %(did you mean 'card_id'%?%)", wrong)
    assert.matches(about.missed, wrong, 1, true)
    assert.equal("", row.note)
    assert.is_nil(rawget(row, "cardid"))
  end)

  it("is not read where the only column has another delimiter in its name", function()
    for text, said in pairs { ["id;n\n"] = "';'", ["id\tn\n"] = "tab", ["id|n\n"] = "'|'" } do
      local ok, wrong = pcall(row_of, text)
      assert.is_false(ok)
      assert.matches("say --delimiter " .. said, wrong, 1, true)
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
