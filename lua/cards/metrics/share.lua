--- Metrics of all workers of nginx in a lua_shared_dict. About once a second, while there is something, each worker adds what it has counted, and says how
-- things are in it. What was counted stays, whatever becomes of its worker; how things are in a process that has ended is forgotten.

local check = require "cards.util.check"
local host = require "cards.async.host"
local keys = require "cards.metrics.keys"
local own = require "cards.metrics.own"
local process = require "cards.metrics.process"
local wake = require "cards.metrics.wake"

local share = {}

local SECONDS = 1
local COUNTER, PROCESS = "cards.metrics:", "cards.metrics.process:" -- what keys in the dict begin with
local NAMED, NAMES = "cards.metrics.named:", "cards.metrics.names"   -- whether an operation is shown by its name, and how many are
local MOST = 64 -- of these; each worker has as many, COUNTS_OPERATIONS in src/http/counts.h, but not always the same ones
local OF_OPERATION = { result = true, bucket = true, seconds = true, try = true, in_flight = true } -- what is counted by operation

local dict, dict_name
local owed = {}     -- what was counted, and had no room in the dict
local named = {}    -- what this worker knows of the keys that begin with NAMED
local warned = false

-- Writing -------------------------------------------------------------------------

local function warn(why)
  if not warned then
    warned = true
    host.warn(("the shared dict '%s' takes no further metrics: %s"):format(dict_name, why))
  end
end

--- Adds to a number in the dict. Nothing that is there already has to make room for it.
-- @return the sum; or nil and why not
local function increase(key, more)
  local sum, why = dict:incr(key, more)
  if sum or why ~= "not found" then
    return sum, why
  end
  local ok
  ok, why = dict:safe_add(key, more)
  if why == "exists" then -- another worker has just added it
    return dict:incr(key, more)
  end
  return ok and more or nil, why
end

--- Whether an operation is shown by its name, which the first ones are that any worker has told of.
local function is_named(operation)
  if named[operation] == nil then
    local key = NAMED .. operation
    local number = dict:get(key) == nil and increase(NAMES, 1)
    if number and not dict:safe_add(key, number <= MOST) then
      increase(NAMES, -1)
    end
    named[operation] = dict:get(key) -- still nil where there is no room
  end
  return named[operation] ~= false
end

--- The key under which a number is shown.
local function shown(key)
  local what, provider, operation, last = keys.split(key)
  if OF_OPERATION[what] and not is_named(provider .. "\t" .. operation) then
    return keys.join(what, "other", "other", last)
  end
  return key
end

--- Numbers as text, a line each, as they are shown.
local function pack(numbers)
  local sums, lines = {}, {}
  for key, number in pairs(numbers) do
    keys.add(sums, { [shown(key)] = number })
  end
  for _, key in ipairs(check.keys(sums)) do
    lines[#lines + 1] = ("%s\t%.17g"):format(key, sums[key])
  end
  return table.concat(lines, "\n")
end

local function unpack(text)
  local numbers = {}
  for key, number in text:gmatch "([^\n]*)\t([^\t\n]*)" do
    numbers[key] = tonumber(number)
  end
  return numbers
end

--- Adds what was counted since the last time, and says how things are.
-- @return whether there will be more
local function flush()
  local all = own.news()
  local is_new = next(all) ~= nil
  keys.add(all, owed)
  owed = {}
  for key, more in pairs(all) do
    local ok, why = increase(COUNTER .. shown(key), more)
    if not ok then
      owed[key] = more
      warn(why)
    end
  end
  local gauges, in_flight, changing = own.gauges()
  local name = PROCESS .. process.name()
  local ok, why = dict:safe_set(name, pack(gauges))
  if not ok then
    dict:delete(name) -- rather nothing than what was
    warn(why)
  end
  return is_new or in_flight > 0 or (changing > 0 and not host.is_ending())
end

-- When ----------------------------------------------------------------------------

local begin

local function turn()
  if flush() and host.after(SECONDS, turn) then
    return
  end
  wake.listen(begin)
end

function begin()
  if host.after(SECONDS, turn) then
    wake.listen(nil)
  end
end

-- Reading -------------------------------------------------------------------------

--- Whether metrics are shared.
function share.is_on()
  return dict ~= nil
end

--- The numbers of all workers, by the keys of cards.metrics.keys: of this one as they are now, of others as they were about a second ago at most.
function share.read()
  flush()
  local all = {}
  for _, key in ipairs(dict:get_keys(0)) do
    local name = key:sub(1, #PROCESS) == PROCESS and key:sub(#PROCESS + 1)
    if name and not process.lives(name) then
      dict:delete(key)
    elseif name then
      keys.add(all, unpack(dict:get(key) or ""))
    elseif key:sub(1, #COUNTER) == COUNTER then
      all[key:sub(#COUNTER + 1)] = tonumber(dict:get(key))
    end
  end
  return all
end

-- The setting ---------------------------------------------------------------------

local known = { shared = check.text }

--- What is wrong with the setting `metrics` of cards.configure, or nil.
function share.check(value, key)
  if type(value) ~= "table" then
    return ("%s must be { shared = \"NAME\" }"):format(key)
  end
  local name = value.shared
  local wrong = check.table(value, known, key .. ".") or (not name and ("%s.shared is required: the name of a lua_shared_dict"):format(key))
  if wrong or not host.shared then
    return wrong or nil
  elseif not host.shared[name] then
    return ("%s.shared: there is no lua_shared_dict of that name%s"):format(key, (check.meant(name, host.shared)))
  end
  return not process.name() and ("%s.shared: there is no /proc, which says whether a worker lives"):format(key) or nil
end

--- Sets what passed the check. Outside nginx it does nothing.
function share.set(given)
  if host.shared then
    dict, dict_name, named = host.shared[given.shared], given.shared, {}
    wake.listen(begin)
  end
end

return share
