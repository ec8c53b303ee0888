--- cards run FLOW: calls a flow for each row of a file, many at the same time, and writes a line for each.
--
-- A result becomes a line {"row":12,"result":…} of the output, an error a line {"row":12,"error":{…}} of another file, in the order in which they finish. Rows
-- are counted from 1, without the line of names. An interrupted run can be continued: see cards.cli.journal.

local cards = require "cards"
local check = require "cards.util.check"
local core = require "cards.core"
local csv = require "cards.cli.csv"
local journal = require "cards.cli.journal"
local output = require "cards.cli.output"
local rows = require "cards.cli.rows"

local run = {}

local INTERRUPTED = 130 -- what a shell says of a program that Ctrl-C ended

local function read_delimiter(text)
  local delimiter = (text == "tab" or text == "\\t") and "\t" or text
  local wrong = csv.check_delimiter(delimiter)
  return not wrong and delimiter or nil, wrong and "--delimiter: " .. wrong
end

function run.add(parser)
  parser:argument("flow", "A Lua file that returns a function of a row."):argname "FLOW"
  parser:option("--in", "CSV or NDJSON, - for standard input."):argname "FILE":target "input":count(1)
  parser:option("--out", "NDJSON, - for standard output."):argname "FILE":target "output":count(1)
  parser:option("--errors", "NDJSON, one line for each row that failed (OUT.errors, or standard error)."):argname "FILE"
  parser:option("--format", "What the input is, where its name does not say so."):choices { "csv", "ndjson" }
  parser:option("--delimiter", "What stands between two fields of CSV, such as ';' or tab (,)."):argname "CHARACTER":convert(read_delimiter)
  parser:option("--concurrency", "Rows at the same time."):default "64":convert(function(text)
    local number = tonumber(text)
    return number and number >= 1 and number <= 100000 and number % 1 == 0 and number or nil, "--concurrency takes a whole number from 1 to 100000"
  end)
  parser:epilog "The same command goes on with an interrupted run. A flow is trusted, and not confined. What it returns is written as JSON, secrets masked."
end

local function load_flow(path)
  local chunk, wrong = loadfile(path)
  if not chunk then
    return nil, wrong
  end
  local ok, flow = pcall(chunk)
  if not ok then
    return nil, check.line(flow)
  elseif type(flow) ~= "function" then
    return nil, ("%s: a flow returns a function of a row, not a %s"):format(path, type(flow))
  end
  return flow
end

local FIELDS = { "kind", "provider", "operation", "status", "code", "message", "retryable", "retry_after", "attempts", "request_id" }

--- An error as plain values. An error that the flow itself made becomes its first line, redacted.
local function describe(err)
  if getmetatable(err) == "cards.error" then
    local copy = {}
    for _, field in ipairs(FIELDS) do
      copy[field] = err[field]
    end
    return copy
  end
  local text = type(err) == "string" and err:match "^[^\n]*" or ("an error that is a %s"):format(type(err))
  return { kind = "script", message = core.redact(text) }
end

--- Adds the line of an error. Its text may have bytes that JSON cannot.
local function add_error(errors, row, err)
  local described = describe(err)
  if not errors:add(row, "error", described) then
    errors:add(row, "error", { kind = described.kind, message = (tostring(described.message):gsub("[^\32-\126]", "?")) })
  end
end

--- The metatable of a row that could not be read.
local Invalid = {}

--- An iterator over the rows that are not done. A row that could not be read has the metatable Invalid.
-- @param numbers receives the number of a row by its place among these, where the two differ
local function pending(next_row, done, numbers)
  local number, place = 0, 0
  return function()
    while true do
      local row, wrong, line = next_row()
      if row == nil then
        return nil
      end
      number = number + 1
      if not (done and done:has(number)) then
        place = place + 1
        numbers[place] = place ~= number and number or nil
        return row or setmetatable({ wrong = wrong, line = line }, Invalid)
      end
    end
  end
end

local function invalid(number, row)
  return core.error {
    kind = "invalid_request", provider = "cards", operation = "run", attempts = 0, retryable = false, message = ("row %d (line %d): %s"):format(number, row.line, row.wrong),
  }
end

--- Opens both outputs.
-- @return results, errors, and what journal.open returns where there is a journal; or nil and the obstacle
local function open_outputs(options)
  if options.output == "-" then
    local errors = io.stderr
    if options.errors then
      local why
      errors, why = core.append(options.errors)
      if not errors then
        return nil, ("%s: %s"):format(options.errors, why)
      end
    end
    io.stdout:setvbuf "no"
    return output.new(io.stdout, "standard output"), output.new(errors, options.errors or "standard error")
  elseif options.input == "-" then
    return nil, "standard input cannot be read twice, so that an interrupted run could not go on: use --in FILE, or --out -"
  end
  local errors = options.errors or options.output .. ".errors"
  if errors == options.output then
    return nil, "--errors and --out are the same file"
  end
  local resumed, why = journal.open(options.input, options.output, errors)
  if not resumed then
    return nil, why
  elseif resumed.count > 0 then
    io.stderr:write(("cards: %d rows are done already\n"):format(resumed.count))
  end
  return output.new(resumed.output, options.output), output.new(resumed.errors, errors), resumed
end

--- Runs the flow for all rows. @return how many failed
local function run_rows(flow, next_row, done, options, results, errors)
  local failed, numbers = 0, {}
  local function call(row)
    if getmetatable(row) == Invalid then
      return nil, Invalid
    end
    return flow(row)
  end
  local progress = core.is_terminal() and cards.progress or nil
  for place, row, result, err in cards.each(pending(next_row, done, numbers), call, { concurrency = options.concurrency, progress = progress }) do
    local number = numbers[place] or place
    numbers[place] = nil
    local ok = err == nil or result ~= nil
    if type(err) == "string" and core.interrupted() then -- LuaJIT raises that error in any coroutine: it is none of the row
      error(err, 0)
    elseif ok then
      ok, err = results:add(number, "result", result)
      err = not ok and "the result: " .. err or nil
    elseif err == Invalid then
      err = invalid(number, row)
    end
    if not ok then
      failed = failed + 1
      add_error(errors, number, err)
    end
  end
  return failed
end

function run.run(options)
  local format = options.format or rows.format(options.input)
  if not format then
    return nil, "say --format csv or --format ndjson, as the name of the input does not"
  end
  local flow, wrong = load_flow(options.flow)
  if not flow then
    return nil, wrong
  end
  local input = io.stdin
  if options.input ~= "-" then
    local why
    input, why = io.open(options.input, "rb")
    if not input then
      return nil, why
    end
  end
  local results, errors, resumed = open_outputs(options)
  if not results then
    return nil, errors
  end
  local finished, failed = pcall(function()
    local done = resumed and resumed.count > 0 and resumed.done
    local next_row = rows.reader(input, format, options.input, options.delimiter)
    return run_rows(flow, next_row, done, options, results, errors)
  end)
  local flushed, failure = pcall(function()
    results:flush()
    errors:flush()
  end)
  if finished and not flushed then
    finished, failed = false, failure
  end
  if not finished then
    if core.interrupted() then
      io.stderr:write "\ncards: interrupted; the same command goes on\n"
      return INTERRUPTED
    end
    return nil, check.line(failed)
  end
  failed = failed + (resumed and resumed.failed or 0)
  if failed > 0 then
    io.stderr:write(("cards: %d rows failed: see %s\n"):format(failed, check.line(errors.name)))
  end
  return failed > 0 and 1 or 0
end

return run
