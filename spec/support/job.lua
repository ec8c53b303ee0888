--- Jobs in a Redis of the spec's own, fed and worked on by processes: the batch of support.batch, with a server.

local batch = require "support.batch"
local cli = require "support.cli"
local core = require "cards.core"
local program = require "support.program"

local job = {}

local LONGEST = 60 -- seconds that a process may take until it has ended

-- Names have letters for digits: specs look into Redis for the digits of cards.
local LETTERS = { ["0"] = "g", ["1"] = "h", ["2"] = "i", ["3"] = "j", ["4"] = "k", ["5"] = "l", ["6"] = "m", ["7"] = "n", ["8"] = "o", ["9"] = "p" }

local function list_of(first, more)
  local list = {}
  for _, part in ipairs { first, more or {} } do
    for _, argument in ipairs(part) do
      list[#list + 1] = argument
    end
  end
  return list
end

--- A new job of another name each time.
-- @param server of support.redis, or a relay in front of it
-- @return the batch, with its `url` and the methods below
function job.new(server)
  local self = batch.new()
  self.name = "job" .. core.id(5):gsub("%d", LETTERS)
  self.url = server.url(self.name)
  self.server = server

  function self.feed_arguments(more)
    return list_of({ "feed", "--in", self.folder .. "/ids.csv", "--to", self.url }, more)
  end
  function self.work_arguments(more)
    return list_of({ "work", self.folder .. "/flow.lua", "--from", self.url }, more)
  end
  function self.collect_arguments(more)
    return list_of({ "collect", "--from", self.url, "--out", self.folder .. "/out" }, more)
  end

  --- Runs a command to its end. @return as cli.run
  function self.feed(more, options) return cli.run(self.feed_arguments(more), options) end
  function self.work(more, options) return cli.run(self.work_arguments(more), options) end
  function self.collect(more, options) return cli.run(self.collect_arguments(more), options) end

  local processes = {}

  --- Starts a command with other arguments, and more variables.
  -- @return as program.start
  function self.start(arguments, more)
    local process = cli.start(arguments, more)
    processes[#processes + 1] = process
    return process
  end

  --- Starts a command. @return as program.start
  function self.start_feed(more) return self.start(self.feed_arguments(more)) end
  function self.start_work(more) return self.start(self.work_arguments(more)) end
  function self.start_collect(more) return self.start(self.collect_arguments(more)) end

  --- Waits until each of these processes has said that it waits for Redis.
  function self.wait_for_waiting(list)
    for _, process in ipairs(list) do
      program.wait_for("all to wait", function() return process.said():find("waiting, at most", 1, true) end)
    end
  end

  --- Removes its folder, and ends what still runs of it.
  local remove = self.remove
  function self.remove()
    for _, process in ipairs(processes) do
      process.signal "KILL"
    end
    remove()
  end

  --- What redis-cli prints of a command on a key of the job, as a number where it is one.
  function self.ask(command, key, rest)
    local text = server.cli(("%s 'cards:{%s}:%s' %s"):format(command, self.name, key, rest or ""))
    return tonumber(text) or text
  end

  --- How many rows are done.
  function self.done() return tonumber(self.ask("HGET", "counts", "done")) or 0 end

  --- Waits until the job is there, and so many rows are fed (0).
  function self.wait_for_fed(count)
    return program.wait_for("rows to be fed", function() return (tonumber(self.ask("HGET", "meta", "fed")) or -1) >= (count or 0) end)
  end

  --- Waits until so many rows are done.
  function self.wait_for_done(count)
    return program.wait_for(count .. " rows", function() return self.done() >= count end)
  end

  --- Waits until a worker has seen a signal.
  function self.wait_for_signal()
    return program.wait_for("the signal to be seen", function() return (self.ask("HVALS", "workers") .. ""):find '"stopping":true' end)
  end

  --- The numbers of the rows that are in the output or in the errors, each of which has to be there once; they have to be 1 to `count`. And Redis has to be
  -- rid of the rows and the results. @return how many are in each
  function self.check_whole(count)
    local results, succeeded = self:lines "out"
    local errors, failed = self:lines "out.errors"
    for row = 1, count do
      assert(results[row] or errors[row], ("row %d is lost"):format(row))
      assert(not (results[row] and errors[row]), ("row %d has two lines"):format(row))
    end
    assert(succeeded + failed == count, ("%d lines of %d rows"):format(succeeded + failed, count))
    for _, key in ipairs { "rows", "results" } do
      assert(self.ask("XLEN", key) == 0, ("%s of %s are left in Redis"):format(self.ask("XLEN", key), key))
    end
    return succeeded, failed
  end
  return self
end

--- The exit status of a worker by what it wrote: 1 where a row of its own has failed. One that the others left no row has none.
function job.of_worker(output)
  return output:find "succeeded, [1-9][%d,]* failed" and 1 or 0
end

--- Waits until a process has ended, which has to be soon.
-- @param process as program.start returns it
-- @param expected exit status (0), or a function of what it wrote that returns it
-- @return what it wrote
function job.ends(process, expected)
  local gives_up = core.now() + LONGEST
  while process.runs() do
    if core.now() > gives_up then
      process.signal "KILL"
      error("it hangs: " .. process.finish(), 2)
    end
    program.shell "sleep 0.02"
  end
  local output, status = process.finish()
  expected = type(expected) == "function" and expected(output) or expected or 0
  assert(status == expected, ("it ended with %s: %s"):format(status, output))
  return output
end

--- The same of several ones. @return a list of what they wrote
function job.all_end(processes, expected)
  local list = {}
  for i, process in ipairs(processes) do
    list[i] = job.ends(process, expected)
  end
  return list
end

return job
