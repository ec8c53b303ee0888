--- Counts and times as people read them.

local figures = {}

--- "12,345"
function figures.count(number)
  local text = ("%d"):format(number):reverse():gsub("(%d%d%d)", "%1,"):reverse()
  return (text:gsub("^,", ""))
end

--- "1 row", "12,345 rows"
function figures.several(number, noun)
  return ("%s %s%s"):format(figures.count(number), noun, number == 1 and "" or "s")
end

--- "1:02:03" or "2:03" of seconds
function figures.duration(seconds)
  seconds = math.floor(seconds + 0.5)
  if seconds >= 3600 then
    return ("%d:%02d:%02d"):format(math.floor(seconds / 3600), math.floor(seconds / 60) % 60, seconds % 60)
  end
  return ("%d:%02d"):format(math.floor(seconds / 60), seconds % 60)
end

return figures
