--- plain.lua each|start SECONDS SEED: calls with random misbehaviours from plain Lua, for so long at most 500 a second: with cards.each, whose loops are
-- left early now and then; or with client:start in an event loop, where some are cancelled and some are
-- dropped. Prints the rows of the table; 1 where something is wrong.

local cards = require "cards"
local calls = require "soak.calls"
local core = require "cards.core"
local cqueues = require "cqueues"
local mix = require "soak.mix"
local quiet = require "soak.quiet"
local sandbox = require "support.sandbox"
local tally = require "soak.tally"

local target, seconds, seed = arg[1], tonumber(arg[2]), tonumber(arg[3])

local RATE = 500        -- calls a second at most
local CONCURRENCY = 96  -- of cards.each: more than one lane of the engine
local MOST = 600        -- at the same time: of client:start, and of cards.each with those of loops that were left and not yet collected

local next_plan = mix.new(seed, sandbox.PROVIDERS, sandbox.cases())

--- Loops over cards.each until the time is up; each is left while calls are under way.
local function each(counts, ends)
  local began, before = core.now(), counts.begun
  local function is_ahead() return counts.begun - before > RATE * (core.now() - began) end
  while core.now() < ends do
    local leaves = core.now() + 0.5 + 3 * math.random()
    local left = math.random() < 0.5
    local function source()
      if core.now() > (left and ends or math.min(leaves, ends)) then return nil end
      counts.begun = counts.begun + 1
      return next_plan(is_ahead())
    end
    local open, ended = counts.begun, 0
    for _, _, outcome, err in cards.each(source, calls.run, { concurrency = CONCURRENCY }) do
      ended = ended + 1
      counts:add(outcome or { kind = err, late = 0, starved = 0 })
      if left and core.now() > leaves then break end
    end
    counts.gone = counts.gone + (counts.begun - open - ended)
  end
end

--- One started call: awaited, cancelled after a while, or dropped at once.
local function live(counts)
  local dice = math.random()
  local job, finish = calls.start(next_plan())
  if dice < 0.02 then
    counts.gone = counts.gone + 1
    return
  end
  local gives_up = dice < 0.12 and core.now() + 0.3 * math.random()
  while not job:done() do
    if gives_up and core.now() >= gives_up then
      job:cancel()
    else
      cqueues.poll(job, gives_up and gives_up - core.now() or nil)
    end
  end
  counts:add(finish())
end

local function start(counts, ends)
  local loop = cqueues.new()
  local began, before = core.now(), counts.begun
  loop:wrap(function()
    while core.now() < ends do
      while counts.begun - before < RATE * (core.now() - began) and counts.begun - counts.ended - counts.gone < MOST do
        counts.begun = counts.begun + 1
        loop:wrap(live, counts)
      end
      cqueues.sleep(0.01)
    end
  end)
  while not loop:empty() do assert(loop:step()) end
end

local run = ({ each = each, start = start })[target]

local function census()
  quiet.settle(function()
    collectgarbage() -- what was dropped is cancelled by the collector
    calls.look_around(MOST)
    if target == "start" then calls.start_to_look_around(MOST) end
  end)
  collectgarbage()
  collectgarbage()
  assert(core.calls() == 0, "the I/O thread still has calls")
  local seen = quiet.look "self"
  local memory = cards.memory()
  seen.open, seen.used = memory.open, memory.used
  return seen
end

local counts = tally.new(target == "each" and "cards.each, Lua 5.4" or "client:start, Lua 5.4")
calls.prepare(sandbox.PROVIDERS, mix.servers())
calls.look_around(1)
if target == "start" then calls.start_to_look_around(1) end
run(counts, core.now() + seconds / 2)
local before = census()
run(counts, core.now() + seconds / 2)
local rows, ok = counts:report(before, census(), seconds)
print(rows)
os.exit(ok and 0 or 1, true)
