--- cards.token_source whose token hosts share in a Redis.

local cards = require "cards"
local core = require "cards.core"
local fleet = require "support.fleet"
local program = require "support.program"
local redis = require "support.redis"
local remote = require "cards.resilience.remote"
local testing = require "cards.testing"

local server, said

setup(function() server, said = fleet.begin() end)
teardown(fleet.finish)

local names, fetched = 0, 0

local function new_name()
  names = names + 1
  return "source " .. names
end

--- A source of that name, as another host has it. Its tokens have numbers.
local function source(name, options, from)
  local made = { name = name, shared = (from or server).url "fleet", ttl = 100 }
  for key, value in pairs(options or {}) do made[key] = value end
  return cards.token_source(function()
    fetched = fetched + 1
    return cards.secret("planted-token-" .. fetched, "token")
  end, made)
end

--- The key of a name in Redis, for redis-cli.
local function key_of(name, from)
  return "'" .. remote.open((from or server).url "fleet"):key("token", name) .. "'"
end

--- Waits for a token until a deadline. Where Redis does not reply in half of the rest of that time, which may be short, the call is refused: this says nothing.
-- @return the kind of the error
local function wait_in_vain(name)
  for _ = 1, 10 do
    local value, err = cards.deadline(1, source(name, { on_loss = "refuse" }))
    assert.is_nil(value)
    if err.kind ~= "busy" then return err.kind end
  end
end

before_each(function() fetched = 0 end)

