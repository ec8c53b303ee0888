--- Peers that are measured in turn, A B B A …, and the tables that come of it: medians, and medians of the ratios of runs that stood side by side (a
-- machine's speed wanders from one second to the next).

local rounds = {}

--- Measures every peer so many times.
-- @param peers a list of tables { name = … }; each gets `runs`, the list of what was measured
-- @param count how often
-- @param measure function(peer) that returns a table of numbers
function rounds.run(peers, count, measure)
  for _, peer in ipairs(peers) do
    peer.runs = {}
  end
  for round = 1, count do
    for i = 1, #peers do
      local peer = peers[round % 2 == 0 and i or #peers + 1 - i]
      peer.runs[round] = measure(peer)
    end
  end
end

local function median(list)
  table.sort(list)
  return list[math.ceil(#list / 2)]
end

--- The median of one number over a peer's runs.
function rounds.median(peer, key)
  local values = {}
  for i, run in ipairs(peer.runs) do
    values[i] = run[key]
  end
  return median(values)
end

--- The median of one number of a peer's runs by the same one of another's.
function rounds.ratio(peer, other, key)
  local values = {}
  for i, run in ipairs(peer.runs) do
    values[i] = run[key] / other.runs[i][key]
  end
  return median(values)
end

--- The width of a column in characters.
local function width(column) return column.asked and 9 or 14 end

--- Right in its column, however many bytes a character has.
local function right(text, wanted)
  return (" "):rep(wanted - #text:gsub("[\128-\191]", "")) .. text
end

--- Prints a line for each peer.
-- @param title of the table
-- @param peers as run() left them
-- @param columns { title, key, format }; instead of a format ratio_of = a peer: that peer's by each one's, or by = a peer: each one's by that peer's;
-- or asked = { name of a peer = what its figure in the column before has to be }
function rounds.print(title, peers, columns)
  print("\n" .. title)
  local head = {}
  for i, column in ipairs(columns) do
    head[i] = right(column[1], width(column))
  end
  print((" "):rep(26) .. table.concat(head))
  for _, peer in ipairs(peers) do
    local line = { ("%-26s"):format(peer.name) }
    for _, column in ipairs(columns) do
      local text
      if column.asked then
        text = column.asked[peer.name] or "-"
      elseif column.ratio_of then
        text = ("%.2f"):format(rounds.ratio(column.ratio_of, peer, column[2]))
      elseif column.by then
        text = ("%.2f"):format(rounds.ratio(peer, column.by, column[2]))
      else
        text = column[3]:format(rounds.median(peer, column[2]))
      end
      line[#line + 1] = right(text, width(column))
    end
    print(table.concat(line))
  end
end

return rounds
