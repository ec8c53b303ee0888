--- cards run --retry-failed: rows that failed are run again, whatever happens meanwhile.

local cli = require "support.cli"
local new_batch = require("support.batch").new
local program = require "support.program"

local batch, write, read

before_each(function()
  batch = new_batch()
  write, read = batch.write, batch.read
end)

after_each(function() batch.remove() end)

--- A flow whose rows fail by what they are called, for as long as there is a file `broken`.
local function flow(case)
  return batch:flow(([[
    return function(row)
      local broken = io.open(%q)
      if broken then
        broken:close()
        if row.id:find "^raise" then error("odd") end
        if row.id:find "^timeout" then return nil, setmetatable({ kind = "timeout", message = "late" }, debug.getregistry()["cards.error"]) end
        if row.id:find "^sandbox" then return alix:private_info(row.id) end
      end
      return alix:private_info((row.id:gsub("^sandbox", "c")))
    end
  ]]):format(batch.folder .. "/broken"), case)
end

describe("cards run --retry-failed", function()
  it("moves rows that succeed now to the output, and has each that fails again once", function()
    flow()
    write("broken", "")
    write("ids.csv", "id\nc_1\nraise_2\nsandbox-declined\ntimeout_4\nsandbox-not_found\n")
    assert.equal(1, select(2, batch:run()))
    assert.same({ 1, 4 }, { select(2, batch:lines "out"), select(2, batch:lines "out.errors") })
    local output, status = batch:run { "--retry-failed" }
    assert.equal(1, status, output)
    assert.matches("4 rows that failed are run again", output, 1, true)
    assert.same({ 1, 4 }, { select(2, batch:lines "out"), select(2, batch:lines "out.errors") })
    os.remove(batch.folder .. "/broken")
    output, status = batch:run { "--retry-failed" }
    assert.equal(0, status, output)
    assert.same({ 5, 0 }, { select(2, batch:lines "out"), select(2, batch:lines "out.errors") })
    local summary = batch:summary()
    assert.same({ 5, 5, 0, {}, 1 }, { summary.rows, summary.succeeded, summary.failed, summary.errors, summary.earlier })
    output, status = batch:run { "--retry-failed" }
    assert.equal(0, status, output)
    assert.matches("0 rows that failed are run again", output, 1, true)
  end)

  it("takes those of some kinds, and of the first rows only", function()
    flow()
    write("broken", "")
    write("ids.csv", "id\nc_1\nraise_2\nsandbox-declined\nsandbox-not_found\nsandbox-not_found\n")
    batch:run()
    os.remove(batch.folder .. "/broken")
    local output = batch:run { "--retry-failed=timeout,network" }
    assert.matches("0 rows that failed are run again (others failed: declined 1, not_found 2, script 1)", output, 1, true)
    output = batch:run { "--retry-failed=not_found,script", "--limit", "4" }
    assert.matches("2 rows that failed are run again (others failed: declined 1, not_found 1)", output, 1, true)
    local errors = batch:lines "out.errors"
    assert.same({ "declined", "not_found" }, { errors[3].error.kind, errors[5].error.kind })
    assert.same({ 3, 2 }, { select(2, batch:lines "out"), select(2, batch:lines "out.errors") })
    assert.matches("1 row that failed is run again", batch:run { "--retry-failed=declined" }, 1, true)
    cli.fails(2, "--retry-failed: unknown kind 'timeuot' (did you mean 'timeout'?)", batch:arguments { "--retry-failed=declined,timeuot" })
    cli.fails(2, "stands behind FLOW", { "run", "--retry-failed", batch.folder .. "/flow.lua", "--in", "-", "--out", "-" })
    cli.fails(2, "--retry-failed needs --out FILE", { "run", batch.folder .. "/flow.lua", "--in", "-", "--format", "csv", "--out", "-", "--retry-failed" })
  end)

  it("goes on with --max-errors by the same command, and begins no row a second time before all had their turn", function()
    flow()
    write("broken", "")
    write("ids.csv", "id\n" .. ("raise\n"):rep(10))
    batch:run()
    for i = 1, 5 do
      local output, status = batch:run { "--retry-failed", "--max-errors", "2", "--concurrency", "1" }
      assert.equal(1, status, output)
      assert.equal(2 * i, select(2, batch:lines "out.errors"), output)
      assert.matches(i == 1 and "10 rows that failed are run again" or "rows that failed and were not run again yet follow", output, 1, true)
    end
    local output = batch:run { "--retry-failed", "--max-errors", "20", "--concurrency", "1" } -- which finds that all had it
    assert.matches("no row was run", output, 1, true)
    output = batch:run { "--retry-failed", "--max-errors", "2", "--concurrency", "1" }
    assert.matches("10 rows that failed are run again", output, 1, true)
    assert.equal(2, select(2, batch:lines "out.errors"))
  end)

  it("takes nothing out of errors that are not of this run", function()
    flow()
    write("ids.csv", "id\nc_1\nc_2\n")
    assert.equal(0, select(2, batch:run()))
    local other = '{"row":2,"error":{"kind":"timeout"}}\n{"row":7,"error":{"kind":"timeout"}}\n'
    write("other", other)
    os.execute("chmod 600 " .. batch.folder .. "/other")
    local output, status = batch:run { "--retry-failed", "--errors", batch.folder .. "/other" }
    assert.equal(1, status, output)
    assert.matches("row 2 stands twice in ", output, 1, true)
    assert.equal(other, read "other")
    write("out.errors", "precious\n")
    output = batch:run { "--retry-failed" }
    assert.matches("a line is not of a run", output, 1, true)
    assert.equal("precious\n", read "out.errors")
  end)

  it("loses and repeats no row where it is killed, however often", function()
    local function ids()
      local list = { "id" }
      for i = 1, 600 do
        list[i + 1] = (i % 2 == 0 and "raise_" or "c_") .. i
      end
      return table.concat(list, "\n") .. "\n"
    end
    flow()
    write("broken", "")
    write("ids.csv", ids())
    batch:run()
    assert.same({ 300, 300 }, { select(2, batch:lines "out"), select(2, batch:lines "out.errors") })
    os.remove(batch.folder .. "/broken")
    batch:held_flow("return function(row) hold(row) return alix:private_info((row.id:gsub('^raise', 'c'))) end", "slow_first_byte=0.05")
    for round = 1, 2 do
      batch:let(200 * round)
      local before = select(2, batch:lines "out")
      local process = cli.start(batch:arguments { "--retry-failed", "--concurrency", "16" })
      program.wait_for("some lines", function() return select(2, (read "out" or ""):gsub("\n", "")) > before end)
      process.signal "KILL"
      process.finish()
      local results = batch:lines "out"
      for row in pairs(batch:lines "out.errors") do
        assert.is_nil(results[row])
      end
      local file = assert(io.open(batch.folder .. "/out.errors", "ab")) -- as if the last piece had been cut by the end of the power
      file:write('{"row":600,"err')
      file:close()
    end
    flow()
    local output, status = batch:run { "--retry-failed" }
    assert.equal(0, status, output)
    assert.same({ 600, 0 }, { select(2, batch:lines "out"), select(2, batch:lines "out.errors") })
  end)

  it("is killed between any two of its steps without harm", function()
    -- Each step is a call that changes a file: after so many of them the process ends itself.
    local source = [[
      local core = require "cards.core"
      local left = %d
      local function step() if left == 0 then io.popen("kill -KILL $PPID"):close() end left = left - 1 end
      local replace, append = core.replace, core.append
      core.replace = function(...) step() return replace(...) end
      core.append = function(path)
        local file, why = append(path)
        if not file then return nil, why end
        local proxy = { read = function(_, most) return file:read(most) end, close = function() return file:close() end }
        for _, name in ipairs { "write", "cut", "sync" } do proxy[name] = function(_, ...) step() return file[name](file, ...) end end
        return proxy
      end
      os.exit(require "cards.cli" { %s }, true)
    ]]
    flow()
    write("ids.csv", "id\nc_1\nraise_2\nsandbox-declined\ntimeout_4\nraise_5\nc_6\n")
    local arguments = {}
    for i, argument in ipairs(batch:arguments { "--retry-failed=script" }) do
      arguments[i] = ("%q"):format(argument)
    end
    local killed, steps = 0, 0
    repeat
      for _, name in ipairs { "out", "out.errors", "out.errors.part", "out.journal", "out.summary.json" } do
        os.remove(batch.folder .. "/" .. name)
      end
      write("broken", "")
      batch:run()
      os.remove(batch.folder .. "/broken")
      local process = program.start(source:format(steps, table.concat(arguments, ", ")))
      local output, status = process.finish()
      killed, steps = killed + (status == 137 and 1 or 0), steps + 1
      local results = batch:lines "out"
      for row in pairs(batch:lines "out.errors") do
        assert.is_nil(results[row], output)
      end
      output = batch:run { "--retry-failed=script" }
      results = batch:lines "out"
      local errors = batch:lines "out.errors"
      local rows = {}
      for row = 1, 6 do
        rows[row] = results[row] and "result" or errors[row] and errors[row].error.kind or "lost"
      end
      assert.same({ "result", "result", "declined", "timeout", "result", "result" }, rows, output)
    until status ~= 137
    assert.is_true(killed >= 8, killed .. " steps")
  end)
end)
