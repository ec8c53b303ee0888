--- cards audit verify: which lines of an audit log are not those that were written.

local cards = require "cards"
local cli = require "support.cli"
local core = require "cards.core"
local program = require "support.program"

local runs, fails = cli.runs, cli.fails
local folder, write, read, remove

before_each(function()
  folder, write, read, remove = cli.folder()
end)

after_each(function() remove() end)

local KEY = "a key of more than sixteen bytes"

--- A log of that many lines. @return its lines, without their ends
local function log_of(count, options)
  local path = folder .. "/made.log"
  os.remove(path)
  local append = cards.audit.file(path, options)
  for i = 1, count do
    assert(append { time = 1764383000 + i, act = "reveal", allowed = i % 3 ~= 0, class = "pan", purpose = ("p"):rep(math.random(0, 40)), last4 = "1111",
      request_id = tostring(core.random()) })
  end
  local lines = {}
  for line in (read "made.log" or ""):gmatch "([^\n]*)\n" do
    lines[#lines + 1] = line
  end
  assert.equal(count, #lines)
  return lines
end

local function save(name, lines)
  return write(name, table.concat(lines, "\n") .. (lines[1] and "\n" or ""))
end

local function verify(...)
  return { "audit", "verify", ... }
end

--- Another byte in the place of one of a line, or one less, or one more.
local function with_other_byte(line)
  local place, kind = math.random(#line), math.random(3)
  local byte = string.char((line:byte(place) + math.random(255)) % 256):gsub("\n", "\t")
  return line:sub(1, kind == 2 and place or place - 1) .. (kind == 3 and "" or byte) .. line:sub(place + 1)
end

--- By what is done to a log the function that does it. It returns the line that is the first wrong one.
local damages = {
  ["a line that was changed"] = function(lines)
    local i = math.random(#lines)
    lines[i] = with_other_byte(lines[i])
    return i
  end,
  ["a line that was dropped"] = function(lines)
    local i = math.random(#lines - 1)
    table.remove(lines, i)
    return i
  end,
  ["a line that was inserted"] = function(lines)
    local from, to = math.random(#lines), math.random(#lines + 1)
    local same = lines[to] == lines[from]
    table.insert(lines, to, lines[from])
    return same and to + 1 or to
  end,
  ["lines that were swapped"] = function(lines)
    local i = math.random(#lines - 1)
    local k = math.random(i + 1, #lines)
    lines[i], lines[k] = lines[k], lines[i]
    return i
  end,
  ["a line that was moved"] = function(lines)
    local from, to = math.random(#lines), math.random(#lines - 1)
    to = to < from and to or to + 1
    table.insert(lines, to, table.remove(lines, from))
    return math.min(from, to)
  end,
  ["a line that was made anew without those behind it"] = function(lines)
    local i = math.random(#lines - 1)
    local text = lines[i]:gsub('"last4":"1111"', '"last4":"2222"'):gsub(',"hash":.*', "}")
    lines[i] = ('%s,"hash":"%s"}'):format(text:sub(1, -2), core.sha256(text))
    return i + 1
  end,
  ["lines from the middle of another log"] = function(lines)
    local i = math.random(#lines)
    for k, line in ipairs(log_of(#lines)) do
      lines[k] = k >= i and line or lines[k]
    end
    return i > 1 and i or nil
  end,
}

describe("cards audit verify", function()
  it("finds nothing wrong with what was written", function()
    local lines = log_of(3)
    local hash = lines[3]:match '"hash":"(%x+)"'
    assert.equal(("%s/made.log: 3 lines, unbroken, last %s\n"):format(folder, hash), runs("", verify(folder .. "/made.log")))
    runs("one.log: 1 line, unbroken", verify(save("one.log", log_of(1))))
    runs("empty.log: 0 lines, unbroken, last 0000", verify(write("empty.log", "")))
  end)

  for what, damage in pairs(damages) do
    it("finds " .. what .. ", at its line", function()
      local seed = os.time()
      math.randomseed(seed)
      local paths, expected, arguments = {}, {}, verify()
      for i = 1, 40 do
        local lines = log_of(math.random(3, 9))
        local wrong = damage(lines)
        paths[i] = save(("%d.log"):format(i), lines)
        table.insert(arguments, paths[i])
        expected[i] = wrong and ("%s:%d: "):format(paths[i], wrong) or ("%s: %d lines, unbroken"):format(paths[i], #lines)
      end
      local output, status = cli.run(arguments)
      assert.equal(1, status)
      for i, path in ipairs(paths) do
        local from = assert(output:find(path .. ":", 1, true), ("seed %d: nothing is said of %s: %s"):format(seed, path, output))
        assert.equal(expected[i], output:sub(from, from + #expected[i] - 1), ("seed %d: %s"):format(seed, output))
      end
    end)
  end

  it("says of each place that is wrong what it is, once", function()
    local lines = log_of(9)
    lines[2] = lines[2]:gsub("reveal", "refuse")
    table.remove(lines, 5)
    lines[7], lines[8] = lines[8], lines[7]
    local path = save("many.log", lines)
    assert.equal((([[
P:2: it was changed, or written with a key
P:5: it is number 6, where 5 is due: lines are missing here, or were moved
P:7: it is number 9, where 8 is due: lines are missing here, or were moved
P:8: it is number 8, where 10 is due: it was moved here, or inserted
]]):gsub("P", path)), fails(1, "", verify(path)))
  end)

  it("says no more than ten of them", function()
    local lines = log_of(12)
    local path = save("all.log", lines)
    local _, count = fails(1, path .. ": 2 further mistakes", verify(path, "--key-file", write("key", KEY .. "\n"))):gsub("written with another key", "")
    assert.equal(10, count)
  end)

  it("finds with --last that lines were dropped at the end, and lets more of them come", function()
    local lines = log_of(5)
    local third, last = lines[3]:match '"hash":"(%x+)"', lines[5]:match '"hash":"(%x+)"'
    local path = save("cut.log", { lines[1], lines[2], lines[3], lines[4] })
    runs("4 lines, unbroken", verify(path))
    runs("4 lines, unbroken", verify(path, "--last", third))
    runs("4 lines, unbroken", verify(path, "--last", third:upper()))
    fails(1, path .. ": no line has the hash of --last", verify(path, "--last", last))
    fails(1, "no line has the hash of --last", verify(write("empty.log", ""), "--last", last))
    runs("0 lines, unbroken", verify(folder .. "/empty.log", "--last", ("0"):rep(64)))
    fails(2, "--last is for one file", verify(path, path, "--last", last))
    fails(2, "--last must be a hash of 64 hexadecimal digits", verify(path, "--last", "6f1d"))
  end)

  it("needs the key of a log that has one", function()
    local path = save("keyed.log", log_of(3, { key = KEY }))
    local key = write("key", KEY .. "\n")
    runs("3 lines, unbroken", verify(path, "--key-file", key))
    fails(1, path .. ":1: it was changed, or written with a key", verify(path))
    fails(1, path .. ":1: it was changed, or written with another key", verify(path, "--key-file", write("other", "x" .. KEY)))
    fails(1, "No such file", verify(path, "--key-file", folder .. "/missing"))
  end)

  it("says what is no log, and goes on with the next file", function()
    local lines = log_of(2)
    local good = save("good.log", lines)
    local function says(wrong, text)
      local output = fails(1, folder .. "/x.log" .. wrong, verify(write("x.log", text), good))
      assert.truthy(output:find("good.log: 2 lines, unbroken", 1, true), output)
    end
    local first, second = lines[1] .. "\n", lines[2] .. "\n"
    says(":2: it has no end", first .. lines[2])
    says(":2: it has no end", first .. lines[2]:sub(1, -9))
    says(":1: it has a carriage return in it", lines[1] .. "\r\n")
    says(":2: it has a NUL in it", first .. "\0\n" .. second)
    says(":1: it begins with a byte order mark", "\239\187\191" .. first)
    says(":1: it has a NUL in it", "\255\254{\0\n\0")
    says(":2: it is no line of an audit log", first .. "\n" .. second)
    says(":1: it is no line of an audit log", "{}\n")
    says(":1: it is no line of an audit log", "PK\3\4\n")
    says(":3: it is longer than 16384 bytes", first .. second .. ("x"):rep(20000) .. "\n")
    says(":3: the line is longer than 16384 bytes", first .. second .. ("x"):rep(1000000))
    says(":1: it is number 2, where 1 is due", second)
    local twice = ('{"act":"reveal","act":"seal","seq":1,"prev":"%s"'):format(("0"):rep(64))
    says(":1: a key that stands twice in one JSON object", ('%s,"hash":"%s"}\n'):format(twice, core.sha256(twice .. "}")))
    local missing = folder .. "/missing.log"
    fails(1, missing .. ": No such file or directory", verify(missing))
    fails(1, folder .. ": Is a directory", verify(folder))
  end)

  it("reads what is longer than memory", function()
    local path = save("long.log", log_of(400))
    local output, status = program.shell(("cd %s && for i in $(seq 300); do cat %s; done > repeated.log && truncate -s 4G one.log"):format(folder, path))
    assert.equal(0, status, output)
    output, status = cli.shell(("audit verify %s/repeated.log %s/one.log"):format(folder, folder))
    assert.equal(1, status, output)
    assert.truthy(output:find("repeated.log: 289 further mistakes", 1, true), output)
    assert.truthy(output:find("one.log:1: the line is longer than 16384 bytes", 1, true), output)
  end)
end)
