--- cards.metrics.prometheus: its text is what a strict reader and promtool take, and says what cards.metrics() says.

local cards = require "cards"
local core = require "cards.core"
local exposition = require "support.exposition"
local program = require "support.program"
local prometheus = require "cards.metrics.prometheus"
local sandbox = require "support.sandbox"

local function as_if_made()
  local alix = cards.alix.new(sandbox.config "alix")
  assert(alix:private_info "c_1")
  alix:private_info { wrong = 1 }
  alix:private_info("c_1", sandbox.asked_to "declined")
end

--- What cards.metrics() returns where nothing has happened.
local function empty()
  return {
    calls = {}, connections = { open = 0, idle = 0, waiting = 0 }, limits = {}, breakers = {}, token_sources = {},
    reveals = { revealed = 0, sealed = 0, refused = 0 }, secrets = { open = 0, used = 0, committed = 0 }, processes = 1,
  }
end

describe("the strict reader", function()
  local HEAD = "# HELP a_total What.\n# TYPE a_total counter\n"

  it("takes what is right", function()
    local metrics, value = exposition(HEAD .. 'a_total{x="a\\"b\\\\c\\nd"} 1\na_total 2.5\n')
    assert.equal("What.", metrics.a_total.help)
    assert.equal('a"b\\c\nd', metrics.a_total.samples[1].labels.x)
    assert.equal(2.5, value "a_total")
  end)

  for why, text in pairs {
    ["no end of the last line"] = "# HELP a_total What.\n# TYPE a_total counter\na_total 1",
    ["no TYPE"] = "# HELP a_total What.\na_total 1\n",
    ["no HELP"] = "# TYPE a_total counter\na_total 1\n",
    ["no sample"] = HEAD,
    ["a series twice"] = HEAD .. 'a_total{x="1",y="2"} 1\na_total{y="2",x="1"} 1\n',
    ["a metric in two pieces"] = HEAD .. "a_total 1\n# HELP b What.\n# TYPE b gauge\nb 1\na_total{x=\"1\"} 1\n",
    ["a bad escape"] = HEAD .. 'a_total{x="\\t"} 1\n',
    ["an open quote"] = HEAD .. 'a_total{x="1} 1\n',
    ["a bad label"] = HEAD .. 'a_total{1x="1"} 1\n',
    ["no value"] = HEAD .. "a_total \n",
    ["no number"] = HEAD .. "a_total nan\n",
    ["a negative counter"] = HEAD .. "a_total -1\n",
    ["a counter without _total"] = "# HELP a What.\n# TYPE a counter\na 1\n",
    ["no UTF-8"] = HEAD .. 'a_total{x="\255"} 1\n',
    ["an empty line"] = HEAD .. "\na_total 1\n",
    ["a histogram without +Inf"] = '# HELP h What.\n# TYPE h histogram\nh_bucket{le="1"} 1\nh_sum 1\nh_count 1\n',
    ["a histogram that falls"] = '# HELP h What.\n# TYPE h histogram\nh_bucket{le="1"} 2\nh_bucket{le="+Inf"} 1\nh_sum 1\nh_count 1\n',
    ["a histogram in another order"] = '# HELP h What.\n# TYPE h histogram\nh_bucket{le="+Inf"} 1\nh_bucket{le="1"} 1\nh_sum 1\nh_count 1\n',
    ["a histogram with another count"] = '# HELP h What.\n# TYPE h histogram\nh_bucket{le="+Inf"} 1\nh_sum 1\nh_count 2\n',
    ["a histogram without a sum"] = '# HELP h What.\n# TYPE h histogram\nh_bucket{le="+Inf"} 1\nh_count 1\n',
  } do
    it("refuses " .. why, function() assert.is_false((pcall(exposition, text))) end)
  end
end)

describe("cards.metrics.prometheus", function()
  it("is what a strict reader takes, and says what cards.metrics() says", function()
    as_if_made()
    local facts = cards.metrics()
    local _, value = exposition(cards.metrics.prometheus())
    local counts = facts.calls.alix.private_info
    local labels = { provider = "alix", operation = "private_info" }
    local function with(more)
      for name, label in pairs(labels) do more[name] = label end
      return more
    end
    assert.equal(counts.ok, value("cards_calls_total", with { result = "ok" }))
    assert.equal(counts.errors.declined, value("cards_calls_total", with { result = "declined" }))
    assert.equal(counts.errors.invalid_request, value("cards_calls_total", with { result = "invalid_request" }))
    assert.equal(counts.reused, value("cards_tries_total", with { connection = "reused" }))
    assert.equal(counts.tries - counts.reused, value("cards_tries_total", with { connection = "new" }))
    assert.equal(counts.latency.count, value("cards_call_duration_seconds_count", labels))
    assert.is_true(math.abs(counts.latency.sum - value("cards_call_duration_seconds_sum", labels)) < 1e-9)
    for i, bucket in ipairs(counts.latency.buckets) do
      local le = bucket.le == math.huge and "+Inf" or ("%g"):format(core.bounds[i])
      assert.equal(bucket.count, value("cards_call_duration_seconds_bucket", with { le = le }), le)
    end
    assert.equal(counts.in_flight, value("cards_calls_in_flight", labels))
    assert.equal(facts.connections.open, value "cards_connections_open")
    assert.equal(facts.reveals.revealed, value("cards_reveals_total", { result = "revealed" }))
    assert.equal(1, value "cards_processes")
  end)

  it("leaves out what has no value", function()
    local metrics = exposition(prometheus(empty()))
    assert.is_nil(metrics.cards_calls_total)
    assert.is_nil(metrics.cards_breaker_state)
    assert.is_table(metrics.cards_connections_open)
  end)

  it("writes large and small numbers, and names with whatever in them", function()
    local facts = empty()
    facts.secrets.used, facts.secrets.open = 2 ^ 53, 12345678901
    facts.limits['a "quoted" \\ name'] = { running = 1, waiting = 0, wait = 0.0000012345 }
    facts.breakers["größer"] = { closed = 1, open = 0, half_open = 0, failures = 2 }
    local _, value = exposition(prometheus(facts))
    assert.equal(2 ^ 53, value "cards_secrets_used_bytes")
    assert.equal(12345678901, value "cards_secrets_open")
    assert.equal(0.0000012345, value("cards_limit_wait_seconds", { name = 'a "quoted" \\ name' }))
    assert.equal(1, value("cards_breaker_state", { name = "größer", state = "closed" }))
  end)

  it("is what promtool takes, where there is one", function()
    if select(2, program.shell "command -v promtool") ~= 0 then
      pending "promtool is missing: apt-get install prometheus"
      return
    end
    as_if_made()
    local facts = cards.metrics()
    facts.limits['a "quoted" \\ name'] = { running = 1, waiting = 0, wait = 0.5 }
    facts.breakers["größer"] = { closed = 1, open = 0, half_open = 0, failures = 2 }
    local path = os.tmpname()
    finally(function() os.remove(path) end)
    local file = assert(io.open(path, "wb"))
    file:write(prometheus(facts))
    file:close()
    local output, status = program.shell("promtool check metrics <" .. program.quote(path))
    assert.same({ "", 0 }, { output, status })
  end)
end)
