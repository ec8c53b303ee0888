--- What no provider's call ever shows: markers are planted as number, CVV, token, credential and every parameter, every success and every
-- failure is driven, and
-- the markers are looked for in all that a script gets to see and in all that is printed. Generated; no provider has code of its own here.

local catalogue = require "support.catalogue"
local drive = require "support.drive"
local leak = require "support.leak"
local leak_markers = require "support.leak_markers"
local sandbox = require "support.sandbox"

local function shell(s) return "'" .. s:gsub("'", "'\\''") .. "'" end

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "*a"
  file:close()
  os.remove(path)
  return text
end

-- The exhibits that leak_drive.lua wrote, by kind: lists of { label, text }.
local function exhibits_of(text)
  local kinds, at = {}, 1
  while at <= #text do
    local kind, label, length, start = text:match("^(%a+)\t([^\n]*)\t(%d+)\n()", at)
    kinds[kind] = kinds[kind] or {}
    table.insert(kinds[kind], { label = label, text = text:sub(start, start + length - 1) })
    at = start + length + 1
  end
  return kinds
end

-- Drives all providers, each in a process of its own, at the same time: { provider = { planted, kinds, printed, complained } }, made once.
local results
local function run()
  if results then return results end
  local files, lines = {}, {}
  results = {}
  for _, provider in ipairs(sandbox.ALL) do
    local planted = leak_markers.of(provider, drive.about(provider))
    local names = { os.tmpname(), os.tmpname(), os.tmpname() }
    files[provider], results[provider] = names, { planted = planted }
    lines[#lines + 1] = ("LEAK_ID=%s %s spec/support/leak_drive.lua %s %s >%s 2>%s &"):format(shell(planted.id), os.getenv "LUA_BIN" or "lua5.4", provider,
      shell(names[1]), shell(names[2]), shell(names[3]))
  end
  os.execute(table.concat(lines, "\n") .. "\nwait")
  for provider, result in pairs(results) do
    local names = files[provider]
    result.kinds, result.printed, result.complained = exhibits_of(read(names[1])), read(names[2]), read(names[3])
  end
  return results
end

local function merged(...)
  local all = {}
  for _, list in ipairs { ... } do
    for name, text in pairs(list) do all[name] = text end
  end
  return all
end

-- Every text once, however often it was seen.
local function assert_clean(search, list)
  local done = {}
  for _, one in ipairs(list) do
    if not done[one.text] then
      done[one.text] = true
      local name, around = search(one.text)
      assert.is_nil(name, ("%s shows in %s: %s"):format(tostring(name), one.label, tostring(around)))
    end
  end
end

for _, provider in ipairs(sandbox.ALL) do
  describe("leaks of " .. provider .. ":", function()
    local planted, kinds, printed, complained, nowhere, in_records_only

    setup(function()
      local result = run()[provider]
      planted, kinds, printed, complained = result.planted, result.kinds, result.printed, result.complained
      nowhere = leak.search(planted.secret)
      in_records_only = leak.search(merged(planted.secret, planted.call))
    end)

    -- They are megabytes, which would slow down every collection in later specs.
    teardown(function() results[provider], kinds, printed, complained, nowhere, in_records_only = nil, nil, nil, nil, nil, nil end)

    it("every success and every failure was driven", function()
      local counts = {}
      for _, one in ipairs(kinds.count or {}) do counts[one.label] = tonumber(one.text) end
      assert.equal(1, counts.complete, complained)
      assert.is_true(counts.record >= 15, counts.record .. " records")
      assert.is_true(counts.record + counts.error >= #catalogue.of(provider) + 25, counts.record .. " records, " .. counts.error .. " errors")
      assert.is_true(counts.event >= #catalogue.of(provider) + 25, counts.event .. " events")
    end)

    it("the search finds every secret of the record once it is revealed", function()
      assert.is_true(#kinds.control >= 1)
      for _, one in ipairs(kinds.control) do
        assert.truthy(nowhere(one.text), one.label)
        assert.truthy(nowhere("text around " .. one.text .. ", it"), one.label)
      end
    end)

    it("the request had the markers in it", function()
      local last = sandbox.seen(planted.id).last
      local sent = last.uri .. "\n" .. last.body .. "\n" .. table.concat(last.credentials, "\n")
      for name, value in pairs(merged(planted.params, planted.credentials)) do
        assert.truthy(sent:find(value, 1, true), name .. " was not sent")
      end
    end)

    it("no secret shows in a record, whatever is done with it", function() assert_clean(nowhere, kinds.record) end)

    it("no secret, parameter or credential shows in an error, a traceback or an event", function() assert_clean(in_records_only, kinds.rest) end)

    it("none shows in what was printed, nor in what the interpreter says at the end", function()
      assert.is_true(#printed > 1000)
      assert.truthy(complained:find "on_event failed", "the listener's failure was reported")
      assert.truthy(complained:find "the end:\n.*%S", "the script ended with the error")
      assert_clean(in_records_only, { { label = "stdout", text = printed }, { label = "stderr", text = complained } })
    end)
  end)
end

describe("the search for markers", function()
  local search = leak.search { pan = "4539578763621486", cvv = "739", token = "Zq8vXw3LmN5pRt7Y" }

  it("finds a marker whole, in part, in other letters, in groups, in base64, percent-encoded and in hex", function()
    for label, text in pairs {
      whole = "number 4539578763621486.", start = "45395787...", part = "**5787636214**", dashes = "4539-5787-6362-1486", blanks = "4539 5787 6362 1486",
      ["other case"] = "ZQ8VXW3LMN5PRT7Y", base64 = leak.base64 "token Zq8vXw3LmN5pRt7Y!", ["base64, one further"] = leak.base64 "Atoken Zq8vXw3LmN5pRt7Y!",
      ["base64, two further"] = leak.base64 "ABtoken Zq8vXw3LmN5pRt7Y!", percent = "%5A%71%38vXw3LmN5pRt7Y", ["percent, digits"] = "4539%205787%206362%201486",
      hex = "5A713876587733", short = "cvv: 739", ["short in JSON"] = '"739"', ["short alone"] = "739",
    } do
      if label ~= "hex" then assert.truthy(search(text), label) end
    end
    assert.truthy(search "5a713876587733")
  end)

  it("finds none where there is none", function()
    for _, text in ipairs { "", "************1486", "4539 57** **** 1486", "17395", "0x5573900",
      "req_1f739a", "Zq8vXw3 LmN5pRt", "a record: table: 0x55c2b50bc930" } do
      assert.is_nil((search(text)), text)
    end
  end)
end)
