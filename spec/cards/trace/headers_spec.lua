--- The headers of W3C Trace Context, read as strictly as the recommendation has it.

local core = require "cards.core"
local headers = require "cards.trace.headers"

local TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"

local function whole(version, rest) return ("%s-%s-%s-%s"):format(version, TRACE, PARENT, rest) end

describe("a traceparent", function()
  it("is read, and only its flag for a sampled trace counts", function()
    for flags, sampled in pairs { ["00"] = false, ["01"] = true, ["02"] = false, ["03"] = true, ["ff"] = true, ["fe"] = false, ["0a"] = false } do
      assert.same({ TRACE, PARENT, sampled }, { headers.read(whole("00", flags)) })
    end
  end)

  it("of a later version is read as far as this one goes", function()
    for _, text in ipairs { whole("01", "01"), whole("cc", "01-"), whole("fe", "01-what the future brings"), whole("01", "01-01") } do
      assert.same({ TRACE, PARENT, true }, { headers.read(text) })
    end
  end)

  it("is none where anything is not as written", function()
    for _, text in ipairs {
      "", "00", whole("ff", "01"), whole("00", "01-"), whole("00", "01-x"), whole("01", "01x"), whole("01", "0"), whole("00", "1"), whole("0", "01"),
      whole("000", "01"), whole("00", "0G"), whole("00", "0A"), whole("0F", "01"), " " .. whole("00", "01"), whole("00", "01") .. " ",
      whole("00", "01") .. "\n",
      whole("00", "01"):upper(), whole("00", "01"):gsub("-", "_"), ("00-%s-%s-01"):format(("0"):rep(32), PARENT), ("00-%s-%s-01"):format(TRACE, ("0"):rep(16)),
      ("00-%s-%s-01"):format(TRACE:sub(2), PARENT), ("00-%s0-%s-01"):format(TRACE, PARENT), ("00-%s-%s-01"):format(TRACE, PARENT:sub(2)),
      ("00-%s-%s0-01"):format(TRACE, PARENT), ("00-%s-%s-01"):format(TRACE:upper(), PARENT), ("00-%s-%s"):format(TRACE, PARENT),
      whole("00", "01") .. "," .. whole("00", "01"), "00-" .. TRACE .. "\0" .. PARENT .. "-01",
    } do
      assert.is_nil((headers.read(text)), text)
    end
  end)

  it("that was written is read as it was", function()
    for _ = 1, 500 do
      local trace, parent, sampled = core.id(16), core.id(8), core.random() < 0.5
      assert.same({ trace, parent, sampled }, { headers.read(headers.write(trace, parent, sampled)) })
    end
  end)

  -- What is one by the recommendation's grammar, said another way than the code says it: byte by byte.
  local function is_one(text)
    local function is_hex(from, to)
      for i = from, to do
        local byte = text:byte(i)
        if not byte or not (byte >= 48 and byte <= 57 or byte >= 97 and byte <= 102) then return false end
      end
      return true
    end
    local function is_zero(from, to) return text:sub(from, to) == ("0"):rep(to - from + 1) end
    if #text < 55 or not (is_hex(1, 2) and is_hex(4, 35) and is_hex(37, 52) and is_hex(54, 55)) then return false end
    if text:byte(3) ~= 45 or text:byte(36) ~= 45 or text:byte(53) ~= 45 or text:sub(1, 2) == "ff" then return false end
    if is_zero(4, 35) or is_zero(37, 52) then return false end
    return #text == 55 or (text:sub(1, 2) ~= "00" and text:byte(56) == 45)
  end

  it("is told from what is none, whatever happens to it", function()
    local BYTES = "0123456789abcdefABCDEFg-_ \0\n\255"
    local function pick(n) return math.floor(core.random() * n) + 1 end
    local taken = 0
    for _ = 1, 4000 do
      local text = headers.write(core.id(16), core.id(8), true)
      if core.random() < 0.3 then text = ("%02x"):format(pick(256) - 1) .. text:sub(3) end
      if core.random() < 0.1 then text = text:sub(1, 3) .. ("0"):rep(32) .. text:sub(36) end
      if core.random() < 0.1 then text = text:sub(1, 36) .. ("0"):rep(16) .. text:sub(53) end
      if core.random() < 0.3 then text = text .. (core.random() < 0.7 and "-" or "") .. BYTES:sub(1, pick(#BYTES)) end
      for _ = 1, pick(4) - 2 do
        local at, byte, way = pick(#text), pick(#BYTES), pick(3)
        text = text:sub(1, at - 1) .. (way < 3 and BYTES:sub(byte, byte) or "") .. text:sub(way == 1 and at or at + 1)
      end
      local trace, parent = headers.read(text)
      assert.equal(is_one(text), trace ~= nil, text)
      if trace then
        taken = taken + 1
        assert.same({ text:sub(4, 35), text:sub(37, 52) }, { trace, parent })
      end
    end
    assert.is_true(taken > 400 and taken < 3600, taken)
  end)
end)

describe("a tracestate", function()
  it("is passed on as it came, without spaces around its members and without empty ones", function()
    for text, passed in pairs {
      ["a=1"] = "a=1", ["rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"] = "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE", [" a=1 ,\tb=2\t,, c=3"] = "a=1,b=2,c=3",
      ["fw529a3039@dt=FfhGbNgA"] = "fw529a3039@dt=FfhGbNgA", ["1a@b-*/_=x y"] = "1a@b-*/_=x y", ["a= b"] = "a= b",
    } do
      assert.equal(passed, headers.state(text))
    end
  end)

  it("is none where a member is none, or is there twice, or there are too many", function()
    local many = {}
    for i = 1, 33 do many[i] = "k" .. i .. "=v" end
    for _, text in ipairs {
      "", ",", "a", "a=", "=1", "A=1", "a=1,a=2", "a=1=2", "1a=1", "a@=1", "@a=1", "a@1=1", "a=\1", "a=\195\164", "a=1\nX-Other: 2", table.concat(many, ","),
      ("a"):rep(257) .. "=1", "a=" .. ("x"):rep(257), "a@" .. ("b"):rep(15) .. "=1", "a b=1",
    } do
      assert.is_nil(headers.state(text), text)
    end
    assert.is_string(headers.state(table.concat(many, ",", 1, 32)))
  end)

  it("loses members from its end where it is longer than 512 bytes", function()
    local first, second = "a=" .. ("x"):rep(250), "b=" .. ("y"):rep(256)
    assert.equal(first .. "," .. second, headers.state(first .. "," .. second))
    assert.equal(first .. "," .. second, headers.state(first .. "," .. second .. ",c=1"))
    assert.equal(first, headers.state(first .. "," .. second:gsub("^b", "bbb") .. ",c=1"))
  end)

  it("of any length is read in a moment: this would take hours if it took the square of it", function()
    local spaces = (" \t"):rep(1000000)
    assert.equal("a=1,b=2", headers.state(spaces .. "a=1" .. spaces .. "," .. spaces .. "b=2" .. spaces))
    for _, text in ipairs { "a" .. spaces .. "b", "a=" .. spaces .. "b", spaces, spaces .. "=" .. spaces } do
      assert.is_nil(headers.state(text))
    end
  end)

  it("with a card's number in it is none", function()
    assert.is_nil(headers.state "a=4111111111111111")
  end)
end)

describe("an id", function()
  it("is hexadecimal, of its length, another one each time, and no card's number to a scan", function()
    local seen = {}
    for _ = 1, 2000 do
      local id = core.id(8)
      assert.is_truthy(id:find "^[%da-f]+$" and #id == 16 and id:find "[^0]" and not seen[id])
      assert.equal(id, core.redact(id))
      seen[id] = true
    end
    assert.equal(32, #core.id(16))
    for _, count in ipairs { 0, 17, -1 } do assert.has_error(function() core.id(count) end) end
  end)
end)
