--- cards.watch: a mapping, policy or definition in a file that is read again when it was edited, without a restart.
--
--     local show = assert(cards.watch "policies/support.lua")
--     local shown = show(card)                -- by what the file says now
--
-- There is no timer: the file is read when the watcher is used, at most once per interval. After a broken edit the former version stays in use, and the mistake
-- is reported once.

local check = require "cards.util.check"
local core = require "cards.core"
local load_script = require "cards.script.load"

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

--- Loads the file again if it has changed.
local function refresh(state)
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
  local made, err = load_script.take(state.path, state.kind, state, text) -- a script of another kind cannot replace the former one
  if made then
    state.current = made
  else
    report(state, err)
  end
end

local methods = {
  __metatable = "cards.watch",
  __newindex = function() error("a watcher cannot be changed", 2) end,
  __index = function(watcher, key)
    if key == "current" then
      local state = states[watcher]
      refresh(state)
      return state.current
    end
  end,
  __call = function(watcher, ...)
    local state = states[watcher]
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
--   do not change
-- Raises an error for unknown or wrong options.
return function(path, options)
  check.argument("cards.watch", check.text(path, "path") or options ~= nil and check.table(options, known, "options."))
  options = options or {}
  local interval = options.interval or DEFAULT_INTERVAL
  local text = load_script.text(path)
  local made, kind = load_script.take(path, nil, options, text)
  if not made then
    return nil, kind
  end
  local watcher = setmetatable({}, methods)
  states[watcher] = {
    path = path, text = text, kind = kind, current = made, interval = interval, on_error = options.on_error, trust = options.trust,
    next_look = core.now() + interval,
  }
  return watcher
end
