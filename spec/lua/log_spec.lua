--- A file that several processes append lines to.

local cli = require "support.cli"
local core = require "cards.core"
local program = require "support.program"

local _, not_root = program.shell 'test "$(id -u)" = 0'

local folder, write, read, remove
local path

before_each(function()
  folder, write, read, remove = cli.folder()
  path = folder .. "/audit.log"
end)

after_each(function() remove() end)

local function shell(command)
  local output, status = program.shell(("cd %s && %s"):format(folder, command))
  assert.equal(0, status, output)
  return output
end

--- Appends a line.
local function append(line)
  local log = assert(core.log(path, 20))
  assert.is_true(log:add(line .. "\n"))
  assert.is_true(log:close())
end

local function refused(why, seconds)
  assert.same({ nil, why }, { core.log(path, seconds or 0) })
end

describe("a log", function()
  it("is made for its owner alone, and gets lines at its end", function()
    append "one"
    append "two"
    assert.equal("one\ntwo\n", read "audit.log")
    assert.equal("600\n", shell "stat -c %a audit.log")
  end)

  it("gives its last line, of any length that is asked for", function()
    for most = 1, 5 do
      for before = 0, 8 do
        for length = 0, 7 do
          local line = ("x"):rep(length)
          write("audit.log", ("\n"):rep(before) .. line .. "\n")
          local log = assert(core.log(path, 0))
          if length <= most then
            assert.equal(line, log:last(most))
          else
            assert.same({ nil, ("its last line is longer than %d bytes"):format(most) }, { log:last(most) })
          end
          log:close()
        end
      end
    end
    write("audit.log", ("y"):rep(16384) .. "\n")
    assert.equal(16384, #core.log(path, 0):last(16384))
  end)

  it("has no last line where it is empty, and none that can be relied on where that has no end", function()
    assert.same({ n = 1 }, { n = select("#", core.log(path, 0):last(100)) })
    collectgarbage()
    for _, text in ipairs { "half", "one\nhal", "\0\0\0", "\nx" } do
      write("audit.log", text)
      local log = assert(core.log(path, 0))
      assert.same({ nil, "its last line has no end" }, { log:last(100) })
      log:close()
    end
  end)

  it("is no link, device, folder or FIFO", function()
    shell "ln -s made audit.log"
    refused "it is a symbolic link"
    assert.is_nil(read "made")
    shell "rm audit.log && mkfifo -m 600 audit.log"
    refused "it is no regular file"
    shell "rm audit.log && mkdir audit.log"
    refused "Is a directory"
    path = "/dev/null"
    refused "it is no regular file"
    path = folder .. "/missing/audit.log"
    refused "No such file or directory"
    path = folder .. "/audit.log/"
    refused "Is a directory"
  end)

  it("is none that others write to, or that this user may not write to", function()
    write("audit.log", "")
    shell "chmod 620 audit.log"
    refused "others can write to it"
    if not_root == 0 then
      shell "chmod 600 audit.log && chown 65534 audit.log"
      refused "it belongs to another user"
    end
    shell "chown $(id -u) audit.log && chmod 400 audit.log && chmod 755 ."
    local other = not_root == 0 and "setpriv --reuid 65534 --clear-groups --bounding-set=-all --inh-caps=-all " or ""
    local output, status = program.run(("print(require 'cards.core'.log(%q, 0))"):format(path), { prefix = other })
    assert.equal("nil\tPermission denied\n0", output .. status)
  end)

  it("is one process's at a time, and no longer than it is open", function()
    local log = assert(core.log(path, 0))
    refused "another process has it locked"
    refused("another process has it locked", 0.02)
    log:close()
    log = assert(core.log(path, 0))
    log:close()
    assert.is_true(log:close())
    assert.has_error(function() log:add "x\n" end, "the log is closed")
    assert(core.log(path, 0))
    collectgarbage()
    collectgarbage()
    assert(core.log(path, 0)):close()
  end)

  it("is waited for", function()
    shell "{ flock audit.log -c 'touch held; sleep 0.2; echo theirs >> audit.log' & } >/dev/null 2>&1"
    program.wait_for("the lock of another process", function() return read "held" end)
    append "ours"
    assert.equal("theirs\nours\n", read "audit.log")
  end)

  it("begins anew where it was moved away meanwhile", function()
    append "old"
    local pid = io.open "/proc/self/stat":read "*n"
    local waits = ("until readlink /proc/%d/fd/* | grep -qF %s; do sleep 0.01; done"):format(pid, path)
    write("rotate", ("touch held; %s; mv audit.log audit.log.1"):format(waits))
    shell "{ flock audit.log sh rotate & } >/dev/null 2>&1"
    program.wait_for("the lock of another process", function() return read "held" end)
    append "new"
    assert.equal("old\n", read "audit.log.1")
    assert.equal("new\n", read "audit.log")
  end)

  it("gets a whole line or nothing, where there is no room for more", function()
    local output, status = program.run(([[
      local log = assert(require "cards.core".log(%q, 0))
      local count, ok, why = 0, true, nil
      while ok do
        ok, why = log:add(("x"):rep(299) .. "\n")
        count = count + (ok and 1 or 0)
      end
      print(count, why)
      print(log:last(1000) == ("x"):rep(299), log:add "short\n", log:close())
    ]]):format(path), { prefix = "env --ignore-signal=XFSZ prlimit --fsize=1000 " })
    assert.equal("3\tFile too large\ntrue\ttrue\ttrue\n0", output .. status)
    assert.equal((("x"):rep(299) .. "\n"):rep(3) .. "short\n", read "audit.log")
  end)
end)