describe("a token that hosts share", function()
  it("is fetched once, and lives as long for all", function()
    local name = new_name()
    local one, other = source(name), source(name)
    assert.equal("planted-token-1", one():reveal())
    assert.equal("planted-token-1", other():reveal())
    assert.equal("token", other().class)
    assert.equal(1, fetched)
    assert.is_true(math.abs(other.ends - one.ends) < 10)
    assert.equal("planted-token-2", source(new_name())():reveal())
    assert.equal("planted-token-3", source(name, { shared = server.url "others" })():reveal())
    fleet.later(100000, function() -- a host whose clock says something else
      local late = source(name)
      assert.equal("planted-token-1", late():reveal())
      assert.is_true(late.ends - core.now() > 90 and late.ends - core.now() <= 100)
    end)
  end)

  it("is fetched by one of four processes while the others wait", function()
    local outputs = fleet.run(4, ([[
      local cards = require "cards"
      local source = cards.token_source(function()
        print "fetched"
        cards.sleep(0.3)
        return "planted"
      end, { name = "four", shared = %q })
      assert(source():reveal() == "planted")]]):format(server.url "fleet"))
    assert.equal("fetched\n", table.concat(outputs))
  end)

  it("is renewed once where a provider refuses it to several", function()
    local name = new_name()
    local one, other, third = source(name), source(name), source(name)
    local refused = one()
    other()
    third()
    assert.equal("planted-token-2", one:renew(refused):reveal())
    assert.equal("planted-token-2", other:renew("planted-token-1"):reveal())
    assert.equal("planted-token-2", third:renew(refused):reveal())
    assert.equal(2, fetched)
  end)

  it("is fetched ahead by one, before it ends", function()
    local name = new_name()
    local options = { ttl = 100, refresh_before = 50 }
    local one, other = source(name, options), source(name, options)
    one()
    other()
    fleet.later(60, function()
      one()
      assert.equal("planted-token-2", one():reveal())
      other()
      assert.equal("planted-token-2", other():reveal())
    end)
  end)

  it("has not failed where another host fetches it ahead", function()
    local name = new_name()
    local one = source(name, { refresh_before = 50 })
    one()
    local lock = key_of(name):sub(1, -2) .. ":lock'"
    server.cli(("SET %s another PX 60000"):format(lock))
    fleet.later(60, function()
      assert.equal("planted-token-1", one():reveal())
      assert.is_false(one:state().failed)
      server.cli("DEL " .. lock)
      one() -- which does not look again at once
      assert.equal(1, fetched)
    end)
    fleet.later(66, function()
      one()
      assert.equal("planted-token-2", one():reveal())
      assert.is_false(one:state().failed)
    end)
  end)

  it("is waited for while another host fetches it, and fetched once that is dead", function()
    local name = new_name()
    local key = key_of(name)
    server.cli(("SET %s:lock' dead PX 200"):format(key:sub(1, -2)))
    assert.equal("planted-token-1", source(name)():reveal())
    assert.equal("0", server.cli(("EXISTS %s:lock'"):format(key:sub(1, -2))))
    server.cli(("SET %s:lock' another PX 60000"):format(key:sub(1, -2)))
    assert.equal("planted-token-1", source(name)():reveal()) -- which needs no lock
    server.cli("DEL " .. key)
    assert.equal("timeout", wait_in_vain(name))
    assert.equal(1, fetched)
  end)

  it("is fetched by the next one where a deadline ended the fetch, and shared where the token came with it", function()
    local clock
    finally(function() clock:stop() end)
    for _, given in ipairs { "nothing", "planted-late" } do
      local name = new_name()
      clock = testing.clock()
      local late = cards.token_source(function()
        local slept, err = cards.sleep(100)
        assert(not slept)
        return given == "planted-late" and given or nil, err
      end, { name = name, shared = server.url "fleet", ttl = 100 })
      cards.deadline(50, late)
      clock:stop()
      local began = core.now()
      assert.equal(given == "nothing" and "planted-token-1" or given, source(name)():reveal())
      assert.is_true(core.now() - began < 10) -- a lock lasts for 15
    end
  end)

  it("is fetched at once by the process in which a fetch was given up", function()
    local fetches, attempts, name = 0, 0, new_name()
    local given_up = cards.token_source(function()
      fetches = fetches + 1
      if fetches == 1 then cards.sleep(100) end
      return "planted-" .. fetches, 100
    end, { name = name, shared = server.url "fleet" })
    local function first()
      attempts = attempts + 1
      if attempts == 1 then return given_up() end
      program.wait_for("the fetch", function() return fetches > 0 end, cards.sleep)
      return "another"
    end
    assert.equal("another", cards.hedge(first, { after = 0.1 }))
    local began = core.now()
    assert.equal("planted-2", given_up():reveal())
    assert.equal("planted-2", source(name)():reveal())
    assert.is_true(core.now() - began < 10)
  end)

  it("is not waited for longer where the clock of Redis was set back, or a lock has no end", function()
    for _, ends in ipairs { "PX 3600000", "" } do
      local name = new_name()
      local lock = ("%s:lock'"):format(key_of(name):sub(1, -2))
      server.cli(("SET %s dead %s"):format(lock, ends))
      assert.equal("timeout", wait_in_vain(name))
      local left = tonumber(server.cli("PTTL " .. lock))
      assert.is_true(left > 0 and left <= 15000, left)
    end
    assert.equal(0, fetched)
  end)

  it("that never ends, as its function says, is shared like another", function()
    for _, seconds in ipairs { math.huge, 1e300 } do
      local name, made = new_name(), { shared = server.url "fleet" }
      made.name = name
      local value = cards.token_source(function() return "planted-without-end", seconds end, made)():reveal()
      assert.equal(value, source(name)():reveal())
      assert.equal("0", server.cli(("EXISTS %s:lock'"):format(key_of(name):sub(1, -2))))
    end
    assert.equal(0, fetched)
  end)

  it("leaves the lock to others where it cannot be fetched", function()
    local name = new_name()
    local function refused() return nil, core.error { kind = "auth", message = "made up" } end
    local failing = cards.token_source(refused, { name = name, shared = server.url "fleet" })
    assert.equal("auth", select(2, failing()).kind)
    local closed = cards.secret "planted-closed"
    closed:close()
    local err = select(2, cards.token_source(function() return closed end, { name = name, shared = server.url "fleet" })())
    assert.equal("cards.token_source: auth: the function gave a secret that is closed", tostring(err))
    assert.equal("planted-token-1", source(name)():reveal())
  end)

  it("lies in Redis sealed, for its name and time only, and expires", function()
    local name, listed = "name of the planted provider", program.file ""
    program.shell(("timeout 20 redis-cli -p %d MONITOR >%s 2>&1 & echo"):format(server.port, listed))
    program.wait_for("the monitor", function() return io.open(listed):read "*l" == "OK" end)
    local one = source(name)
    one()
    one:renew(one())
    source(name)()
    server.cli "SET over 1"
    program.wait_for("all of it", function() return io.open(listed):read "*a":find '"over"' end)
    local key = key_of(name)
    local all = io.open(listed):read "*a" .. server.cli "--scan" .. server.cli("GET " .. key) .. server.cli("DUMP " .. key)
    os.remove(listed)
    assert.is_truthy(all:find "cards:{fleet}:token:")
    for _, word in ipairs { "planted", "provider", fleet.KEY } do assert.is_nil(all:find(word, 1, true), word) end
    local life = tonumber(server.cli("PTTL " .. key))
    assert.is_true(life > 90000 and life <= 100000)

    local version, ends, sealed = server.cli("GET " .. key):match "^(%d):(%d+):([%w_-]+)$"
    assert.equal("1", version)
    for _, value in ipairs { ("1:%d:%s"):format(ends + 1e6, sealed), "1:" .. ends .. ":x", ("1:%s:%sA"):format(ends, sealed) } do
      local before = fetched
      server.cli(("SET %s %s"):format(key, value))
      source(name)()
      assert.equal(before + 1, fetched)
    end
    local other, before = new_name(), fetched
    server.cli(("COPY %s %s"):format(key, key_of(other)))
    source(other)()
    assert.equal(before + 1, fetched)
  end)
end)

