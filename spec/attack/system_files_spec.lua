--- Hostile files around a script or a run: others of the machine made them, or put them where a file of ours is expected.

local cards = require "cards"
local cli = require "support.cli"
local core = require "cards.core"
local program = require "support.program"

local folder, write, read, remove

before_each(function()
  folder, write, read, remove = cli.folder()
  write("flow.lua", "return function(row) return { id = row.id } end")
  write("ids.csv", "id\nc_1\nc_2\n")
end)

after_each(function() remove() end)

local function shell(command)
  local output, status = program.shell(("cd %s && %s"):format(folder, command))
  assert.equal(0, status, output)
end

local function run(more)
  local list = { "run", folder .. "/flow.lua", "--in", folder .. "/ids.csv", "--out", folder .. "/out" }
  for _, argument in ipairs(more or {}) do
    list[#list + 1] = argument
  end
  return cli.run(list)
end

local function refused(why)
  local output, status = run()
  assert.equal(1, status, output)
  assert.truthy(output:find(why, 1, true), output)
end

describe("a script's file", function()
  it("is a FIFO, for whose writer one would wait for ever", function()
    shell "mkfifo policy.lua"
    local loaded, err = cards.load(folder .. "/policy.lua")
    assert.is_nil(loaded)
    assert.equal(folder .. "/policy.lua: it is no regular file", err.message)
  end)

  it("is a device that never ends, a folder, or a file beyond its bound", function()
    for _, path in ipairs { "/dev/zero", "/dev/tty", folder } do
      local loaded, err = cards.watch(path)
      assert.is_nil(loaded)
      assert.truthy(err.message:find(path .. ": ", 1, true))
    end
    local path = write("long.lua", ("-"):rep(3 * 1024 * 1024))
    assert.equal(1024 * 1024 + 1, #core.read_file(path, 1024 * 1024 + 1))
    assert.is_nil((cards.load(path)))
  end)

  it("becomes a FIFO, or a gigabyte, while it is watched", function()
    local path, errors = write("policy.lua", "return { exp_year = keep }"), {}
    local show = assert(cards.watch(path, { interval = 0, on_error = function(err) errors[#errors + 1] = err.message end }))
    shell "rm policy.lua && mkfifo policy.lua"
    assert.equal(2027, show({ exp_year = 2027 }).exp_year)
    shell "rm policy.lua && truncate -s 1G policy.lua"
    assert.equal(2027, show({ exp_year = 2027 }).exp_year)
    assert.equal(2, #errors)
    assert.equal(path .. ": it is no regular file", errors[1])
  end)
end)

describe("a run's file", function()
  for _, name in ipairs { "out", "out.errors", "out.journal" } do
    it(name .. " is a link to a file that the run would write to, or to one that it would make", function()
      shell("ln -s made " .. name)
      refused(name .. ": it is a symbolic link")
      assert.is_nil(read "made")
      if name == "out.journal" then
        write("made", "")
        refused(name .. ": it is a symbolic link")
        assert.equal("", read "made")
      end
    end)

    it(name .. " can be written by others, who would choose which rows are done", function()
      assert.equal(0, select(2, run()))
      for _, mode in ipairs { "g+w", "o+w" } do
        shell(("chmod go-w %s && chmod %s %s"):format(name, mode, name))
        refused(name .. ": others can write to it")
      end
    end)

    it(name .. " is a FIFO", function()
      shell("mkfifo -m 600 " .. name)
      refused(name .. ": it is no regular file")
    end)
  end

  it("of another user is where the output goes", function()
    if program.shell "id -u":match "%d+" ~= "0" then
      return pending "only root can give a file away"
    end
    assert.equal(0, select(2, run()))
    shell "chown 65534 out"
    refused "out: it belongs to another user"
  end)

  it("has numbers of rows that none has", function()
    for _, number in ipairs { "0", "9007199254740993", "99999999999999999999", ("9"):rep(400), "-1", "1e3" } do
      shell "rm -f out*"
      assert.equal(0, select(2, run()))
      write("out", ('{"row":%s,"result":1}\n'):format(number))
      refused "out: a line is not of a run"
    end
  end)

  it("is the journal, without an end", function()
    assert.equal(0, select(2, run()))
    shell "truncate -s 4G out.journal" -- as of a line that a crash left without its bytes: the first one says which run it is
    local output, status = run()
    assert.equal(0, status, output)
    assert.truthy(output:find("2 rows are done already", 1, true), output)
    shell "printf x > out.journal; truncate -s 4G out.journal; echo >> out.journal"
    output, status = run()
    assert.equal(0, status, output)
    shell "{ printf 'x\\n'; cat out.journal; } > other; mv other out.journal"
    refused "has changed since the run began"
  end)
end)
