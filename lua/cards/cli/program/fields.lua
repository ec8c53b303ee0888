--- A card as lines for a person: the fields of the neutral record in their order, then others by name.

local check = require "cards.util.check"
local colour = require "cards.cli.program.colour"

local ORDER = {}
for place, name in ipairs { "provider", "id", "number", "cvv", "last4", "bin", "brand", "type", "status", "exp_month", "exp_year", "holder_name", "token",
  "billing", "line1", "line2",
  "city", "region", "postal_code", "country", "email", "phone", "created_at", "canceled_at" } do
  ORDER[name] = place
end

--- Sorts names of fields, and returns them.
local function sorted(names)
  table.sort(names, function(a, b)
    local first, second = ORDER[a] or math.huge, ORDER[b] or math.huge
    if first ~= second then
      return first < second
    end
    return tostring(a) < tostring(b)
  end)
  return names
end

--- Appends the lines of a record, { label, text }, to a list.
local function add_lines(lines, fields, prefix)
  for _, name in ipairs(sorted(check.keys(fields))) do
    local label, value = prefix .. check.line(name), fields[name]
    if type(value) == "table" then
      add_lines(lines, value, label .. ".")
    else
      lines[#lines + 1] = { label, check.line(value) }
    end
  end
  return lines
end

--- Writes fields to standard output, with the stars of what is masked faint.
-- @param fields a masked card or record
-- @return true; or nil and why not
local function write(fields)
  local lines, width, paint = add_lines({}, fields, ""), 0, colour "stdout"
  for _, line in ipairs(lines) do
    width = math.max(width, #line[1])
  end
  for i, line in ipairs(lines) do
    local text = check.line(line[1] .. (" "):rep(width - #line[1] + 2) .. line[2])
    lines[i] = text:gsub("%*+", function(stars) return paint("faint", stars) end) .. "\n"
  end
  return io.stdout:write(table.concat(lines))
end

return { sorted = sorted, write = write }
