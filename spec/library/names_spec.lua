--- library declares what a script can reach, each with a description, and nothing else.

local cards = require "cards"
local core = require "cards.core"
local reader = require "library.reader"
local sandbox = require "support.sandbox"
local testing = require "cards.testing"

local PROVIDERS = { "alix", "netxd", "whop", "payengine", "nayax" }
-- For cards.watch, cards.define, cards.limit, cards.breaker and the playground, which are other files.
local INTERNAL = { ["cards.Map.watch"] = true, ["cards.Map.forget"] = true, ["cards.Define.forget"] = true, ["cards.Metrics.register"] = true }

local declared = reader.read()

--- What is missing in `of` of `names`, as a list.
local function missing(names, of)
  local list = {}
  for name in pairs(names) do
    if of[name] == nil then
      table.insert(list, name)
    end
  end
  table.sort(list)
  return table.concat(list, " ")
end

local function names_of(...)
  local names = {}
  for _, value in ipairs { ... } do
    for name in pairs(value) do
      names[name] = true
    end
  end
  return names
end

--- The fields and functions that a class declares, with those that it inherits.
local function members(name)
  local all = reader.fields(declared, name)
  for _, parent in ipairs(declared.classes[name].parents) do
    all = names_of(all, members(parent))
  end
  return names_of(all, declared.classes[name].functions)
end

--- Asserts that a class declares just these names.
local function declares(class, has)
  local own, known = members(class), {}
  for name in pairs(has) do
    known[name] = not INTERNAL[("%s.%s"):format(class, name)] or nil
  end
  assert.equal("", missing(known, own), class .. " does not declare")
  assert.equal("", missing(own, known), class .. " declares what is not there")
end

--- Asserts that it declares each of these names, and that each of its own that has to be there is among them.
local function has_fields(class, has)
  local own = reader.fields(declared, class)
  assert.equal("", missing(has, own), class .. " does not declare")
  for name, field in pairs(own) do
    assert.is_true(field.optional or has[name] ~= nil, ("%s.%s is declared as always there"):format(class, name))
  end
end

local function index(value)
  return debug.getmetatable(value).__index
end

local function client_of(provider)
  return testing.client(provider, {})
end

local acme = cards.define {
  name = "library_acme", base_url = "https://acme.example",
  operations = {
    show = { path = "/cards/{id}", params = { id = {} }, response = { fields = { id = "string" } } },
    list = { path = "/cards", params = { after = {} }, response = { fields = { ["items[].id"] = "string", next = "string" } },
      pages = { items = "items", cursor = "next", into = "after" } },
  },
}

describe("library", function()
  it("has no mistake: each thing has a description", function()
    assert.same({}, declared.mistakes)
  end)

  it("declares the module", function()
    declares("cards", cards)
    declares("cards.Map", cards.map)
    declares("cards.Mask", cards.mask)
    declares("cards.Audit", cards.audit)
    declares("cards.Metrics", cards.metrics)
    declares("cards.Trace", cards.trace)
    declares("cards.Explain", cards.mask.explain)
    declares("cards.NamedPolicies", cards.mask.policies)
    declares("cards.Define", cards.define)
    declares("cards.SecretMaker", cards.secret)
    declares("cards.testing", testing)
  end)

  for _, name in ipairs(PROVIDERS) do
    it("declares the module and the client of " .. name, function()
      declares("cards." .. name, cards[name])
      local own = names_of(cards[name])
      own.new, own.from_env = nil, nil -- a client has no use for them
      declares(("cards.%s.Client"):format(name), own)
      for member in pairs(own) do
        assert.equal(cards[name][member], client_of(name)[member])
      end
    end)
  end

  it("declares the module and the client of a definition", function()
    local own = names_of(acme)
    own.show, own.list = nil, nil
    declares("cards.DefinedModule", own)
    own.new, own.from_env = nil, nil
    declares("cards.DefinedClient", own)
    own.calls = true
    has_fields("cards.testing.Client", { provider = true, calls = client_of "alix".calls })
  end)

  it("declares the methods of objects", function()
    local _, methods = debug.getupvalue(index(cards.secret "x"), 1)
    declares("cards.Secret", names_of(methods, { class = true, state = true }))
    declares("cards.Limit", index(cards.limit { rate = 1 }))
    declares("cards.Breaker", index(cards.breaker()))
    declares("cards.TokenSource", index(cards.token_source(print)))
    declares("cards.Policy", index(cards.mask.policies.support))
    local clock = testing.clock()
    clock:stop()
    declares("cards.testing.Clock", index(clock))
    local job = client_of("alix"):start("private_info", { wrong = 1 })
    declares("cards.Job", index(job))
    declares("cards.Record", index(testing.record("alix.private_info", { cvv = "123" })))
  end)

  it("declares the globals of script files", function()
    local real, globals = core.script, {}
    finally(function() core.script = real end)
    core.script = function(text, path, names, compile) -- luacheck: ignore
      for _, name in ipairs(names) do
        globals[name] = true
      end
      return real(text, path, names, compile)
    end
    assert(cards.load "examples/policies/statistics.lua")
    core.script = real
    assert.equal("", missing(globals, declared.globals))
    assert.equal("", missing(declared.globals, globals))
  end)
end)

