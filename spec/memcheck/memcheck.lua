--- memcheck.lua FOLDER TAP [short | TEXT]: calls the sandbox from targets with random markers for secrets, and scans their memory from outside. With the
-- secrets open each may be there once, after that none, and none in a core dump, but for what a row says that libcurl keeps. Prints a table; TAP gets the
-- result. With a TEXT only what has it in its name.

local cases = require "memcheck.cases"
local ends = require "memcheck.ends"
local markers = require "memcheck.markers"
local plain = require "memcheck.plain"
local scanner = require "memcheck.scanner"
local worker = require "memcheck.worker"

local folder, tap_path, short = arg[1], arg[2], arg[3] == "short"
local only = not short and arg[3] or ""
markers.folder = folder
local tap = assert(io.open(tap_path, "w"))
local no_core = plain.no_core()
local READ = { ["0"] = true, ["63"] = true } -- on x86-64, on arm64
local results, failed = 0, 0

local function line(name, target, open, core, closed, verdict) print(("%-40s %-8s %10s %6s %7s  %s"):format(name, target, open, core, closed, verdict)) end

--- One line of the table, and what is wrong below it.
local function result(name, target, counts, wrong, verdict)
  results = results + 1
  local ok = #wrong == 0
  if not ok then failed = failed + 1 end
  line(name, target, counts.open or "-", counts.core or "-", counts.closed or "-", ok and (verdict or "ok") or "FOUND")
  tap:write(ok and "ok " or "not ok ", results, " - ", target, ": ", name, "\n")
  for i, what in ipairs(wrong) do
    tap:write("# ", what, "\n")
    if i <= 12 then print("    " .. what) end
  end
  if #wrong > 12 then print(("    and %d more"):format(#wrong - 12)) end
  tap:flush()
end

-- What a row holds open: { name = 1 }.
local function held(row, marked)
  local open = {}
  for name, count in pairs(marked.held or {}) do open[name] = count + (marked.kept[name] or 0) end
  if row.mechanism then return open end
  for _, list in ipairs { marked.credentials, row.secrets, row.kind == "ok" and marked.answer or {} } do
    for _, name in ipairs(list) do open[name] = 1 + (row.kept and row.kept[name] or 0) end
  end
  return open
end

local function add(wrong, stage, list)
  for _, what in ipairs(list) do table.insert(wrong, stage .. ": " .. what) end
end

local function counted(total, allowed)
  local wanted = 0
  for _, count in pairs(allowed) do wanted = wanted + count end
  return ("%d of %d"):format(total, wanted)
end

-- Copies of a secret that is open have to be in memory that is not dumped.
local function check_pages(wrong, open, allowed, kept)
  for _, hit in ipairs(open.hits) do
    if allowed[hit.name] and not kept[hit.name] and not hit.flags:find "dd" and not hit.where:find("[environment]", 1, true) then
      add(wrong, "open", { hit.name .. " is in a page that is dumped" })
    end
  end
end

--- Scans the targets of a row. @return the counts of the three stages, what is wrong, a verdict where that is not ok, notes
local function scan(row)
  local marked = markers.of(row)
  local allowed, counts, wrong, found = held(row, marked), {}, {}, {}
  local total, bad, copies
  local kept = row.kept or marked.kept or {}
  local target = plain.start(row, marked, folder .. "/target")
  target:reach "open"
  if marked.refresh then marked.refresh() end
  local open = scanner.process(folder .. "/target", marked.wanted, target.pid)
  total, bad, found.open = scanner.judge(open, allowed, row.environment)
  counts.open = counted(total, allowed)
  add(wrong, "open", bad)
  if not row.found then check_pages(wrong, open, allowed, kept) end
  if not READ[open.call] then add(wrong, "open", { "the target does not wait in read but in system call " .. tostring(open.call) }) end
  target:go_on()
  target:reach "closed"
  total, bad, found.closed = scanner.judge(scanner.process(folder .. "/target", marked.wanted, target.pid), {}, row.environment)
  counts.closed = total
  add(wrong, "closed", bad)
  target:go_on()
  if not target:finish() then add(wrong, "end", { "the target failed: " .. target.output }) end
  local dump
  if no_core then
    dump = scanner.dumped(open)
  else
    target = plain.start(row, marked, folder .. "/target")
    target:reach "open"
    if marked.refresh then marked.refresh() end
    dump = scanner.core(folder .. "/target", marked.wanted, target:abort())
  end
  local dumped = {}
  for name, count in pairs(kept) do dumped[name] = count end
  if row.environment and not no_core then dumped[row.environment] = 1 end
  total, bad, found.core = scanner.judge(dump, dumped, no_core and row.environment)
  counts.core = total
  add(wrong, "core", bad)
  os.execute("rm -rf " .. folder .. "/target")
  if row.measured then
    for _, what in ipairs(wrong) do tap:write("# ", row.name, ": ", what, "\n") end
    return counts, {}, "measured", wrong
  elseif row.found then -- the more the better
    wrong = {}
    for _, name in ipairs(row.found) do
      for stage, least in pairs { open = 2, closed = 1, core = 1 } do
        copies = found[stage][name] or 0
        if copies < least then add(wrong, stage, { ("%s was to be found %d times, and was %d"):format(name, least, copies) }) end
      end
    end
    return counts, wrong, "found, as it has to be"
  end
  return counts, wrong, row.environment and "ok, beside the environment itself"
end

print(no_core and ("core: from the flags of the mappings, as " .. no_core) or "core: dumps by the kernel")
line("case", "target", "open", "core", "closed", "")
local function chosen(row) return (row.short or not short) and row.name:find(only, 1, true) end
for _, row in ipairs(cases) do
  if chosen(row) then
    local ok, counts, wrong, verdict, notes = pcall(scan, row)
    if ok then
      result(row.name, plain.lua == "luajit" and "LuaJIT" or "Lua " .. plain.lua, counts, wrong, verdict)
    else
      result(row.name, plain.lua, {}, { tostring(counts) })
    end
    for i, note in ipairs(notes or {}) do
      if i <= 12 then print("    " .. note) end
    end
  end
end
ends.scan(folder, chosen, result)
if ("nginx"):find(only, 1, true) then
  local ok, why = pcall(worker.scan, folder, short, no_core, result)
  if not ok then result("nginx", "nginx", {}, { tostring(why) }) end
end
tap:write("1..", results, "\n")
tap:close()
print(("%d cases, %d failed"):format(results, failed))
os.exit(failed == 0)
