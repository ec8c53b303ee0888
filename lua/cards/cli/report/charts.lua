--- The charts of a report: rows over time, how long they took over time and as a histogram, and tries that were not the first.

local axis = require "cards.cli.report.axis"
local chart = require "cards.cli.report.chart"
local classes = require "cards.cli.run.classes"
local figures = require "cards.util.figures"
local words = require "cards.cli.report.words"

local charts = {}

local count = figures.count
local unpack = table.unpack or unpack -- luacheck: ignore
local TICKS, BARS = 8, 48 -- of the clock; of a histogram
local NARROWEST = 12      -- classes that a histogram has at least, so that one row is no wall

--- A moment of a point, as its width needs it.
local function clock(data, time)
  local format = data.last - data.first > 86400 and "%d %b %H:%M" or data.width >= 60 and "%H:%M" or "%H:%M:%S"
  return words.moment(format, time)
end

--- The axis of the clock of a report.
local function time_axis(data)
  return axis.clock(data.stretches, TICKS)
end

--- Places of a point on it: from, to, and its middle.
local function places(x, point)
  local from, to = x.place(point.at, point.stretch), x.place(point.ends, point.stretch)
  return from, to, (from + to) / 2
end

--- What stands over a chart of time: its breaks, and what more can be said of each point.
local function over_time(x, tips)
  local breaks = {}
  for i, one in ipairs(x.breaks) do
    breaks[i] = { one[1], one[2], words.duration(one[3]) .. " without a run" }
  end
  return chart.tips(breaks, "breaks") .. chart.tips(tips)
end

--- A section of the page.
function charts.section(title, about, body)
  return ("<section><h2>%s</h2><p class=\"about\">%s</p>%s</section>\n"):format(title, about, body)
end

local section = charts.section

local function legend(entries)
  local parts = {}
  for i, entry in ipairs(entries) do
    parts[i] = ('<li class="%s"><svg aria-hidden="true"><path d="M0 6H18"/></svg>%s</li>'):format(entry[1], entry[2])
  end
  return '<ul class="legend">' .. table.concat(parts) .. "</ul>"
end

local function each_point(data)
  return data.width == 1 and "each step is a second" or ("each step is %s"):format(data.width % 3600 == 0 and figures.several(data.width / 3600, "hour")
    or data.width % 60 == 0 and figures.several(data.width / 60, "minute") or data.width .. " seconds")
end

--- Rows a second, those that succeeded and above them those that failed.
function charts.throughput(data)
  local most, rows = 0, {}
  for _, point in ipairs(data.points) do
    most = math.max(most, point.rows / point.seconds)
  end
  local x, y = time_axis(data), axis.counts(most)
  local succeeded, failed, tips = {}, {}, {}
  for i, point in ipairs(data.points) do
    local from, to = places(x, point)
    local middle, top = y.place(point.succeeded / point.seconds), y.place(point.rows / point.seconds)
    succeeded[i], failed[i] = { from, to, 0, middle }, { from, to, middle, top }
    local when, rate = clock(data, point.at), words.number(point.rows / point.seconds)
    tips[i] = { from, to, ("%s: %s rows/s, %s, %s failed"):format(when, rate, figures.several(point.rows, "row"), count(point.failed)) }
    if point.rows > 0 then
      table.insert(rows, { when, count(point.rows), count(point.succeeded), count(point.failed), rate })
    end
  end
  local label = ("Rows a second over time, at most %s; %s rows in all, %s of them failed"):format(words.number(most), count(data.total.rows),
    count(data.total_failed))
  return section("Throughput", "Rows a second, " .. each_point(data), legend { { "ok", "succeeded" }, { "bad", "failed" } } .. chart.frame {
    label = label, x = x.ticks, y = y.ticks,
    drawing = chart.steps("ok", succeeded) .. chart.steps("bad", failed), over = over_time(x, tips),
  } .. chart.behind("Rows over time, UTC", { { "Time" }, { "Rows", "n" }, { "Succeeded", "n" }, { "Failed", "n" }, { "Rows/s", "n" } }, rows))
end

local PERCENTILES = { "p50", "p95", "p99" }

