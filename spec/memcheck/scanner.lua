--- Runs the scanner, reads what it prints, and holds it against what may be there.

local program = require "support.program"

local scanner = {}

local function run(folder, wanted, target)
  local path = folder .. "/markers"
  local file = assert(io.open(path, "w"))
  for name, digits in pairs(wanted) do file:write(name, " ", digits, "\n") end
  file:close()
  local text, status = program.shell(("%s/../scan %s %s"):format(folder, path, target))
  os.remove(path)
  if status ~= 0 then error(text, 0) end
  local result = { copies = {}, hits = {} }
  for name, form, length, where, flags in text:gmatch "hit\t([^\t]*)\t([^\t]*)\t(%d+)\t([^\t]*)\t([^\n]*)\n" do
    table.insert(result.hits, { name = name, form = form, length = tonumber(length), where = where, flags = flags })
  end
  result.bytes, result.mappings, result.threads, result.call = text:match "read\t(%d+)\t(%d+)\t(%d+)\t(%S+)"
  return result
end

--- Scans a process. @param wanted { name = hexadecimal digits } @return { hits, bytes, mappings, threads, call }
function scanner.process(folder, wanted, pid) return run(folder, wanted, tostring(pid)) end

--- Scans a core dump.
function scanner.core(folder, wanted, path) return run(folder, wanted, "--core " .. program.quote(path)) end

--- What a dump of the process would hold of a scan, where no core can be had: the mappings that are not excluded.
function scanner.dumped(result)
  local part = { hits = {} }
  for _, hit in ipairs(result.hits) do
    if not hit.flags:find "dd" then table.insert(part.hits, hit) end
  end
  return part
end

--- Compares a scan with what is allowed.
-- @param allowed { name = copies }; what is not in it may not be there
-- @param given the name of a marker that the process was given in its environment, where it does not count
-- @return the copies that there are, a list of what is wrong
function scanner.judge(result, allowed, given)
  local copies, wrong, total = {}, {}, 0
  for _, hit in ipairs(result.hits) do
    if not (hit.name == given and hit.where:find("[environment]", 1, true)) then
      copies[hit.name] = (copies[hit.name] or 0) + 1
      total = total + 1
    end
  end
  for _, hit in ipairs(result.hits) do
    if copies[hit.name] and copies[hit.name] ~= (allowed[hit.name] or 0) then
      table.insert(wrong, ("%s, %s, %d bytes in %s (%s)"):format(hit.name, hit.form, hit.length, hit.where, hit.flags))
    end
  end
  for name, count in pairs(allowed) do
    if (copies[name] or 0) ~= count then table.insert(wrong, ("%s: %d copies instead of %d"):format(name, copies[name] or 0, count)) end
  end
  table.sort(wrong)
  return total, wrong, copies
end

return scanner
