--- cards.watch: a mapping, policy or definition in a file that is read again when it was edited, without a restart.
--
--     local show = assert(cards.watch "policies/support.lua")
--     local shown = show(card)                -- by what the file says now
--
-- There is no timer: the file is read when what is in it is used, at most once per interval. That is when a policy is called, when cards.card maps a record by
-- one of the mappings, when a client of the definition calls, and when `current` is read. After a broken edit the former version stays in use, and the mistake
-- is reported once.

local check = require "cards.util.check"
local core = require "cards.core"
local load_script = require "cards.script.load"
local map = require "cards.card.map"
local provider = require "cards.provider"

local DEFAULT_INTERVAL = 1 -- seconds

local known = { interval = check.number(0, 86400), on_error = check.callback, trust = check.boolean }

local states = setmetatable({}, { __mode = "k" }) -- by watcher

local function report(state, err)
  if not state.on_error then
    io.stderr:write("cards.watch: ", check.line(err), " (the former version stays in use)\n") -- which is the error log in nginx
    return
  end
  local ok, failure = pcall(state.on_error, err)
  if not ok then
    io.stderr:write("cards.watch: on_error failed: ", check.line(failure), "\n")
  end
end

local refresh

--- Has the file looked at when what is in it is used.
-- @param value that the script returned
local function attach(state, value)
  local function look() return refresh(state) end
  if state.kind == "definition" then
    provider.watch(state.current, look)
  end
  for name in pairs(state.kind == "mapping" and value or {}) do
    map.watch(name, look)
  end
end

--- Loads the file again if it has changed.
function refresh(state)
  local now = core.now()
  if now < state.next_look then
    return
  end
  state.next_look = now + state.interval
  local text = load_script.text(state.path)
  if text == state.text then
    return
  end
  state.text = text -- first, so that a broken edit is reported once
  local made, err, value = load_script.take(state.path, state.kind, state, text) -- a script of another kind cannot replace the former one
  if made then
    state.current = made
    attach(state, value)
  else
    report(state, err)
  end
end

--- What to do with what is no policy.
local uses = {
  mapping = "mappings, which cards.card uses by itself",
  definition = "a definition: its module is `current` of the watcher, for watcher.current.new { … }",
}

--- A function in the place of what the watcher does not have: it raises an error at the line that calls it.
local function raiser(state, name)
  return function() error(("cards.watch: %s is watched, and its watcher has `current` only: watcher.current.%s"):format(state.path, name), 2) end
end

local methods = {
  __metatable = "cards.watch",
  __newindex = function() error("a watcher cannot be changed", 2) end,
  __tostring = function(watcher) return check.line(("cards.watch %s (%s)"):format(states[watcher].path, states[watcher].kind)) end,
  __index = function(watcher, key)
    local state = states[watcher]
    if key == "current" then
      refresh(state)
      return state.current
    end
    local has = type(state.current) == "table" and type(key) == "string" and not key:find "^_" and state.current[key]
    return type(has) == "function" and raiser(state, key) or nil
  end,
  __call = function(watcher, ...)
    local state = states[watcher]
    if uses[state.kind] then
      error(("cards.watch: %s cannot be called: it is %s"):format(state.path, uses[state.kind]), 2)
    end
    refresh(state)
    return state.current(...)
  end,
}

--- cards.watch(path, options)
-- @param path of a file, as for cards.load
-- @param options { interval = 1 (seconds between two reads of the file), on_error = function(err) for a broken edit; by default standard error is written to,
--   trust as for cards.load }
-- @return a watcher; or nil and an error where the file cannot be loaded now. A watcher is called like the policy in the file. Its field `current` is what
--   cards.load returned for the version in use: the policy, the provider's module, or true for mappings, which are defined again. Clients of a former module
--   do not change. Mappings are watched even if nobody keeps the watcher, and no longer where cards.map.define replaces one
-- Raises an error for unknown or wrong options.
return function(path, options)
  check.argument("cards.watch", check.text(path, "path") or options ~= nil and check.table(options, known, "options."))
  options = options or {}
  local interval = options.interval or DEFAULT_INTERVAL
  local text = load_script.text(path)
  local made, kind, value = load_script.take(path, nil, options, text)
  if not made then
    return nil, kind
  end
  local watcher = setmetatable({}, methods)
  local state = {
    path = path, text = text, kind = kind, current = made, interval = interval, on_error = options.on_error, trust = options.trust,
    next_look = core.now() + interval,
  }
  states[watcher] = state
  attach(state, value)
  return watcher
end
