--- What SIGTERM does to the program, whoever sends it twice.

local program = require "support.program"

--- Runs a script that has a function term(times), which sends its process so many signals at once. @return what it wrote, its exit status
local function run(script)
  return program.run([[
    local core = require "cards.core"
    local pid = io.open "/proc/self/stat":read "*n"
    local function term(times) io.popen(("kill -TERM %d;"):format(pid):rep(times)):close() end
  ]] .. script)
end

describe("SIGTERM that comes twice at once, as timeout(1) sends it,", function()
  it("interrupts a program once, which says so", function()
    local output, status = run [[
      core.interrupt_on_term()
      pcall(term, 2)
      print(core.interrupted())]]
    if program.lua ~= "luajit" then -- its host leaves the signal as it is
      assert.equal(0, status, output)
      assert.equal("true\n", output)
    end
  end)

  it("stops a worker once; another one later ends it", function()
    local output, status = run [[
      core.stop_on_signals()
      term(2)
      print(core.stopping())
      io.stdout:flush()
      local later = core.now() + 0.2
      while core.now() < later do end
      term(1)
      print "still there"]]
    assert.equal("true\n", output)
    assert.equal(143, status)
  end)
end)