describe("library declares the fields of", function()
  it("an error", function()
    local err = testing.error { kind = "timeout", provider = "alix", operation = "private_info", status = 500, code = "1", retry_after = 1, request_id = "r" }
    declares("cards.Error", err)
  end)

  it("an event", function()
    local events = {}
    local alix = cards.alix.new(sandbox.config("alix", { on_event = function(event) table.insert(events, event) end }))
    assert(alix:private_info "c_1")
    assert.is_nil((alix:private_info("c_1", sandbox.asked_to "declined")))
    assert.is_nil((alix:private_info({ wrong = 1 }, { tag = "wrong" })))
    assert(alix:private_info(sandbox.unique_id "twice", sandbox.asked_to "fail_then_ok=1,retry_after=ms:1"))
    local of = { call = { request_id = true }, try = { request_id = true, tag = true } } -- no answer of the sandbox has a request id
    for _, event in ipairs(events) do
      of[event.event] = names_of(of[event.event], event)
    end
    declares("cards.Event", of.call)
    declares("cards.TryEvent", of.try)
    declares("cards.Attempt", names_of(events[#events].earlier[1], { request_id = true }))
  end)

  it("an event of a limit and of a breaker", function()
    local all = { LimitEvent = {}, BreakerEvent = {} }
    local function noting(kind)
      return function(event)
        has_fields("cards." .. kind, event)
        all[kind] = names_of(all[kind], event)
      end
    end
    for _, max_wait in ipairs { 1, 0 } do
      local limited = cards.limit { rate = 10, burst = 1, max_wait = max_wait, name = "x", on_event = noting "LimitEvent" }
      for _ = 1, 2 do limited(function() end) end
    end
    local breaker = cards.breaker { failures = 1, on_event = noting "BreakerEvent" }
    breaker(function() return nil, core.error { kind = "network", attempts = 1 } end)
    for kind, fields in pairs(all) do declares("cards." .. kind, fields) end
  end)

  it("what is known of memory, limits and breakers", function()
    has_fields("cards.MemoryFacts", cards.memory())
    declares("cards.RevealCounts", cards.reveals())
    declares("cards.TraceState", cards.trace.state())
    declares("cards.LimitState", cards.limit({ rate = 1 }):state())
    declares("cards.BreakerState", cards.breaker():state())
    declares("cards.TokenSourceState", cards.token_source(print):state())
  end)

  it("metrics", function()
    local alix = cards.alix.new(sandbox.config "alix")
    assert(alix:private_info "c_1")
    local source = cards.token_source(function() return "x" end, { name = "a library" })
    local breaker = cards.breaker { name = "a library" }
    assert(source())
    assert.is_truthy(breaker)
    local limit = cards.limit { rate = 1, name = "a library" }
    assert.is_truthy(limit)
    local facts = cards.metrics()
    declares("cards.MetricsFacts", facts)
    declares("cards.CallCounts", facts.calls.alix.private_info)
    declares("cards.Latency", facts.calls.alix.private_info.latency)
    declares("cards.LatencyBucket", facts.calls.alix.private_info.latency.buckets[1])
    declares("cards.ConnectionCounts", facts.connections)
    declares("cards.LimitCounts", facts.limits["a library"])
    declares("cards.BreakerCounts", facts.breakers["a library"])
    declares("cards.TokenSourceCounts", facts.token_sources["a library"])
    declares("cards.SecretCounts", facts.secrets)
  end)

  it("a mistake and a row of what a policy shows", function()
    declares("cards.Mistake", cards.define.check({})[1])
    declares("cards.ExplainedField", cards.mask.explain(cards.mask.policies.support)[1])
  end)

  it("a neutral record", function()
    local fields = names_of(require "cards.card.neutral")
    fields.close = true
    declares("cards.Card", fields)
    fields.close = nil
    has_fields("cards.Rules", fields)
    declares("cards.Billing", require "cards.card.neutral".billing)
    declares("cards.BillingRules", require "cards.card.neutral".billing)
  end)

  it("a call that a test's client got", function()
    local alix = testing.client("alix", { private_info = {} })
    alix:private_info("c_1", { timeout = 1 })
    declares("cards.testing.Call", alix.calls[1])
  end)
end)

--- The classes of a record's fields, by the name of a class: { [field] = type or class }.
local function fits(class, fields)
  local tree, own = {}, reader.fields(declared, class)
  for path, kind in pairs(fields) do
    local first, rest = path:match "^([^.]+)%.?(.*)$"
    tree[first] = tree[first] or {}
    tree[first][rest] = kind
  end
  assert.equal("", missing(tree, own), class)
  assert.equal("", missing(own, tree), class)
  local types = { pan = "cards.Secret", cvv = "cards.Secret", token = "cards.Secret", secret = "cards.Secret", timestamp = "string|number" }
  for name, below in pairs(tree) do
    local kind = below[""]
    assert.is_true(own[name].optional, class .. "." .. name)
    if kind then
      assert.equal(types[kind] or kind, own[name].type, class .. "." .. name)
    else
      fits(own[name].type, below)
    end
  end
end

describe("library declares what the operations take and return:", function()
  for _, provider in ipairs(PROVIDERS) do
    for operation, about in pairs(cards.describe(provider)) do
      it(("%s.%s"):format(provider, operation), function()
        local call = declared.classes[("cards.%s.Client"):format(provider)].functions[operation]
        local record, given = call.returns[1].type:gsub("%?$", ""), call.params[1].type:match "[%w_.]+Parameters"
        fits(record, about.response.fields)
        local params = reader.fields(declared, given)
        assert.equal("", missing(about.params, params))
        assert.equal("", missing(params, about.params))
        for name, param in pairs(about.params) do
          if provider ~= "netxd" then -- whose `defaults` may have any of them
            assert.equal(param.required == true, not params[name].optional, name)
          end
          for word in pairs(param.enum and reader.words(table.concat(param.enum, " "):gsub("%S+", '"%0"')) or {}) do
            assert.is_true(reader.words(params[name].type)[word], word)
          end
        end
      end)
    end
  end
end)

--- What no example has.
local rare = cards.define {
  name = "library_rare", base_url = "https://rare.example", rate = { 600, per = 60 }, credentials = { key = { type = "pem" } },
  auth = { type = "oauth2", url = "https://id.rare.example", credential = { "id", "secret" } },
  settings = { version = { allow_pan = true, wire = "X-Version" } },
  operations = {
    show = {
      path = "/cards/{id}", empty = true, params = { id = { allow_pan = true } }, retry = { header = "X-Retry", after = "X-After" },
      response = { decrypt = { type = "jwe", alg = "RSA-OAEP-256", enc = "A256GCM", key = "key", json = true }, fields = { id = "string" } },
    },
  },
}

--- All descriptions of operations: those that are built in, those of the examples, and the rare one.
local function descriptions()
  local list = {}
  local function add(of)
    for _, about in pairs(cards.describe(of)) do
      table.insert(list, about)
    end
  end
  for _, provider in ipairs(PROVIDERS) do
    add(provider)
  end
  add(rare)
  local pipe = assert(io.popen "ls examples/providers/*.lua")
  for path in pipe:lines() do
    add((assert(cards.load(path))))
  end
  pipe:close()
  return list
end

describe("library declares what cards.describe returns:", function()
  local all = descriptions()

  --- By class the tables that are one.
  local places = {
    ["cards.Description"] = function(about) return { about } end,
    ["cards.DescribedParam"] = function(about) return about.params end,
    ["cards.DescribedAuth"] = function(about) return about.auth end,
    ["cards.DescribedSetting"] = function(about) return about.settings end,
    ["cards.DescribedResponse"] = function(about) return { about.response } end,
    ["cards.DescribedDecrypt"] = function(about) return about.response.decrypt or {} end,
    ["cards.DescribedError"] = function(about) return { about.error } end,
    ["cards.DescribedRetry"] = function(about) return { about.retry } end,
  }
  for class, find in pairs(places) do
    it(class, function()
      local found = {}
      for _, about in ipairs(all) do
        for _, one in pairs(find(about)) do
          has_fields(class, one)
          found = names_of(found, one)
        end
      end
      assert.equal("", missing(reader.fields(declared, class), found), class .. " declares what none has")
    end)
  end
end)
