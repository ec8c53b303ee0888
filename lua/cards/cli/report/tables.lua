--- The tables of a report: errors, the slowest rows, what held rows back, and the runs.

local chart = require "cards.cli.report.chart"
local charts = require "cards.cli.report.charts"
local figures = require "cards.util.figures"
local words = require "cards.cli.report.words"

local tables = {}

local count, escape, section = figures.count, chart.escape, charts.section
local MOST_ERRORS, MOST_CODES = 20, 3 -- rows of the table, and codes in one of them

--- The most frequent codes of an error: "HTTP 404 resource_not_found 12, and 3 others".
function tables.codes(group)
  local parts = {}
  for i = 1, math.min(#group.codes, MOST_CODES) do
    local code = group.codes[i]
    parts[i] = code.rows == group.rows and code.name or ("%s (%s)"):format(code.name, count(code.rows))
  end
  if #group.codes > MOST_CODES then
    table.insert(parts, ("%s more"):format(count(#group.codes - MOST_CODES)))
  end
  return table.concat(parts, ", ")
end

--- The errors that are shown, and one for all the others.
function tables.first_errors(list)
  local first = {}
  for i = 1, math.min(#list, MOST_ERRORS) do
    first[i] = list[i]
  end
  local others = 0
  for i = MOST_ERRORS + 1, #list do
    others = others + list[i].rows
  end
  if others > 0 then
    table.insert(first, { provider = "", kind = ("%s more"):format(count(#list - MOST_ERRORS)), rows = others, codes = {} })
  end
  return first
end

--- What an error is, and with which codes.
local function error_cell(group)
  local codes = tables.codes(group)
  local provider = group.provider ~= "" and (' <span class="soft">%s</span>'):format(escape(group.provider)) or ""
  return escape(group.kind) .. provider .. (codes ~= "" and "<small>" .. escape(codes) .. "</small>" or "")
end

--- Errors by provider and kind.
function tables.errors(data)
  if not data.errors[1] then
    return section("Errors", "By provider and kind", '<p class="none">No row failed.</p>')
  end
  local all, rows = 0, {}
  for _, group in ipairs(data.errors) do
    all = all + group.rows
  end
  for i, group in ipairs(tables.first_errors(data.errors)) do
    rows[i] = { error_cell(group), count(group.rows), chart.share(group.rows / all), chart.bar("bad", group.rows / data.errors[1].rows) }
  end
  return section("Errors", "Rows that failed, by kind and provider",
    chart.table("Errors", { { "Kind" }, { "Rows", "n" }, { "Share", "n" }, { "<span class=\"spoken\">Bar</span>", "b" } }, rows))
end

--- The rows that took longest.
function tables.slowest(data)
  local rows, several = {}, #data.runs > 1
  local columns = { { "Row" }, { "Took", "n" }, { "<span class=\"spoken\">Bar</span>", "b" } }
  if several then
    table.insert(columns, 2, { "File" })
  end
  for i, entry in ipairs(data.slowest) do
    rows[i] = { count(entry[1]), words.time(entry[2]), chart.bar("ok", entry[2] / math.max(data.slowest[1][2], 1e-9)) }
    if several then
      table.insert(rows[i], 2, escape(entry[3].name))
    end
  end
  return section("Slowest rows", "By the number of the row in the input", chart.table("Slowest rows", columns, rows))
end

--- What held rows back, the longest first: list of { name, how often, seconds }.
function tables.held(held)
  local list = {}
  for name, entry in pairs(held) do
    table.insert(list, { name, entry[1], entry[2] })
  end
  table.sort(list, function(a, b)
    if a[3] ~= b[3] then
      return a[3] > b[3]
    end
    return a[1] < b[1]
  end)
  return list
end

--- What limits, breakers and full clients held back.
function tables.limits(data)
  local rows, list = {}, tables.held(data.total.held)
  for i, entry in ipairs(list) do
    rows[i] = { escape(entry[1]), count(entry[2]), words.duration(entry[3]), words.time(entry[3] / entry[2]),
      chart.bar("held", list[1][3] > 0 and entry[3] / list[1][3] or 0) }
  end
  return section("Held back", "What made rows wait before they were sent", chart.table("Held back",
    { { "By" }, { "Times", "n" }, { "In all", "n" }, { "On average", "n wide" }, { "<span class=\"spoken\">Bar</span>", "b" } }, rows))
end

tables.ENDED = {
  complete = "complete", limit = "ended by --limit", max_errors = "stopped by --max-errors", interrupted = "interrupted", error = "ended by an error",
}

--- The runs, one in each line.
function tables.runs(data)
  local rows = {}
  for i, run in ipairs(data.runs) do
    rows[i] = { escape(run.name), count(run.rows), count(run.rows - run.failed), count(run.failed), tables.ENDED[run.ended] or "not ended" }
  end
  return section("Files", "What this report was made from", chart.table("Files",
    { { "Output" }, { "Rows", "n" }, { "Succeeded", "n" }, { "Failed", "n" }, { "Run" } }, rows))
end

return tables
