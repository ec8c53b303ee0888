--- ending.lua WAY DIRECTORY { PROVIDER ID }…: what a Lua state has open and under way when it ends, see ends.lua and host.c.
-- Its secrets come from pipes in the directory.
--
-- luacheck: globals kept stage plant

local cards = require "cards"
local module = require "support.module"
local sandbox = require "support.sandbox"

local way, directory = ...
local ids = {}
for i = 3, select("#", ...), 2 do
  local provider, id = select(i, ...)
  ids[provider] = id
end

local function secret(name) return assert(cards.secret.from_file(directory .. "/" .. name)) end

local function new(provider)
  local overrides = { timeout = 60, retries = 3, headers = {} }
  for name in pairs(sandbox.credentials(provider)) do
    if provider ~= "netxd" or name ~= "signature" then overrides[name] = secret(provider .. "." .. name) end
  end
  if provider == "netxd" then
    overrides.defaults = sandbox.config(provider).defaults
    overrides.defaults.account_number = secret "netxd.account_number"
    overrides.private_key, overrides.signature = secret "netxd.private_key", false
  end
  return module(provider).new(sandbox.config(provider, overrides))
end

local clients = {}
for provider in pairs(ids) do clients[provider] = new(provider) end

local function asked(case) return { headers = { ["X-Sandbox"] = case } } end

local function call(provider, case)
  return clients[provider][sandbox.operation(provider)](clients[provider], sandbox.params(provider, ids[provider]), asked(case))
end

-- What stays under way: sent or to be sent again, with a head, a part of a body, or nothing of its answer.
local SLOW = { "never", "slow_first_byte=60", "slow_body=60", "slow_body=60", "slow_body=60,gzip", "slow_body=60,big=73728", "unavailable,retry_after=30" }
local QUICK = { "gzip", "echo_secrets", "secret_in_header", "slow_first_byte=0.5" } -- the last one ends when the others have come as far as they come

local function calls()
  local list = {}
  for provider in pairs(ids) do
    for _, cases in ipairs { SLOW, QUICK } do
      for _, case in ipairs(cases) do list[#list + 1] = { provider = provider, case = case } end
    end
  end
  return list
end

local quick = #calls() * #QUICK / (#SLOW + #QUICK)

-- Nothing is collected before the state is closed.
kept = { clients = clients }
local function keep(value) kept[#kept + 1] = value or nil end

local function each()
  return cards.each(calls(), function(one) return call(one.provider, one.case) end, { concurrency = 64 })
end

--- Starts them in the VM's own engine, and waits for the quick ones.
local function in_own_engine()
  local following, state, control, guard = each()
  keep { following, state, guard }
  for _ = 1, quick do
    local _, _, record, err = following(state, control)
    keep(record or err)
  end
end

--- Starts them in the I/O thread, of which the last quick ones are waited for; others are done and were not asked.
local function in_thread()
  for _, one in ipairs(calls()) do
    local job = clients[one.provider]:start(sandbox.operation(one.provider), sandbox.params(one.provider, ids[one.provider]), asked(one.case))
    keep(job)
    if one.case == QUICK[#QUICK] then keep(job:result()) end
  end
end

local function records()
  for provider in pairs(ids) do
    local record = assert(call(provider))
    keep(record)
    keep(record.cardNo and cards.card(record))
    keep(record.cardNo and record.cardNo:digits())
    keep(select(2, call(provider, "echo_secrets=401")))
  end
end

--- Ends the process and its state from within a function, when the others have come as far as they come.
local function exit_within()
  records()
  for _, _, record, err in each() do
    keep(record or err)
    quick = quick - 1
    if quick == 0 then
      stage "open"
      os.exit(0, true)
    end
  end
end

local ways = {}

function ways.open()
  records()
  stage "open"
end

function ways.own()
  records()
  in_own_engine()
  stage "open"
end

function ways.thread()
  records()
  in_thread()
  stage "open"
end

--- The loops of both are left by an error, and that of the script's goes through to who runs it.
function ways.left()
  records()
  in_thread()
  local seen = 0
  for _, _, record, err in each() do
    keep(record or err)
    seen = seen + 1
    if seen == quick then
      stage "open"
      error("left by an error", 0)
    end
  end
end

--- From a function of cards.all, in a coroutine, with calls of the I/O thread under way as well.
function ways.exit()
  in_thread()
  cards.all { exit_within, function() return call("alix", "never") end }
end

--- From a function that a started call asks for its credential.
function ways.exit_started()
  records()
  in_thread()
  local config = sandbox.config("alix", { access_token = function()
    stage "open"
    os.exit(0, true)
  end })
  cards.alix.new(config):start("private_info", "c_1")
end

--- A control: a copy that the state does not own.
function ways.planted()
  records()
  for _, value in ipairs(kept) do
    if type(value) == "table" and value.cardNo then plant(value.cardNo:reveal()) end
  end
  stage "open"
end

ways[way]()
