--- cards.testing in nginx: clients without a network, and a clock under which nothing waits.

local nginx = require "support.nginx"
if nginx.is_missing("testing", pending) then return end

local APP = [[
local cards, testing = require "cards", require "cards.testing"
local app = { testing = testing, CARD = { cardNo = "4111111111111111", cvv = "123" } }

--- Runs a function under a clock. @return what it returns, and the seconds that passed
function app.timed(run)
  local clock = testing.clock()
  local began = clock:now()
  local ok, value = pcall(run, function() return ("%.0f"):format(clock:now() - began) end)
  clock:stop()
  return ok, value
end

return app
]]

local SCRIPTS = {
  record = [[ return testing.record("alix.private_info", app.CARD).cardNo, testing.error { kind = "timeout" } ]],
  client = [[
    local client = testing.client("alix", { private_info = function(parameters)
      ngx.sleep(0.001)
      if parameters.card_id == "c_2" then return nil, { kind = "declined" } end
      return app.CARD
    end })
    local a, b = cards.all { function() return client:private_info "c_1" end, function() return client:private_info "c_2" end }
    return a[1].cardNo, b[2], #client.calls ]],
  unanswered = [[ return pcall(function() local record = testing.client("alix", {}):private_info "c" return record end) ]],
  sleep = [[ return app.timed(function(passed) cards.sleep(36000) return passed() end) ]],
  order = [[ return app.timed(function(passed)
    local order = {}
    local function wait(name, seconds)
      return function()
        cards.sleep(seconds)
        order[#order + 1] = name .. passed()
      end
    end
    cards.all { wait("a", 10800), wait("b", 3600), function() wait("c", 100)() wait("c", 3600)() end }
    return table.concat(order, ",")
  end) ]],
  retry = [[ return app.timed(function(passed)
    local client = testing.client("alix", { private_info = { testing.error { kind = "rate_limited", retry_after = 7200 }, app.CARD } })
    local record = cards.retry(function() return client:private_info "c" end)
    return tostring(record.cardNo) .. " " .. passed()
  end) ]],
  hedge = [[ return app.timed(function(passed)
    local count = 0
    local client = testing.client("alix", { private_info = function()
      count = count + 1
      if count == 1 then cards.sleep(600) end
      return app.CARD
    end }, { timeout = 900 })
    local record = cards.hedge(function() return client:private_info "c" end, { after = 3 })
    local hedged = passed()
    cards.sleep(60) -- the first attempt was killed, and nobody waits for it
    return tostring(record.cardNo) .. " " .. hedged .. " " .. passed()
  end) ]],
  limit = [[ return app.timed(function(passed)
    local limited = cards.limit { concurrency = 1, key = "k", max_wait = 3600 }
    local order = {}
    local function wait(name) return function() return limited(function() cards.sleep(600) order[#order + 1] = name .. passed() end) end end
    cards.all { wait "a", wait "b", wait "c" }
    return table.concat(order, ",")
  end) ]],
  breaker = [[ return app.timed(function()
    local clock = testing.clock()
    local breaker = cards.breaker { failures = 1, open_for = 30 }
    breaker(function() return nil, testing.error { kind = "network" } end)
    local before = breaker:state().phase
    clock:advance(31)
    return before .. " " .. breaker:state().phase
  end) ]],
}

local server

setup(function()
  local locations = {}
  for path, source in pairs(SCRIPTS) do
    locations["/" .. path] = ([[
      local app, cards, testing = require "app", require "cards", require "cards.testing"
      local function run() %s end
      local values = { run() }
      for i = 1, table.maxn(values) do values[i] = tostring(values[i]) end
      ngx.print(table.concat(values, " ")) ]]):format(source)
  end
  server = nginx.start("testing", { app = APP, workers = 1, locations = locations })
end)

teardown(function() server:stop() end)

describe("cards.testing in nginx", function()
  for path, expected in pairs {
    record = "************1111 cards: timeout: no answer in time",
    client = "************1111 alix.private_info: declined: the provider refused 2",
  } do
    it("has " .. path .. "s without a network", function() assert.equal(expected, server:body("/" .. path)) end)
  end

  it("raises an error for an operation without an answer", function()
    assert.matches("^false .*: cards.testing: alix.private_info was called, and its client has no answer for it$", server:body "/unanswered")
  end)
end)

describe("under a clock of testing.clock in nginx", function()
  for path, expected in pairs {
    sleep = "true 36000", order = "true c100,b3600,c3700,a10800", retry = "true ************1111 7200", hedge = "true ************1111 3 63",
    limit = "true a600,b1200,c1800", breaker = "true open half_open",
  } do
    it(path .. " takes no real time", function() assert.equal(expected, server:body("/" .. path, { timeout = 20 })) end)
  end
end)
