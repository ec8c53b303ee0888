--- A report as one page of HTML, which asks for nothing else: no script, no font, no picture.

local chart = require "cards.cli.report.chart"
local charts = require "cards.cli.report.charts"
local figures = require "cards.util.figures"
local style = require "cards.cli.report.style"
local tables = require "cards.cli.report.tables"
local words = require "cards.cli.report.words"

local page = {}

local count, escape = figures.count, chart.escape

--- What a page of this kind begins with.
page.BEGINNING = '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<meta name="generator" content="cards report">\n'

local HEAD = page.BEGINNING .. [[
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>%s: report</title>
<style>
%s</style>
]]

local function figure(name, value, more)
  return ("<div><dt>%s</dt><dd>%s<small>%s</small></dd></div>"):format(name, value, more or "")
end

--- The share of tries that were not the first of their call; nil where nobody counted them.
function page.retries(data)
  local total = data.total
  return total and total.tries and total.tries > 0 and math.max(0, total.tries - total.calls) / total.tries or nil
end

--- The figures that matter.
local function overview(data)
  local parts = {
    figure("Rows", count(data.rows)),
    figure("Succeeded", count(data.succeeded), data.rows > 0 and chart.share(data.succeeded / data.rows)),
    figure("Failed", count(data.failed), data.rows > 0 and chart.share(data.failed / data.rows)),
  }
  local retries = page.retries(data)
  if retries then
    table.insert(parts, figure("Retries", chart.share(retries), "of " .. words.tries(data.total.tries)))
  end
  if data.seconds then
    table.insert(parts, figure("Duration", words.duration(data.seconds), (data.paused or 0) > 0 and "and " .. words.duration(data.paused) .. " between runs"))
  end
  if data.rate then
    table.insert(parts, figure("Rate", words.number(data.rate) .. "/s", "rows a second"))
  end
  for _, entry in ipairs { { "p50", "Median" }, { "p95", "95 % within" }, { "p99", "99 % within" } } do
    if data[entry[1]] then
      table.insert(parts, figure(entry[2], words.time(data[entry[1]]), entry[1] .. " of a row"))
    end
  end
  local share = data.rows > 0 and data.succeeded / data.rows or 0
  local bar = data.rows > 0 and ('<svg class="share" role="img" aria-label="%s of the rows succeeded"><rect class="bad" width="100%%" height="100%%"/>'
    .. '<rect class="ok" width="%s" height="100%%"/></svg>'):format(chart.share(share), chart.percent(share)) or ""
  return ('<section aria-label="Overview">%s<dl class="figures">%s</dl></section>\n'):format(bar, table.concat(parts))
end

local function ended(data)
  local well, runs = 0, data.runs
  for _, run in ipairs(runs) do
    well = well + (run.ended == "complete" and 1 or 0)
  end
  local text = #runs == 1 and (tables.ENDED[runs[1].ended] or "not ended") or well == #runs and "complete" or ("%d of %d complete"):format(well, #runs)
  return ('<span class="ended %s">%s</span>'):format(well == #runs and "well" or "badly", (text:gsub("^%l", string.upper)))
end

local function header(data, title)
  local about = { ended(data) }
  table.insert(about, data.first and words.period(data.first, data.last) .. " UTC" or nil)
  return ('<header><p class="over">%s</p><h1>%s</h1><p class="period">%s</p></header>\n'):format(
    #data.runs == 1 and "Batch report" or ("Batch report of %d files"):format(#data.runs), title, table.concat(about, " · "))
end

local function notes(data)
  local items = {}
  for i, note in ipairs(data.notes) do
    items[i] = "<li>" .. escape(note) .. "</li>"
  end
  return items[1] and charts.section("Notes", "What is missing, or may surprise", '<ul class="notes">' .. table.concat(items) .. "</ul>") or ""
end

--- Sections two beside each other where there is room; the last of an odd number stands alone.
-- @param sections a list, in which those that there are not are false
local function in_pairs(sections)
  local list = {}
  for _, section in ipairs(sections) do
    table.insert(list, section or nil)
  end
  for i = 1, #list - #list % 2 do
    list[i] = list[i]:gsub("^<section", '<section class="half"')
  end
  return table.concat(list)
end

--- What the report is about: its names, the first ones of many.
function page.title(data)
  local names = {}
  for i = 1, math.min(#data.runs, 3) do
    names[i] = data.runs[i].name
  end
  return table.concat(names, ", ") .. (#data.runs > 3 and (" and %d more"):format(#data.runs - 3) or "")
end

--- The page.
-- @param data as gather:finish returns it
-- @param made when it is made, in seconds since 1970
-- @param version of the program
function page.write(data, made, version)
  local title, parts = escape(page.title(data)), {}
  local has_rows = data.total and data.total.rows > 0
  table.insert(parts, HEAD:format(title, style))
  table.insert(parts, header(data, title))
  table.insert(parts, "<main>\n" .. overview(data))
  if has_rows and #data.points > 1 then
    table.insert(parts, charts.throughput(data) .. charts.latency(data))
  end
  table.insert(parts, in_pairs {
    has_rows and charts.histogram(data) or false, tables.errors(data), has_rows and tables.slowest(data) or false,
    data.total and next(data.total.held) and tables.limits(data) or false,
  })
  if (page.retries(data) or 0) > 0 and #data.points > 1 then
    table.insert(parts, charts.retries(data))
  end
  if #data.runs > 1 then
    table.insert(parts, tables.runs(data))
  end
  table.insert(parts, notes(data))
  table.insert(parts, ("</main>\n<footer>Made on %s UTC by cards %s. Times of the clock are UTC. A percentile is to 1 %%.</footer>\n</html>\n"):format(
    words.moment("%d %b %Y, %H:%M:%S", made), escape(version)))
  return table.concat(parts)
end

return page
