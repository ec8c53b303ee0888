--- Charts as SVG. What is drawn is stretched to the width that there is; what is written is not: labels stand at percentages of it.
--
-- A drawing has the coordinates 0 to 1000 in both directions, from the upper left corner. Places are from 0 to 1, from the lower left one.

local words = require "cards.cli.report.words"

local chart = {}

local ENTITIES = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;", ["'"] = "&#39;" }

--- A text for HTML: one line, redacted, with nothing in it that is markup.
function chart.escape(text)
  return (words.name(text):gsub("[&<>\"']", ENTITIES))
end

local escape = chart.escape

--- A place from 0 to 1 as a percentage of the width.
local function percent(place)
  return (("%.2f%%"):format(place * 100):gsub("%.?0+%%$", "%%"))
end
chart.percent = percent

local function x_of(place)
  return (("%.1f"):format(place * 1000):gsub("%.0$", ""))
end

local function y_of(place)
  return (("%.1f"):format(1000 - place * 1000):gsub("%.0$", ""))
end

--- A share as a text for HTML.
function chart.share(share)
  return escape(words.percent(share))
end

--- An area of steps, each from one place to another.
-- @param class of the drawing
-- @param list of { from, to, bottom, top }; one that has no height is left out, any other can be seen
function chart.steps(class, list)
  local path = {}
  for _, step in ipairs(list) do
    local top = math.max(step[4], step[3] + 0.006)
    if step[4] > step[3] then
      table.insert(path, ("M%s %sV%sH%sV%sZ"):format(x_of(step[1]), y_of(step[3]), y_of(top), x_of(step[2]), y_of(step[3])))
    end
  end
  return ('<path class="%s" d="%s"/>'):format(class, table.concat(path))
end

--- A line through points, which breaks where there is none.
-- @param class of the drawing
-- @param list of { x, y, from, to }, or false; a point between two gaps is as wide as from its third to its fourth place
function chart.line(class, list)
  local path = {}
  for i, point in ipairs(list) do
    local before, after = list[i - 1], list[i + 1]
    if point and not before and not after then
      table.insert(path, ("M%s %sH%s"):format(x_of(point[3]), y_of(point[2]), x_of(point[4])))
    elseif point then
      table.insert(path, ("%s%s %s"):format(before and "L" or "M", x_of(point[1]), y_of(point[2])))
    end
  end
  return ('<path class="%s" d="%s"/>'):format(class, table.concat(path))
end

--- What says more about a part of a chart when the pointer is there.
-- @param list of { from, to, text }
-- @param class "tips", where it is left out
function chart.tips(list, class)
  local parts = {}
  for i, tip in ipairs(list) do
    parts[i] = ('<rect x="%s" width="%s" height="100%%"><title>%s</title></rect>'):format(percent(tip[1]), percent(tip[2] - tip[1]), escape(tip[3]))
  end
  return parts[1] and ('<g class="%s">%s</g>'):format(class or "tips", table.concat(parts)) or ""
end

--- A line from the bottom to the top, with a label above the chart.
-- @param place from 0 to 1
-- @param row of labels: 0 is the lowest
function chart.mark(place, class, label, row)
  local at, side = percent(place), place > 0.5 and "end" or "start"
  return ('<line class="mark %s" x1="%s" x2="%s" y1="-%d" y2="100%%"/><text class="%s" x="%s" dx="%d" y="-%d" text-anchor="%s">%s</text>'):format(class, at, at,
    row * 16 + 14, class, at, side == "end" and -5 or 5, row * 16 + 5, side, escape(label))
end

local function grid(ticks)
  local parts = {}
  for _, tick in ipairs(ticks) do
    local at = percent(1 - tick[1])
    table.insert(parts, ('<line x1="0" x2="100%%" y1="%s" y2="%s"/><text x="-10" y="%s" dy=".32em">%s</text>'):format(at, at, at, escape(tick[2])))
  end
  return '<g class="y">' .. table.concat(parts) .. "</g>"
end

--- The ticks of the horizontal axis. Where there is little room every other of more than four has no label: not the one that is a day.
local function ruler(ticks)
  local parts, shown = {}, 1
  for i, tick in ipairs(ticks) do
    shown = tick[3] and i % 2 or shown
  end
  for i, tick in ipairs(ticks) do
    local class = #ticks > 4 and i % 2 ~= shown and ' class="other"' or ""
    table.insert(parts, ('<svg x="%s" y="100%%"%s><line y2="5"/><text y="20">%s</text></svg>'):format(percent(tick[1]), class, escape(tick[2])))
  end
  return '<g class="x">' .. table.concat(parts) .. "</g>"
end

--- A chart.
-- @param options { label = what it shows, x, y = ticks, drawing = what is stretched, over = what is not, class }
function chart.frame(options)
  local drawing = ('<svg viewBox="0 0 1000 1000" preserveAspectRatio="none" width="100%%" height="100%%">%s</svg>'):format(options.drawing)
  return ('<svg class="plot %s" role="img" aria-label="%s">%s%s%s%s</svg>'):format(options.class or "", escape(options.label), grid(options.y),
    ruler(options.x), drawing, options.over or "")
end

--- A bar of a table: a share from 0 to 1 of its width.
function chart.bar(class, share)
  return ('<svg class="bar" aria-hidden="true"><rect class="%s" width="%s" height="100%%" rx="2"/></svg>'):format(class, percent(math.max(share, 0.004)))
end

--- A table.
-- @param caption what is in it, for who does not see the heading
-- @param columns list of { heading, class }
-- @param rows lists of cells, which are HTML
function chart.table(caption, columns, rows)
  local parts = { ('<table><caption>%s</caption><thead><tr>'):format(escape(caption)) }
  for _, column in ipairs(columns) do
    table.insert(parts, ('<th scope="col"%s>%s</th>'):format(column[2] and (' class="%s"'):format(column[2]) or "", column[1]))
  end
  table.insert(parts, "</tr></thead><tbody>\n")
  for _, row in ipairs(rows) do
    for i, cell in ipairs(row) do
      local class = columns[i][2] and (' class="%s"'):format(columns[i][2]) or ""
      row[i] = i == 1 and ('<th scope="row"%s>%s</th>'):format(class, cell) or ("<td%s>%s</td>"):format(class, cell)
    end
    table.insert(parts, "<tr>" .. table.concat(row) .. "</tr>\n")
  end
  table.insert(parts, "</tbody></table>")
  return table.concat(parts)
end

--- What is behind a chart: its figures as a table that can be opened.
function chart.behind(caption, columns, rows)
  return ('<details><summary>%s</summary><div class="scroll" tabindex="0" role="region" aria-label="%s">%s</div></details>'):format("Figures",
    escape(caption), chart.table(caption, columns, rows))
end

return chart
