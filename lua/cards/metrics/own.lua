--- The numbers of this process, by the keys of cards.metrics.keys.

local acts = require "cards.reveal.acts"
local core = require "cards.core"
local keys = require "cards.metrics.keys"
local registry = require "cards.metrics.registry"

local own = {}

local told = {} -- the acts that own.news has returned so far

--- What was counted since the process started: only what is not 0.
function own.counters()
  local all = {}
  core.counts(all)
  for key in pairs(all) do
    all[key] = keys.split(key) ~= "in_flight" and all[key] or nil
  end
  for act, count in pairs(acts.counts()) do
    all[keys.join("act", act)] = count > 0 and count or nil
  end
  return all
end

--- How much those have grown since it was asked last.
function own.news()
  local all = {}
  core.counts(all, true)
  for act, count in pairs(acts.counts()) do
    local more = count - (told[act] or 0)
    told[act] = count
    all[keys.join("act", act)] = more > 0 and more or nil
  end
  return all
end

local function add(all, number, ...)
  local key = keys.join(...)
  all[key] = (all[key] or 0) + number
end

-- By kind, what the state of an object adds; each returns whether it will change by itself.
local add_state = {}

function add_state.limit(all, name, state)
  add(all, state.running, "limit", name, "running")
  add(all, state.waiting, "limit", name, "waiting")
  keys.add(all, { [keys.join("limit", name, "wait")] = state.wait })
  return state.running + state.waiting + (state.wait or 0) > 0
end

function add_state.breaker(all, name, state)
  for _, phase in ipairs { "closed", "open", "half_open" } do
    add(all, state.phase == phase and 1 or 0, "breaker", name, phase)
  end
  keys.add(all, { [keys.join("breaker", name, "failures")] = state.failures })
  return state.phase == "open"
end

function add_state.token_source(all, name, state)
  add(all, state.failed and 1 or 0, "token_source", name, "failed")
  keys.add(all, { [keys.join("token_source", name, "expires")] = state.expires_in > 0 and math.floor(core.time() + state.expires_in) or 0 })
  return false
end

--- Adds the states of what has a name. @return how many will change by themselves
local function add_states(all)
  local changing = 0
  for kind, add_one in pairs(add_state) do
    registry.each(kind, function(name, state)
      changing = changing + (add_one(all, name, state) and 1 or 0)
    end)
  end
  return changing
end

--- What is now.
-- @return the numbers; how many calls are in flight; and how much else there is that changes by itself, such as connections that will be closed
function own.gauges()
  local all, in_flight = {}, 0
  core.counts(all)
  for key, number in pairs(all) do
    local is_gauge = keys.split(key) == "in_flight"
    in_flight = in_flight + (is_gauge and number or 0)
    all[key] = is_gauge and number or nil
  end
  local open, idle, waiting = core.in_use()
  add(all, open, "pool", "open")
  add(all, idle, "pool", "idle")
  add(all, waiting, "pool", "waiting")
  local memory = core.memory()
  for _, which in ipairs { "open", "used", "committed" } do
    add(all, memory[which], "secret", which)
  end
  add(all, 1, "process")
  return all, in_flight, open + add_states(all)
end

return own
