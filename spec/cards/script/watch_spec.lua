--- cards.watch: a file that is read again.

local cards = require "cards"
local core = require "cards.core"
local program = require "support.program"

local path, now, real_now

local function write(text)
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
end

-- Time goes as the spec says.
before_each(function()
  path, now, real_now = program.file "return { exp_year = keep }", 100, core.now
  core.now = function() return now end
end)

after_each(function()
  core.now = real_now
  os.remove(path)
end)

describe("cards.watch", function()
  it("is called as the policy is, and picks an edit up after the interval", function()
    local show = assert(cards.watch(path))
    local card = { exp_year = 2027, status = "open" }
    assert.same({ exp_year = 2027, status = "***" }, show(card))
    local former = show.current
    write "return { status = keep }"
    assert.same({ exp_year = 2027, status = "***" }, show(card))
    now = now + 1
    assert.same({ exp_year = "***", status = "open" }, show(card))
    assert.not_equal(former, show.current)
    assert.same({ exp_year = 2027, status = "***" }, former(card))
  end)

  it("reads the file once for a look", function()
    local reads, real = 0, core.read_file
    finally(function() core.read_file = real end)
    core.read_file = function(...)
      reads = reads + 1
      return real(...)
    end
    local show = assert(cards.watch(path))
    assert.equal(1, reads)
    write "return { status = keep }"
    now = now + 1
    assert.equal("open", show({ status = "open" }).status)
    assert.equal(2, reads)
  end)

  it("keeps the former version where an edit is broken, and says so once", function()
    local errors = {}
    local show = assert(cards.watch(path, { interval = 5, on_error = function(err) table.insert(errors, err) end }))
    write "return { exp_year = keep, cvv = keep }"
    for _ = 1, 3 do
      now = now + 5
      assert.equal(2027, show({ exp_year = 2027 }).exp_year)
    end
    assert.equal(1, #errors)
    assert.truthy(errors[1].message:find(path .. ":1: ", 1, true))
    os.remove(path)
    now = now + 5
    assert.equal(2027, show({ exp_year = 2027 }).exp_year)
    assert.equal(2, #errors)
    write "return { exp_year = hide }"
    now = now + 5
    assert.equal("***", show({ exp_year = 2027 }).exp_year)
    assert.equal(2, #errors)
  end)

  it("keeps the former version where the file becomes one of another kind", function()
    local errors = {}
    local show = assert(cards.watch(path, { on_error = function(err) table.insert(errors, err) end }))
    local card = cards.card(setmetatable({ expYear = "27" }, { __metatable = "alix.private_info" }))
    write "return { ['alix.private_info'] = { status = 'expYear' } }"
    now = now + 1
    assert.equal(2027, show({ exp_year = 2027 }).exp_year)
    assert.equal(path .. ": it was a policy and is a mapping now", errors[1].message)
    assert.same(card, cards.card(setmetatable({ expYear = "27" }, { __metatable = "alix.private_info" })))
  end)

  it("tells standard error where nobody else wants to know, and survives a listener that fails", function()
    local output, status = program.run(([[
      local core, now = require "cards.core", 0
      core.now = function() return now end
      local cards = require "cards"
      local function write(text) local file = io.open(%q, "wb") file:write(text) file:close() end
      local show = assert(cards.watch(%q))
      local other = assert(cards.watch(%q, { on_error = function() error "listener" end }))
      write "return {"
      for i = 1, 3 do now = i * 2 show {} other {} end
    ]]):format(path, path, path))
    assert.equal(0, status, output)
    assert.equal(1, select(2, output:gsub("the former version stays in use", "")))
    assert.equal(1, select(2, output:gsub("on_error failed: [^\n]*listener", "")))
  end)

  it("gives the module of a definition, and defines mappings anew", function()
    local function definition(address)
      return ("return { name = 'watched', base_url = 'https://%s.example', auth = { type = 'bearer', credential = 'token' }, "
        .. "operations = { show = { path = '/c', response = { fields = { id = 'string' } } } } }"):format(address)
    end
    write(definition "a")
    local watched = assert(cards.watch(path))
    local module = watched.current
    assert.equal("watched", module.provider)
    write(definition "b")
    now = now + 1
    assert.not_equal(module, watched.current)
    write "return { ['watched.show'] = { id = 'id' } }"
    local mapping = assert(cards.watch(path))
    assert.is_true(mapping.current)
    local record = setmetatable({ id = "c_1" }, { __metatable = "watched.show" })
    assert.equal("c_1", cards.card(record).id)
    write "return { ['watched.show'] = { status = 'id' } }"
    now = now + 1
    assert.is_true(mapping.current)
    assert.is_nil(cards.card(record).id)
  end)

  it("refuses a file that cannot be loaded, and misuse", function()
    write "return {"
    local watcher, err = cards.watch(path)
    assert.is_nil(watcher)
    assert.equal("invalid_request", err.kind)
    for _, wrong in ipairs { { nil }, { path, { intervl = 1 } }, { path, { interval = -1 } }, { path, { on_error = 5 } }, { path, 5 } } do
      local ok, message = pcall(function() cards.watch(wrong[1], wrong[2]) end)
      assert.is_false(ok)
      assert.matches("watch_spec.lua:%d+: cards.watch: ", message)
    end
    write "return { exp_year = keep }"
    watcher = assert(cards.watch(path))
    assert.has_error(function() watcher.current = 1 end)
    assert.equal("cards.watch", getmetatable(watcher))
  end)
end)

--- A record as an operation returns it, without a call.
local function record_of(name, fields)
  return setmetatable(fields, { __metatable = name })
end

describe("mappings that are watched", function()
  local provider = "watched_mapping"

  setup(function()
    cards.define { name = provider, base_url = "https://a.example",
      operations = { show = { path = "/c", response = { fields = { id = "string", state = "string", pan = "pan" } } },
        other = { path = "/o", response = { fields = { id = "string" } } } } }
  end)

  local function mapping(field, path_of_field)
    return ("return { ['%s.show'] = { %s = '%s' } }"):format(provider, field, path_of_field)
  end

  local function card(fields)
    return assert(cards.card(record_of(provider .. ".show", fields or { id = "c_1", state = "open" })))
  end

  it("are taken up by cards.card, without their watcher", function()
    write(mapping("id", "id"))
    assert(cards.watch(path))
    collectgarbage()
    assert.same({ provider = provider, id = "c_1" }, card())
    write(mapping("status", "state"))
    assert.same({ provider = provider, id = "c_1" }, card())
    now = now + 1
    assert.same({ provider = provider, status = "open" }, card())
    write(mapping("status", "id"))
    now = now + 1
    assert.same({ provider = provider, status = "c_1" }, card())
    assert.equal(1, select("#", cards.card(record_of(provider .. ".show", { id = "c_1" })))) -- as encoders take it
  end)

  it("are read at most once per interval, and by no other record", function()
    local reads, real = 0, core.read_file
    finally(function() core.read_file = real end)
    core.read_file = function(...)
      reads = reads + 1
      return real(...)
    end
    write(mapping("id", "id"))
    assert(cards.watch(path))
    now = now + 1
    cards.card(record_of("alix.private_info", { expYear = "27" }))
    assert.equal(1, reads)
    for _ = 1, 5 do
      card()
    end
    assert.equal(2, reads)
  end)

  it("tell a broken edit when the next record is mapped, once, and stay as they were", function()
    local errors = {}
    write(mapping("id", "id"))
    assert(cards.watch(path, { on_error = function(err) table.insert(errors, err) end }))
    write(mapping("id", "idd"))
    now = now + 1
    for _ = 1, 3 do
      assert.equal("c_1", card().id)
      now = now + 1
    end
    assert.equal(1, #errors)
    assert.matches(path .. ":1: .*the record has no 'idd'", errors[1].message)
    write(mapping("id", "state"))
    now = now + 1
    assert.equal("open", card().id)
  end)

  it("can name another operation after an edit", function()
    write(mapping("id", "id"))
    assert(cards.watch(path))
    write(("return { ['%s.show'] = { id = 'id' }, ['%s.other'] = { status = 'id' } }"):format(provider, provider))
    now = now + 1
    card()
    assert.equal("c_2", cards.card(record_of(provider .. ".other", { id = "c_2" })).status)
    write(("return { ['%s.show'] = { id = 'id' }, ['%s.other'] = { brand = 'id' } }"):format(provider, provider))
    now = now + 1
    assert.equal("c_2", cards.card(record_of(provider .. ".other", { id = "c_2" })).brand)
  end)

  it("end where a program defines the mapping", function()
    write(mapping("id", "id"))
    assert(cards.watch(path))
    cards.map.define(provider .. ".show", { status = "state" })
    write(mapping("id", "state"))
    now = now + 1
    assert.same({ provider = provider, status = "open" }, card())
  end)

  it("explain what is absent, as others do", function()
    write(mapping("number", "pan"))
    assert(cards.watch(path))
    local neutral, reasons = cards.map.explain(record_of(provider .. ".show", { pan = "12" }))
    assert.is_nil(neutral.number)
    assert.matches("2 digits", reasons.number)
    write(mapping("number", "state"))
    now = now + 1
    assert.matches("no number", select(2, cards.map.explain(record_of(provider .. ".show", { state = true }))).number)
  end)

  it("wait for a provider that is defined later", function()
    write "return { ['watched_later.show'] = { id = 'id' } }"
    assert(cards.watch(path))
    local fields = { operations = { show = { path = "/c", response = { fields = { id = "string", state = "string" } } } }, name = "watched_later",
      base_url = "https://a.example" }
    cards.define(fields)
    assert.equal("c_1", cards.card(record_of("watched_later.show", { id = "c_1" })).id)
    write "return { ['watched_later.show'] = { id = 'state' } }"
    now = now + 1
    assert.equal("open", cards.card(record_of("watched_later.show", { id = "c_1", state = "open" })).id)
  end)
end)

describe("a definition that is watched", function()
  it("tells a broken edit when a client of it calls, once", function()
    local errors = {}
    local text = "return { name = 'watched_calls', base_url = 'https://127.0.0.1:1', "
      .. "operations = { show = { path = '/c/{id}', params = { id = { required = true } } } } }"
    write(text)
    local watcher = assert(cards.watch(path, { on_error = function(err) table.insert(errors, err) end }))
    local client = watcher.current.new {}
    write "return { operations = 5 }"
    now = now + 1
    for _ = 1, 2 do
      assert.equal("invalid_request", select(2, client:show {}).kind)
      now = now + 1
    end
    assert.equal(1, #errors)
    assert.matches(path .. ":1: ", errors[1].message, 1, true)
    write(text:gsub("'/c/", "'/d/"))
    now = now + 1
    client:start("show", {}):cancel()
    assert.equal(1, #errors)
    assert.equal("/d/{id}", cards.describe(watcher.current, "show").path)
  end)
end)

describe("a watcher", function()
  it("that cannot be called says what it is, and what to do with it", function()
    local function refused(pattern, call)
      local ok, message = pcall(call)
      assert.is_false(ok)
      assert.matches("watch_spec.lua:%d+: cards.watch: " .. pattern, message)
    end
    write "return { ['alix.private_info'] = { number = 'cardNo' } }"
    local mapping = assert(cards.watch(path))
    finally(function() cards.map.define("alix.private_info", { number = "cardNo", cvv = "cvv", exp_month = { "expMonth", cards.map.month },
      exp_year = { "expYear", cards.map.year } }) end)
    refused("%S+ cannot be called: it is mappings, which cards%.card uses by itself$", function() mapping {} end)
    assert.equal("cards.watch " .. path .. " (mapping)", tostring(mapping))
    write "return { name = 'watched_called', base_url = 'https://a.example', operations = { show = { path = '/c' } } }"
    local definition = assert(cards.watch(path))
    refused("%S+ cannot be called: it is a definition: its module is `current` of the watcher", function() definition { token = "x" } end)
    refused("%S+ is watched, and its watcher has `current` only: watcher%.current%.new$", function() definition.new { token = "x" } end)
    assert.is_nil(definition.provider)
    write "return { exp_year = keep }"
    local policy = assert(cards.watch(path))
    refused("%S+ is watched, and its watcher has `current` only: watcher%.current%.extend$", function() policy:extend {} end)
    assert.is_nil(policy.nothing)
    assert.is_nil(policy._x)
  end)
end)
