--- What a run needs before any file of its own is made: its flow, its input, and the names of its files.

local check = require "cards.util.check"
local columns = require "cards.cli.run.columns"
local failure = require "cards.cli.program.failure"
local files = require "cards.cli.files"
local flow_of = require "cards.cli.run.flow"
local journal = require "cards.cli.run.journal"
local option = require "cards.cli.run.option"
local report = require "cards.cli.report"
local rows = require "cards.cli.run.rows"

--- What is wrong with a combination of options; nil where it is right.
local function check_options(options, format, paths)
  local wrong = option.wrong_format(options, format)
  if wrong then
    return wrong
  elseif options.errors == "-" then
    return "--errors takes a file; with --out - and without it the errors are on standard error"
  elseif not paths then
    return options.retry_failed and "--retry-failed needs --out FILE, beside which are the errors of the run before" or nil
  elseif options.input == "-" then
    return "standard input cannot be read twice, so that an interrupted run could not go on: use --in FILE, or --out -"
  end
  return option.not_own("--errors", paths.errors, { options.output, paths.summary, paths.journal, paths.timeline })
end

local function unfit(path)
  return journal.unfit(path, "run", "choose another path, or use --out -")
end

--- Opens the input and loads the flow, as far as that needs no file of the output.
-- @return { flow, input, size = bytes of the input where it is a file, next_row, about, columns = function of a row, paths }; or nil, the obstacle, and the
--   exit status where that is not the usual one
return function(options)
  local format = options.format or rows.format(options.input)
  local paths = options.output ~= "-" and journal.paths(options.output, options.errors) or nil
  local wrong = check_options(options, format, paths)
    or option.not_own("--report", options.report, paths or {}, { options.output, options.input, options.flow }, { options.errors })
  if wrong then
    return nil, wrong, failure.USAGE
  end
  wrong = paths and (unfit(options.input) or unfit(options.output) or unfit(paths.errors) or unfit(paths.timeline))
  wrong = wrong or options.report and report.unfit(options.report)
  if wrong then
    return nil, wrong
  end
  local flow
  flow, wrong = flow_of(options.flow)
  if not flow then
    return nil, wrong
  end
  local input, size = io.stdin, nil
  if options.input ~= "-" then
    input, size = files.open(options.input)
    if not input then
      return nil, size
    end
  end
  local read, next_row, about = pcall(rows.reader, input, format, options.input, options.delimiter)
  if not read then
    return nil, check.line(next_row)
  end
  local wanted, unknown = columns.wanted(options.error_columns, about.columns, options.input, "--error-columns")
  if wanted == false then
    return nil, unknown
  end
  return { flow = flow, input = input, size = size, next_row = next_row, about = about, columns = columns.selection(wanted), paths = paths }
end
