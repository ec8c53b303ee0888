--- cards.mask.explain: what a policy shows of every field that a provider declares, and of the neutral record.

local check = require "cards.util.check"
local fields = require "cards.mask.fields"
local policies = require "cards.mask.policy"
local rules = require "cards.mask.rules"

local explain = {}

--- What a policy's tree shows of a field of that class.
local function shows(tree, path, class)
  local entry = { fields = tree }
  local names, is_element = fields.names(path)
  for i, name in ipairs(names) do
    entry = entry.fields[name]
    if not entry then
      return rules.concealed(class)
    elseif entry.shows then
      return entry.shows((i < #names or is_element) and "table" or class)
    end
  end
  return rules.concealed(class) -- a table of rules where there is none
end

--- Adds the paths of the tree that no known field has.
local function add_unknown(list, tree, known, prefix)
  local names = {}
  for name in pairs(tree) do
    names[#names + 1] = name
  end
  table.sort(names)
  for _, name in ipairs(names) do
    local entry, below = tree[name], known and known[name]
    if entry.fields then
      add_unknown(list, entry.fields, below, prefix .. name .. ".")
    elseif not below then
      list[#list + 1] = { provider = "*", operation = "*", field = prefix .. name, class = "undeclared", shows = entry.shows "undeclared" }
    end
  end
end

local titles = { provider = "PROVIDER", operation = "OPERATION", field = "FIELD", class = "CLASS", shows = "SHOWS" }
local columns = { "provider", "operation", "field", "class", "shows" }

--- The rows as lines with aligned columns, under a line of titles.
-- @param rows of cards.mask.explain
-- @return a string that ends with a line break
function explain.text(rows)
  local widths, lines = {}, {}
  for _, column in ipairs(columns) do
    widths[column] = #titles[column]
    for _, row in ipairs(rows) do
      widths[column] = math.max(widths[column], #check.line(row[column]))
    end
  end
  for i = 0, #rows do
    local row, cells = rows[i] or titles, {}
    for _, column in ipairs(columns) do
      cells[#cells + 1] = row[column] .. (" "):rep(widths[column] - #check.line(row[column]))
    end
    lines[#lines + 1] = table.concat(cells, "  "):gsub("%s+$", "")
  end
  return table.concat(lines, "\n") .. "\n"
end

--- What a policy shows.
-- @param policy what cards.mask.policy made; an error at the caller's line where it is none
-- @return a list of { provider, operation, field = "secrets.card_number", class = "pan", shows = "first 6, last 4" }: of
-- the neutral record (provider "cards", operation "card"), of every operation of every provider, defined ones too, and behind them, with
-- the provider "*", of the fields that only the policy knows and of all that nobody does (field "*"). class is a
-- secret's class or a declared type. shows is "hidden", "left out", "as it is" (but for card numbers in it) or says
-- what is left of the value.
return setmetatable(explain, {
  __call = function(_, policy)
    local tree = policies.tree(policy)
    if not tree then
      error("cards.mask.explain: a policy is expected: cards.mask.policy { … } makes one", 2)
    end
    local rows = fields.list()
    for _, row in ipairs(rows) do
      row.shows = shows(tree, row.field, row.class)
    end
    add_unknown(rows, tree, fields.tree(), "")
    rows[#rows + 1] = { provider = "*", operation = "*", field = "*", class = "undeclared", shows = rules.concealed "undeclared" }
    return rows
  end,
})
