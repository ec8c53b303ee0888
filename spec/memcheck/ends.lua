--- Lua states that end with secrets open and calls under way, in a process that lives on: see host.c, which is the target, and ending.lua, which it runs.
-- While they are open all markers have to be found, so that the scan proves something. Afterwards none may be.

local markers = require "memcheck.markers"
local plain = require "memcheck.plain"
local scanner = require "memcheck.scanner"

local ends = {}

-- `exits`: the script ends the process; `found`: a control, these have to be found at all stages.
local ROWS = {
  { "records and secrets open", way = "open" },
  { "calls under way in the own engine", way = "own", short = true },
  { "calls under way in the I/O thread", way = "thread", short = true },
  { "cards.each left by an error, and calls in the I/O thread", way = "left", short = true },
  { "os.exit(0, true) in a coroutine", way = "exit", exits = true, short = true },
  { "os.exit(0, true) in a started call", way = "exit_started", exits = true },
  { "control: a planted copy", way = "planted", found = { ["alix.pan"] = true }, short = true },
}

local PROVIDERS = {
  { provider = "alix", way = "call", answer = { "pan", "cvv" }, secrets = {} },
  { provider = "netxd", way = "signed", answer = { "cvv" }, secrets = { "account_number", "private_key" } },
  { provider = "payengine", way = "call", answer = { "token" }, secrets = {} },
}

--- The markers of all three, with the provider before their names.
local function marked()
  local all = { given = {}, wanted = {}, arguments = {} }
  for _, row in ipairs(PROVIDERS) do
    local own = markers.of(row)
    for _, part in ipairs { "given", "wanted" } do
      for name, text in pairs(own[part]) do all[part][row.provider .. "." .. name] = text end
    end
    if own.key then all.given[row.provider .. ".private_key"] = plain.contents(own.key) end
    table.insert(all.arguments, row.provider)
    table.insert(all.arguments, own.id)
  end
  return all
end

--- @return the counts, in "closed" of all stages after "open", what is wrong, a verdict where that is not ok
local function scan(row, lua, folder)
  local all, counts, wrong = marked(), {}, {}
  local place = folder .. "/target"
  plain.clear(place)
  local target = plain.run(("%s/host-%s %s/spec/memcheck/ending.lua %s %s %s"):format(folder, lua, plain.root, row.way, place,
    table.concat(all.arguments, " ")), lua, all.given, place)
  for _, stage in ipairs(row.exits and { "open", "ended" } or { "open", "closed", "ended" }) do
    target:reach(stage)
    local scanned = scanner.process(place, all.wanted, target.pid)
    local total, bad, copies = scanner.judge(scanned, {})
    for name in pairs(stage == "open" and all.wanted or row.found or {}) do
      if not copies[name] then table.insert(wrong, ("%s: %s was to be found, and was not"):format(stage, name)) end
    end
    for _, what in ipairs(stage ~= "open" and not row.found and bad or {}) do table.insert(wrong, stage .. ": " .. what) end
    local column = stage == "open" and stage or "closed"
    counts[column] = (counts[column] or 0) + total
    target:go_on()
  end
  if not target:finish() then table.insert(wrong, "end: the target failed: " .. target.output) end
  os.execute("rm -rf " .. place)
  return counts, wrong, row.found and "found, as it has to be"
end

--- @param chosen function(row): whether it is wanted
-- @param result function(name, target, counts, wrong, verdict)
function ends.scan(folder, chosen, result)
  for _, row in ipairs(ROWS) do
    row.name = "lua_close: " .. row[1]
    for _, lua in ipairs(chosen(row) and { "5.4", "luajit" } or {}) do
      local ok, counts, wrong, verdict = pcall(scan, row, lua, folder)
      if not ok then counts, wrong = {}, { tostring(counts) } end
      result(row.name, lua, counts, wrong, verdict)
    end
  end
end

return ends
