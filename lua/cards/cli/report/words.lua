--- Numbers, times and names of a report as people read them.

local check = require "cards.util.check"
local figures = require "cards.util.figures"

local words = {}

local floor = math.floor

--- A number with three digits that count: "0.123", "12.0", "1,230".
function words.number(value)
  if value >= 99.95 then
    return figures.count(floor(value + 0.5))
  end
  local digits = value > 0 and math.min(6, 2 - floor(math.log(value) / math.log(10) + 1e-9)) or 0
  return ("%%.%df"):format(digits):format(value)
end

--- A number without zeros at its end: "0.5", "12".
function words.round(value)
  local text = words.number(value)
  return text:find(".", 1, true) and text:gsub("0+$", ""):gsub("%.$", "") or text
end

--- "1 try", "12 tries"
function words.tries(count)
  return count == 1 and "1 try" or figures.count(count) .. " tries"
end

--- A share from 0 to 1: "12.3 %". What is not all and not nothing says neither.
function words.percent(share)
  if share > 0 and share < 0.001 then
    return "< 0.1 %"
  elseif share < 1 and share > 0.999 then
    return "> 99.9 %"
  end
  return (("%.1f %%"):format(share * 100):gsub("%.0 ", " "))
end

--- How long something took: "850 µs", "12.3 ms", "1.20 s", "2:03".
-- @param number function that writes numbers: words.number, where that is left out
function words.time(seconds, number)
  number = number or words.number
  if seconds < 0.0009995 then
    return number(seconds * 1e6) .. " µs"
  elseif seconds < 0.9995 then
    return number(seconds * 1e3) .. " ms"
  elseif seconds < 119.95 then
    return number(seconds) .. " s"
  end
  return figures.duration(seconds)
end

--- How long a run went on: "0.42 s", "14:02", "3 d 02:04:05".
function words.duration(seconds)
  if seconds < 120 then
    return words.time(seconds)
  elseif seconds < 86400 then
    return figures.duration(seconds)
  end
  return ("%d d %02d:%02d:%02d"):format(floor(seconds / 86400), floor(seconds / 3600) % 24, floor(seconds / 60) % 60, floor(seconds) % 60)
end

--- A moment in UTC, by a format of os.date.
function words.moment(format, time)
  return (os.date("!" .. format, floor(time)):gsub("^0(%d %a)", "%1"))
end

--- "29 Nov 2026, 05:43:20 to 05:57:22", in UTC.
function words.period(first, last)
  local day, other = words.moment("%d %b %Y", first), words.moment("%d %b %Y", last)
  local from, to = words.moment("%H:%M:%S", first), words.moment("%H:%M:%S", last)
  if day ~= other then
    return ("%s, %s to %s, %s"):format(day, from, other, to)
  end
  return ("%s, %s"):format(day, from) .. (from ~= to and " to " .. to or "")
end

--- A name as one line, without what turns the direction of text around it.
function words.name(text)
  local line = check.line(text):gsub("\226\128[\142\143\170-\174]", "?"):gsub("\226\129[\166-\169]", "?")
  return line
end

return words
