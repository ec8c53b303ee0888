--- cards report OUT…: how a batch went, as a page of HTML or for the terminal.

local cards = require "cards"
local check = require "cards.util.check"
local colour = require "cards.cli.program.colour"
local core = require "cards.core"
local failure = require "cards.cli.program.failure"
local files = require "cards.cli.files"
local gather = require "cards.cli.report.gather"
local page = require "cards.cli.report.page"
local say = require "cards.cli.program.say"
local write_text = require "cards.cli.report.text"

local report = {}

local WIDTH, MIN_WIDTH, MAX_WIDTH = 80, 40, 160 -- columns of a text: where nobody says how many there are, and at least and at most

local EPILOG = [[
It reads OUT.timeline, OUT.errors and OUT.summary.json, which `cards run` and `cards collect` write
beside OUT, and shows numbers, kinds of errors and names of providers and limits, but no value of a
row. The page needs no other file and no network.

Examples:
   cards report cards.ndjson                          cards.ndjson.html
   cards report cards.ndjson --text                   on the terminal
   cards report a.ndjson b.ndjson --html all.html     both, by time]]

function report.add(parser)
  parser:argument("outputs", "What --out of `cards run` or `cards collect` said."):argname "OUT":args "+"
  parser:mutex(
    parser:option("--html", "Where the page is written, - for standard output (OUT.html, of the first OUT)."):argname "FILE",
    parser:flag("--text", "Write it for the terminal, with bars, to standard output.")
  )
  parser:epilog(EPILOG)
end

--- Why a report cannot be written to a path, which has to be free or a report's; nil where it can.
function report.unfit(path)
  local beginning, why = core.read_file(path, #page.BEGINNING)
  if beginning and beginning ~= page.BEGINNING then
    return ("%s: it is there already, and is no report: choose another file, or remove it"):format(path)
  end
  return files.no_folder(path) or why and why:find "it is no regular file$" and why or nil
end

--- What text is written for.
local function terminal()
  local locale = ""
  for _, name in ipairs { "LANG", "LC_CTYPE", "LC_ALL" } do -- the last one that is set counts
    local value = os.getenv(name) or ""
    locale = value ~= "" and value or locale
  end
  local width = math.max(MIN_WIDTH, math.min(MAX_WIDTH, core.columns "stdout" or WIDTH))
  return { width = width, is_utf8 = locale:lower():find "utf%-?8" ~= nil, paint = colour "stdout" }
end

--- Writes what was gathered as a page. @return true; or nil and the obstacle
local function write_page(gathering, path)
  return files.write(path, page.write(gathering:finish(), core.time(), cards._VERSION))
end

--- Writes the page of one run that has ended.
-- @param output, errors the paths of its output and errors
-- @return true; or nil and the obstacle
function report.of_run(output, errors, path)
  local gathering = gather.new()
  local ok, wrong = gathering:files(output, errors)
  if not ok then
    return nil, wrong
  end
  return write_page(gathering, path)
end

--- The report of a run that leaves no files, or of one worker: its intervals are kept as they come.
-- @return { keep = function(intervals), write = function(path, ended) that returns as of_run; ended is the word of a summary }
function report.of_intervals(name)
  local gathering = gather.new()
  local run = gathering:run(name)
  local function keep(intervals)
    for _, one in ipairs(intervals) do
      gathering:interval(run, one)
    end
  end
  local function write(path, ended)
    run.ended = ended
    return write_page(gathering, path)
  end
  return { keep = keep, write = write }
end

function report.run(options)
  local gathering, seen = gather.new(), {}
  for _, output in ipairs(options.outputs) do
    if seen[output] then
      return nil, ("%s stands twice"):format(check.shown(output)), failure.USAGE
    end
    seen[output] = true
    local ok, wrong = gathering:files(output)
    if not ok then
      return nil, wrong
    end
  end
  if options.text or options.html == "-" then
    local data = gathering:finish()
    local written, why = io.stdout:write(options.text and write_text(data, terminal()) or page.write(data, core.time(), cards._VERSION))
    return written and 0 or nil, not written and "standard output: " .. why or nil
  end
  local path = options.html or options.outputs[1] .. ".html"
  local wrong = report.unfit(path)
  if wrong then
    return nil, wrong
  end
  local written, why = write_page(gathering, path)
  if not written then
    return nil, why
  end
  say("the report is in %s", path)
  return 0
end

return report