describe("without its Redis a token", function()
  it("is fetched by each process, or not at all, and one that is valid stays", function()
    local own = redis.start()
    local name = new_name()
    local one, refusing = source(name, nil, own), source(name, { on_loss = "refuse" }, own)
    assert.equal("planted-token-1", one():reveal())
    assert.equal("planted-token-1", refusing():reveal())
    own.kill()
    assert.equal("planted-token-1", refusing():reveal())
    local value, err = refusing:renew "planted-token-1"
    assert.is_nil(value)
    assert.equal("busy", err.kind)
    assert.is_true(err.retryable)
    assert.matches("^cards.token_source: busy: .*cannot be had, without which nothing is called", tostring(err))
    assert.equal(1, fetched)
    assert.equal("planted-token-2", one:renew("planted-token-1"):reveal())
    assert.equal("planted-token-3", source(name, nil, own)():reveal())
    own.run() -- with nothing of what it had
    local back = source(name, { on_loss = "refuse" }, own)
    program.wait_for("Redis to be back", back)
    assert.equal("planted-token-4", refusing:renew("planted-token-1"):reveal())
    local about = {}
    for _, text in ipairs(said) do about[#about + 1] = text:find(":" .. own.port .. "/", 1, true) and text or nil end
    assert.equal(2, #about)
    own.stop()
  end)

  it("is used by who fetched it where Redis is full", function()
    local own = redis.start { memory = "3mb" }
    for i = 1, 3 do own.cli(("SETRANGE filler%d 1000000 x"):format(i)) end
    assert.equal("planted-token-1", source(new_name(), nil, own)():reveal())
    assert.equal("busy", select(2, source(new_name(), { on_loss = "refuse" }, own)()).kind)
    own.stop()
  end)

  it("of another version does as on_loss says", function()
    local name = new_name()
    server.cli(("SET %s 2:soon"):format(key_of(name)))
    assert.equal("planted-token-1", source(name)():reveal())
    assert.equal("busy", select(2, source(name, { on_loss = "refuse" })()).kind)
  end)
end)
