--- What a run needs before any file of its own is made: its flow, its input, and the names of its files.

local check = require "cards.util.check"
local columns = require "cards.cli.run.columns"
local journal = require "cards.cli.run.journal"
local load_script = require "cards.script.load"
local rows = require "cards.cli.run.rows"

local function load_flow(path)
  local chunk = loadfile(path)
  if not chunk then
    return nil, select(2, load_script.read(path)) -- it quotes nothing of a file with a key or token
  end
  local ok, flow = pcall(chunk)
  if not ok then
    return nil, check.line(flow)
  elseif type(flow) ~= "function" then
    return nil, ("%s: a flow returns a function of a row, not a %s"):format(path, type(flow))
  end
  return flow
end

--- The paths of a run with a journal; nil and what is wrong with them.
local function paths_of(options)
  local paths = journal.paths(options.output)
  if options.input == "-" then
    return nil, "standard input cannot be read twice, so that an interrupted run could not go on: use --in FILE, or --out -"
  end
  paths.errors = options.errors or paths.errors
  if paths.errors == options.output then
    return nil, "--errors and --out are the same file"
  elseif paths.errors == paths.summary or paths.errors == paths.journal then
    return nil, "--errors is a file of the run itself: choose another one"
  end
  return paths
end

--- The columns that lines of errors have, as a list; nil for all. Or false and which of them the input does not have.
local function wanted_columns(options, about)
  local names = options.error_columns
  if names and #names == 1 and names[1] == "none" then
    return {}
  end
  local known = {}
  for _, name in ipairs(about.columns or {}) do
    known[name] = true
  end
  for _, name in ipairs(names or {}) do
    if about.columns and not known[name] then
      return false, ("--error-columns: %s: %s"):format(options.input, check.unknown(name, known, "column"))
    end
  end
  return names
end

--- Opens the input and loads the flow, as far as that needs no file of the output.
-- @return { flow, input, size = bytes of the input where it is a file, next_row, about, columns = function of a row, paths }; or nil and the obstacle
return function(options)
  local format = options.format or rows.format(options.input)
  if not format then
    return nil, "say --format csv or --format ndjson, as the name of the input does not"
  elseif options.delimiter and format ~= "csv" then
    return nil, "--delimiter is for CSV"
  elseif options.output == "-" and options.retry_failed then
    return nil, "--retry-failed needs --out FILE, beside which are the errors of the run before"
  end
  local paths, flow, wrong
  if options.output ~= "-" then
    paths, wrong = paths_of(options)
    if not paths then
      return nil, wrong
    end
  end
  flow, wrong = load_flow(options.flow)
  if not flow then
    return nil, wrong
  end
  local input, size = io.stdin, nil
  if options.input ~= "-" then
    input, wrong = io.open(options.input, "rb")
    if not input then
      return nil, wrong
    end
    size = input:seek "end"
    input:seek "set"
  end
  local read, next_row, about = pcall(rows.reader, input, format, options.input, options.delimiter)
  if not read then
    return nil, check.line(next_row)
  end
  local wanted, unknown = wanted_columns(options, about)
  if wanted == false then
    return nil, unknown
  end
  return { flow = flow, input = input, size = size, next_row = next_row, about = about, columns = columns.selection(wanted), paths = paths }
end