--- How long rows took, over time.
function charts.latency(data)
  local least, most = math.huge, 0
  for _, point in ipairs(data.points) do
    least, most = math.min(least, point.p50 or least), math.max(most, point.p99 or most)
  end
  local x, y = time_axis(data), axis.times(least, most)
  local lines, tips, rows = { p50 = {}, p95 = {}, p99 = {} }, {}, {}
  for i, point in ipairs(data.points) do
    local from, to, middle = places(x, point)
    local row, is_new = { clock(data, point.at) }, i > 1 and point.stretch > data.points[i - 1].stretch
    for j, name in ipairs(PERCENTILES) do
      if is_new then
        table.insert(lines[name], false)
      end
      table.insert(lines[name], point[name] and { middle, y.place(point[name]), from, to } or false)
      row[j + 1] = point[name] and words.time(point[name])
    end
    if point.p50 then
      table.insert(tips, { from, to, ("%s: p50 %s, p95 %s, p99 %s"):format(unpack(row)) })
      table.insert(rows, row)
    end
  end
  local drawing, entries = {}, {}
  for i, name in ipairs(PERCENTILES) do
    drawing[#PERCENTILES + 1 - i], entries[i] = chart.line(name, lines[name]), { name, ("%s <b>%s</b>"):format(name, words.time(data[name])) }
  end
  return section("Latency", "How long a row took" .. (y.is_logarithmic and ", on a logarithmic scale" or ""), legend(entries) .. chart.frame {
    label = ("Percentiles of the time of a row over time. Of all rows: p50 %s, p95 %s, p99 %s"):format(words.time(data.p50), words.time(data.p95),
      words.time(data.p99)),
    x = x.ticks, y = y.ticks, drawing = table.concat(drawing), over = over_time(x, tips),
  } .. chart.behind("Time of a row over time, UTC", { { "Time" }, { "p50", "n" }, { "p95", "n" }, { "p99", "n" } }, rows))
end

--- The bars of a histogram, at most so many: list of { least and most seconds, rows }.
function charts.bars(times, many)
  local lowest, highest = classes.range(times)
  local missing = math.max(0, NARROWEST - (highest - lowest + 1))
  lowest, highest = math.max(0, lowest - math.floor(missing / 2)), highest + math.ceil(missing / 2)
  local group = math.ceil((highest - lowest + 1) / many)
  local bars = {}
  for first = lowest, highest, group do
    local rows = 0
    for class = first, first + group - 1 do
      rows = rows + (times[class] or 0)
    end
    table.insert(bars, { classes.least(first), classes.least(first + group), rows })
  end
  return bars
end

--- How many rows took how long.
function charts.histogram(data)
  local bars, most, rows_in_all = charts.bars(data.total.times, BARS), 0, 0
  for _, bar in ipairs(bars) do
    most, rows_in_all = math.max(most, bar[3]), rows_in_all + bar[3]
  end
  local x, y = axis.logarithmic(bars[1][1], bars[#bars][2]), axis.counts(most, true)
  local steps, tips, rows, marks = {}, {}, {}, {}
  for i, bar in ipairs(bars) do
    local from, to = x.place(bar[1]), x.place(bar[2])
    local gap = (to - from) * 0.08
    steps[i] = { from + gap, to - gap, 0, y.place(bar[3]) }
    local range = words.time(bar[1]) .. " to " .. words.time(bar[2])
    tips[i] = { from, to, ("%s: %s, %s"):format(range, figures.several(bar[3], "row"), words.percent(bar[3] / rows_in_all)) }
    if bar[3] > 0 then
      table.insert(rows, { range, count(bar[3]), chart.share(bar[3] / rows_in_all) })
    end
  end
  for i, name in ipairs(PERCENTILES) do
    marks[i] = chart.mark(x.place(data[name]), name, ("%s %s"):format(name, words.time(data[name])), #PERCENTILES - i)
  end
  return section("Distribution", "Rows by the time that they took, on a logarithmic scale", chart.frame {
    class = "marked", label = ("Histogram of the times of %s: p50 %s, p95 %s, p99 %s"):format(figures.several(rows_in_all, "row"), words.time(data.p50),
      words.time(data.p95), words.time(data.p99)),
    x = x.ticks, y = y.ticks, drawing = chart.steps("ok", steps), over = table.concat(marks) .. chart.tips(tips),
  } .. chart.behind("Rows by the time that they took", { { "Time" }, { "Rows", "n" }, { "Share", "n" } }, rows))
end

--- Tries that were not the first of their call. As a share of all tries they would be most at the end, where only those are left.
function charts.retries(data)
  local total, most = data.total, 0
  local function again(point) return math.max(0, (point.tries or 0) - (point.calls or 0)) end
  for _, point in ipairs(data.points) do
    most = math.max(most, again(point) / point.seconds)
  end
  local x, y = time_axis(data), axis.counts(most)
  local steps, tips, rows = {}, {}, {}
  for i, point in ipairs(data.points) do
    local from, to = places(x, point)
    local rate = again(point) / point.seconds
    steps[i] = { from, to, 0, y.place(rate) }
    if point.tries then
      local when = clock(data, point.at)
      table.insert(tips, { from, to, ("%s: %s, of which %s again"):format(when, words.tries(point.tries), count(again(point))) })
      table.insert(rows, { when, count(point.calls), count(point.tries), count(again(point)), words.number(rate) })
    end
  end
  return section("Retries", ("Tries a second that were not the first of their call, %s of %s in all"):format(count(again(total)), words.tries(total.tries)),
    chart.frame {
      label = ("Tries a second that were not the first of their call, over time, at most %s; %s in all"):format(words.number(most), count(again(total))),
      x = x.ticks, y = y.ticks, drawing = chart.steps("held", steps), over = over_time(x, tips),
    } .. chart.behind("Tries over time, UTC", { { "Time" }, { "Calls", "n" }, { "Tries", "n" }, { "Again", "n" }, { "Again/s", "n" } }, rows))
end

return charts
