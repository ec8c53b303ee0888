--- The collector may come by between any two instructions, and find loops that were left and attempts that nobody waits for.

local program = require "support.program"

local source = [[
  local cards, waiters = require "cards", require "cards.async.waiters"
  local sandbox = require "support.sandbox"

  if jit then jit.off() end -- compiled code calls no hooks
  math.randomseed(%d)
  local random = math.random
  local alix = cards.alix.new(sandbox.config("alix", { base_url = sandbox.url "HTTP_URL" .. "/alix", insecure_http = true }))
  local ids = { "c_1", "c_2", "c_3", "c_4", "c_5", "c_6", "c_7", "c_8" }

  local function quick() return assert(alix:private_info "c_1") end
  local function late() return assert(alix:private_info("c_2", { headers = { ["X-Sandbox"] = ("slow_first_byte=0.0%%d"):format(random(5)) } })) end

  local limited = cards.limit { concurrency = 4, max_wait = 20 }
  local acts = {}
  local function any(depth) return (depth < 3 and acts[random(#acts)] or quick)(depth + 1) end

  local function left(depth)
    local most, seen = random(4), 0
    for _, _, record, err in cards.each(ids, function() return random(3) == 1 and any(depth) or late() end, { concurrency = random(6) }) do
      assert(record, err)
      seen = seen + 1
      if seen == most then return true end
    end
  end

  acts = {
    quick, late, left, left,
    function(depth)
      return assert(cards.hedge(function() return random(2) == 1 and late() or any(depth) end, { after = 0.005 * random(5), attempts = random(3) }))
    end,
    function(depth)
      local function one() return any(depth) end
      local a, b = cards.all { one, one }
      return assert(a[1], a[2]) and assert(b[1], b[2])
    end,
    function() return cards.sleep(0.002 * random(10)) end,
    function(depth) return assert(cards.deadline(60, any, depth)) end,
    function() return assert(limited(late)) end,
    function(depth) return assert(cards.retry(function() return any(depth) end)) end,
  }

  local function collect() collectgarbage() end
  local create = coroutine.create
  coroutine.create = function(call) -- luacheck: ignore
    local thread = create(call)
    if debug.gethook() then debug.sethook(thread, debug.gethook()) end -- elsewhere than in LuaJIT each has its own
    return thread
  end
  for _ = 1, %d do
    debug.sethook(collect, "", 20 + random(400))
    local ok, why = pcall(any, 0)
    debug.sethook()
    if not ok then print("failed", why) end
  end
  for _ = 1, 4 do collectgarbage() end
  quick()
  print("active", waiters.active())
]]

describe("the collector", function()
  it("comes by anywhere, and no call is lost or takes another one's answer", function()
    local processes = {}
    for seed = 1, program.watched and 1 or 3 do -- beside each other
      processes[seed] = program.start(source:format(seed, program.watched and 3 or 40))
    end
    for seed, process in ipairs(processes) do
      local output, status = process.finish()
      assert.equal("active\t0\n", output, seed)
      assert.equal(0, status)
    end
  end)
end)
