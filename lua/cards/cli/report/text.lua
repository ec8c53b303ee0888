--- A report for the terminal, with bars from block characters where its letters are UTF-8.

local axis = require "cards.cli.report.axis"
local charts = require "cards.cli.report.charts"
local figures = require "cards.util.figures"
local page = require "cards.cli.report.page"
local tables = require "cards.cli.report.tables"
local words = require "cards.cli.report.words"

local HEIGHT, BARS = 7, 14 -- lines of the chart, and of the histogram at most
local SHORTEST_BAR, LONGEST_BAR = 8, 40 -- columns
local MARGIN = "  "

local count = figures.count
local floor, min, max = math.floor, math.min, math.max

--- What bars are made of: characters of growing height and of growing width; the first stands for nothing.
local BLOCKS = { tall = { " ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" }, wide = { "", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█" } }
local PLAIN = { tall = { " ", ".", ":", "-", "=", "+", "*", "#" }, wide = { "", "#" } }

--- How many columns a text takes, as far as each letter takes one.
local function columns(text)
  return #(text:gsub("[\128-\191]", ""))
end

local function pad(text, width)
  return text .. (" "):rep(width - columns(text))
end

local function pad_left(text, width)
  return (" "):rep(width - columns(text)) .. text
end

--- A bar of a share from 0 to 1. What is not nothing can be seen.
local function bar(share, width, signs)
  local steps = #signs - 1
  local length = max(floor(share * width * steps + 0.5), share > 0 and 1 or 0)
  return signs[#signs]:rep(floor(length / steps)) .. signs[length % steps + 1]
end

--- Values of points as those of columns: the largest where a column has several points; false where none of them has one.
local function spread(list, value, width)
  local values, many = {}, #list > width and width or #list * floor(width / #list)
  for column = 1, many do
    local most, first = false, floor((column - 1) * #list / many) + 1
    for i = first, max(first, floor(column * #list / many)) do
      local one = value(list[i])
      most = one and max(most or 0, one) or most
    end
    values[column] = most
  end
  return values
end

--- A line of characters as tall as values are.
-- @param place function of a value, from 0 to 1
local function spark(values, place, signs)
  local parts = {}
  for i, value in ipairs(values) do
    parts[i] = value and value > 0 and signs[max(2, min(#signs, floor(place(value) * (#signs - 1) + 0.5) + 1))] or " "
  end
  return table.concat(parts)
end

--- The least and the largest of values; nil where there is none.
local function range(values)
  local least, most
  for _, value in ipairs(values) do
    if value then
      least, most = min(least or value, value), max(most or value, value)
    end
  end
  return least, most
end

--- The lines of a report as they come.
local Lines = {}
Lines.__index = Lines

function Lines:add(text)
  self[#self + 1] = text
end

function Lines:title(text)
  self:add ""
  self:add(text)
end

--- Rows of cells below each other, the first `left` of them at the left; the last one is the share of a bar, from 0 to 1.
-- @param style of bars, or nil
function Lines:rows(rows, left, style)
  local widths, taken = {}, #MARGIN
  for _, row in ipairs(rows) do
    for i = 1, #row - 1 do
      widths[i] = max(widths[i] or 0, columns(row[i]))
    end
  end
  for _, width in ipairs(widths) do
    taken = taken + width + 2
  end
  local room = max(SHORTEST_BAR, min(LONGEST_BAR, self.width - taken))
  for _, row in ipairs(rows) do
    local cells = {}
    for i, width in ipairs(widths) do
      cells[i] = i <= left and pad(row[i], width) or pad_left(row[i], width)
    end
    local drawn = bar(row[#row], room, self.signs.wide)
    self:add((MARGIN .. table.concat(cells, "  ") .. "  " .. (style and self.paint(style, drawn) or drawn)):gsub("%s+$", ""))
  end
end

local function head(lines, data)
  local parts = { page.title(data) }
  table.insert(parts, #data.runs == 1 and (tables.ENDED[data.runs[1].ended] or "not ended") or nil)
  table.insert(parts, data.first and words.period(data.first, data.last) .. " UTC" or nil)
  lines:add(table.concat(parts, ", "))
  lines:add ""
  local share = max(data.rows, 1)
  local failed = ("failed %s (%s)"):format(count(data.failed), words.percent(data.failed / share))
  lines:add(("%s%s: succeeded %s (%s), %s"):format(MARGIN, figures.several(data.rows, "row"), count(data.succeeded), words.percent(data.succeeded / share),
    data.failed > 0 and lines.paint("bad", failed) or failed))
  local more = {}
  table.insert(more, data.seconds and words.duration(data.seconds) or nil)
  table.insert(more, data.rate and words.number(data.rate) .. " rows/s" or nil)
  local retries, times = page.retries(data), {}
  table.insert(more, retries and ("retries %s of %s"):format(words.percent(retries), words.tries(data.total.tries)) or nil)
  for _, name in ipairs { "p50", "p95", "p99" } do
    table.insert(times, data[name] and name .. " " .. words.time(data[name]) or nil)
  end
  for _, list in ipairs { more, times } do
    if list[1] then
      lines:add(MARGIN .. table.concat(list, ", "))
    end
  end
end

--- Rows a second as a chart, and below it on one line each the failed rows and the percentiles.
local function over_time(lines, data)
  local signs = lines.signs
  local function rate(point) return point.rows / point.seconds end
  local most = 0
  for _, point in ipairs(data.points) do
    most = max(most, rate(point))
  end
  local y = axis.counts(most)
  local top = y.ticks[#y.ticks][2]
  local margin = max(#top, 6)
  local values = spread(data.points, rate, max(20, lines.width - margin - 22))
  lines:title "Rows a second"
  for line = HEIGHT, 1, -1 do
    local cells = {}
    for i, value in ipairs(values) do
      local height = y.place(value or 0) * HEIGHT - (line - 1)
      local least = line == 1 and value and value > 0 and 2 or 1
      cells[i] = signs.tall[max(least, min(#signs.tall, floor(height * (#signs.tall - 1) + 0.5) + 1))]
    end
    lines:add((MARGIN .. pad_left(line == HEIGHT and top or "", margin) .. " " .. table.concat(cells):gsub(" +$", "")))
  end
  local from, to = words.moment("%H:%M:%S", data.first), words.moment("%H:%M:%S", data.last)
  lines:add(lines.paint("faint", MARGIN .. (" "):rep(margin + 1) .. from .. (" "):rep(max(1, #values - #from - #to)) .. to))
  local function row(name, list, place, says, style)
    local text = pad_left(name, margin) .. " " .. spark(list, place, signs.tall)
    lines:add(MARGIN .. (style and lines.paint(style, text) or text) .. "  " .. says)
  end
  if data.total_failed > 0 then
    local list = spread(data.points, function(point) return point.failed / point.seconds end, #values)
    local _, highest = range(list)
    row("failed", list, function(value) return value / highest end, ("at most %s/s"):format(words.number(highest)), "bad")
  end
  for _, name in ipairs { "p50", "p95", "p99" } do
    local list = spread(data.points, function(point) return point[name] end, #values)
    local least, longest = range(list)
    local decades = math.log(longest / least)
    local function place(value) return decades > 0 and math.log(value / least) / decades or 0 end
    row(name, list, place, words.time(least) .. (decades > 0 and " to " .. words.time(longest) or ""))
  end
end

local function histogram(lines, data)
  local bars, most, rows = charts.bars(data.total.times, BARS), 0, {}
  for _, one in ipairs(bars) do
    most = max(most, one[3])
  end
  while bars[#bars][3] == 0 do
    table.remove(bars)
  end
  while bars[1][3] == 0 do
    table.remove(bars, 1)
  end
  for i, one in ipairs(bars) do
    rows[i] = { words.time(one[1]), words.time(one[2]), count(one[3]), one[3] / most }
  end
  lines:title "How long a row took: from, to, rows"
  lines:rows(rows, 0)
end

local function errors(lines, data)
  local rows, all = {}, 0
  for _, group in ipairs(data.errors) do
    all = all + group.rows
  end
  for i, group in ipairs(tables.first_errors(data.errors)) do
    rows[i] = { words.name(group.kind), words.name(group.provider), words.name(tables.codes(group)), count(group.rows), words.percent(group.rows / all),
      group.rows / data.errors[1].rows }
  end
  if rows[1] then
    lines:title "Errors"
    lines:rows(rows, 3, "bad")
  end
end

local function slowest(lines, data)
  local rows = {}
  for i, entry in ipairs(data.slowest) do
    rows[i] = { #data.runs > 1 and entry[3].name or "row", count(entry[1]), words.time(entry[2]), entry[2] / max(data.slowest[1][2], 1e-9) }
  end
  lines:title "Slowest rows"
  lines:rows(rows, 1)
end

local function held(lines, data)
  local rows, list = {}, tables.held(data.total.held)
  for i, entry in ipairs(list) do
    rows[i] = { words.name(entry[1]), count(entry[2]) .. " times", words.duration(entry[3]), list[1][3] > 0 and entry[3] / list[1][3] or 0 }
  end
  lines:title "Held back"
  lines:rows(rows, 1)
end

--- The report as text.
-- @param data as gather:finish returns it
-- @param options { width = columns of the terminal, is_utf8 = whether its letters are, paint = function(style, text), see cards.cli.program.colour }
return function(data, options)
  local lines = setmetatable({ width = options.width, signs = options.is_utf8 and BLOCKS or PLAIN, paint = options.paint }, Lines)
  head(lines, data)
  if data.total and data.total.rows > 0 then
    if #data.points > 1 then
      over_time(lines, data)
    end
    histogram(lines, data)
  end
  errors(lines, data)
  if data.slowest[1] then
    slowest(lines, data)
  end
  if data.total and next(data.total.held) then
    held(lines, data)
  end
  if data.notes[1] then
    lines:title "Notes"
    for _, note in ipairs(data.notes) do
      lines:add(MARGIN .. words.name(note))
    end
  end
  local text = table.concat(lines, "\n") .. "\n"
  return options.is_utf8 and text or (text:gsub("µ", "u"):gsub("[\194-\244][\128-\191]*", "?"))
end
