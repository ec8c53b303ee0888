--- cards status: how far jobs in Redis are, live on a terminal; it lists jobs and removes them.

local cards = require "cards"
local core = require "cards.core"
local failure = require "cards.cli.program.failure"
local figures = require "cards.util.figures"
local option = require "cards.cli.run.option"
local snapshot = require "cards.cli.job.snapshot"
local store = require "cards.cli.job.store"
local to_json = require "cards.cli.json"

local status = {}

local EVERY = 1       -- seconds between two looks
local SCANNED = 1000 -- keys at once
local WIDTH = 80     -- columns of a terminal that does not say how many it has

function status.add(parser)
  parser:option("--from", "redis://HOST/JOB; redis://HOST/ lists all jobs."):argname "ADDRESS":target "address":count(1)
  parser:flag("--once", "Show it once. Elsewhere than on a terminal that is so anyway.")
  parser:flag("--json", "Write it as JSON, once.")
  parser:flag("--remove", "Remove the job, with its rows and results.")
  parser:option("--patience", "Seconds for which it waits for a Redis that is away."):argname "SECONDS":default "10"
    :convert(option.whole("--patience", 0, 1e6))
end

--- A function that returns the address of a job, where an address has the server only; else nil.
local function of_server(address)
  local host, query = address:match "^(rediss?://[^/?#]+)/?(.*)$"
  if host and (query == "" or query:find "^%?") then
    return function(name) return ("%s/%s%s"):format(host, name, query) end
  end
end

--- The names of all jobs, sorted; or nil and an error
local function names(server)
  local found, cursor = {}, "0"
  repeat
    local reply, err = server:call("SCAN", cursor, "MATCH", "cards:{*}:meta", "COUNT", SCANNED)
    if not reply then
      return nil, err
    end
    cursor = tostring(reply[1])
    for _, key in ipairs(reply[2]) do
      found[key:match "^cards:{([%w._-]+)}:meta$" or false] = true -- others are no jobs
    end
  until cursor == "0"
  found[false] = nil
  local list = {}
  for name in pairs(found) do
    list[#list + 1] = name
  end
  table.sort(list)
  return list
end

local function write(text)
  local ok, why = io.stdout:write(text)
  if ok then
    ok, why = io.stdout:flush()
  end
  return ok and 0 or nil, not ok and "standard output: " .. why or nil
end

--- Whether what is wrong is that of one job: its version, keys of its name that are no job's, or a user who may not see it.
local function is_of_one(wrong)
  return type(wrong) == "string" or wrong and (wrong.kind == "provider" and not wrong.retryable or wrong.code == "NOPERM")
end

--- Shows all jobs of a server. @return the exit status; or nil and an error
-- @param address function(name) that returns that of a job
local function list(options, address)
  local server, why = store.new(address "all", "--from", options.patience)
  if not server then
    return nil, why, failure.USAGE
  elseif options.remove then
    return nil, "--remove needs an address with the name of a job", failure.USAGE
  end
  local all, err = names(server)
  if not all then
    return nil, err
  end
  local jobs, lines = to_json.list {}, {}
  for _, name in ipairs(all) do
    local job = store.new(address(name), "--from", options.patience) -- nil for a name that cards feed does not take
    local made, wrong = false, nil
    if job then
      made, wrong = snapshot.read(job)
    end
    if made then
      table.insert(jobs, made)
      table.insert(lines, snapshot.lines(made, job.address)[1])
    elseif is_of_one(wrong) then
      table.insert(lines, type(wrong) == "string" and wrong or ("%s: %s"):format(job.address, tostring(wrong)))
    elseif wrong then
      return nil, wrong
    end
  end
  if options.json then
    return write(assert(to_json { jobs = jobs }) .. "\n")
  end
  return write(#lines > 0 and table.concat(lines, "\n") .. "\n" or "no jobs\n")
end

local function remove(job)
  local made, err = snapshot.read(job)
  if not made then
    return nil, err or job:absent()
  end
  local keys = {}
  for _, key in pairs(job.keys) do
    table.insert(keys, key)
  end
  local gone, wrong = job:call("DEL", (table.unpack or unpack)(keys)) -- luacheck: ignore
  if not gone then
    return nil, wrong
  end
  return write(("%s: removed: %s not done, %s not collected\n"):format(job.address, figures.several(made.fed - made.done, "row"),
    figures.several(made.results, "result")))
end

--- Shows a job until it is complete, in lines that are written anew. @return as write
local function follow(job)
  local shown = 0
  while true do
    local made, err = snapshot.read(job)
    if not made then
      return nil, err or job:gone()
    end
    local lines, width = snapshot.lines(made, job.address), core.columns "stdout" or WIDTH
    for i, line in ipairs(lines) do
      lines[i] = line:sub(1, width) -- one that is broken would be two to go back over
    end
    local text = (shown > 0 and ("\27[%dA"):format(shown) or "") .. "\27[J" .. table.concat(lines, "\n") .. "\n"
    local ok, why = write(text)
    if not ok or made.complete then
      return ok, why
    end
    shown = #lines
    cards.sleep(EVERY)
  end
end

function status.run(options)
  local address = of_server(options.address)
  if address then
    return list(options, address)
  end
  local job, why = store.new(options.address, "--from", options.patience)
  if not job then
    return nil, why, failure.USAGE
  elseif options.remove then
    return remove(job)
  elseif core.is_terminal "stdout" and not options.once and not options.json then
    return follow(job)
  end
  local made, err = snapshot.read(job)
  if not made then
    return nil, err or job:absent()
  elseif options.json then
    return write(assert(to_json(made)) .. "\n")
  end
  return write(table.concat(snapshot.lines(made, job.address), "\n") .. "\n")
end

return status
