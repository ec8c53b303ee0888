--- The end of a secret: closed, collected, and the room that it took.

local cards = require "cards"
local core = require "cards.core"
local program = require "support.program"

--- How many secrets are open when nothing is left to collect: a finalizer may let go of what only the next round finds.
local function open()
  local before
  local now = cards.memory().open
  repeat
    before = now
    collectgarbage()
    collectgarbage()
    now = cards.memory().open
  until now == before
  return now
end

local function raises_closed(f, ...)
  local ok, message = pcall(f, ...)
  assert.is_false(ok)
  assert.matches("closed", tostring(message), 1, true)
end

describe("s:close()", function()
  it("may be said twice", function()
    local secret = cards.secret "x"
    secret:close()
    secret:close()
  end)

  it("makes every later use an error that says so", function()
    local secret, other = cards.secret("4111111111111111", "pan"), cards.secret "x"
    secret:close()
    for _, method in ipairs { "reveal", "mask", "digits", "luhn" } do
      raises_closed(secret[method], secret)
    end
    raises_closed(secret.first, secret, 1)
    raises_closed(secret.last, secret, 1)
    raises_closed(secret.equals, secret, "x")
    raises_closed(other.equals, other, secret)
    raises_closed(core.hash, secret, "x")
    raises_closed(core.hash, "x", secret)
    raises_closed(core.hmac, secret, "hex", "x")
    raises_closed(core.hmac, "x", "hex", "x", secret)
    raises_closed(function() return #secret end)
  end)

  it("leaves something to print", function()
    local secret = cards.secret("4111111111111111", "pan")
    secret:close()
    assert.equal("*** (closed)", tostring(secret))
    assert.equal("card *** (closed)", "card " .. secret)
    assert.equal("pan", secret.class)
    assert.equal("closed", secret.state)
  end)

  it("makes calls fail that use it, as parameter, credential or header, naming it", function()
    local closed = cards.secret "value"
    closed:close()
    local config = { base_url = "https://localhost:1", access_token = "t", retries = 0 }
    local client = cards.alix.new(config)
    local record, err = client:private_info { card_id = closed }
    assert.is_nil(record)
    assert.equal("invalid_request", err.kind)
    assert.matches("card_id is a secret that is closed", err.message, 1, true)
    record, err = client:private_info("c_1", { headers = { ["X-Key"] = closed } })
    assert.is_nil(record)
    assert.matches("X-Key is a secret that is closed", err.message, 1, true)
    config.access_token = closed
    raises_closed(cards.alix.new, config)
    config.access_token = cards.secret "later"
    client = cards.alix.new(config)
    config.access_token:close()
    record, err = client:private_info "c_1"
    assert.is_nil(record)
    assert.equal("invalid_request", err.kind)
    assert.matches("access_token is a secret that is closed", err.message, 1, true)
  end)
end)

describe("cards.memory()", function()
  it("counts the secrets that are open", function()
    local before = open()
    local kept = {}
    for i = 1, 100 do
      kept[i] = cards.secret("secret " .. i)
    end
    assert.equal(before + 100, open())
    kept[1]:close()
    kept[1]:close()
    assert.equal(before + 99, open())
    kept = { kept[100] }
    assert.equal(before + 1, open())
    kept[1]:close()
    assert.equal(before, open())
  end)

  it("counts bytes, too: they go up and down again", function()
    open()
    local before = cards.memory().used
    local secret = cards.secret(("x"):rep(5000))
    assert.is_true(cards.memory().used >= before + 5000)
    assert.is_true(cards.memory().committed >= cards.memory().used)
    secret:close()
    assert.equal(before, cards.memory().used)
  end)

  it("says what is active, or why it is not", function()
    local memory = cards.memory()
    for _, fact in ipairs { "wiping", "cleanse", "locked", "dump_excluded", "wiped_on_fork" } do
      assert.is_boolean(memory[fact])
      assert.equal(memory[fact] and "nil" or "string", type(memory.why[fact]), fact)
    end
    assert.is_true(memory.wiping)
    assert.is_true(memory.cleanse)
    assert.is_true(memory.dump_excluded)
    assert.is_true(memory.wiped_on_fork)
  end)
end)

describe("a secret that nobody holds", function()
  it("is wiped when it is collected", function()
    local before = open()
    for i = 1, 1000 do
      assert(cards.secret("leaked " .. i))
    end
    assert.equal(before, open())
  end)

  it("is wiped with a record that holds it, and with a client", function()
    local sandbox = require "support.sandbox"
    local before = open()
    local function use() -- in a coroutine: what is left on a stack is not garbage
      local client = cards.alix.new(sandbox.config "alix")
      local record = assert(client:private_info(sandbox.unique_id "gc"))
      assert.equal(before + 3, open())
      assert.is_userdata(record.cvv)
      assert.is_truthy(client)
    end
    coroutine.wrap(use)()
    assert.equal(before, open())
  end)
end)

describe("a secret in a local that is closed at the end of its block", function()
  if program.lua ~= "5.4" then
    pending("Lua " .. program.lua .. " has no such variables")
    return
  end

  it("is closed there, also when an error leaves the block", function()
    local output = program.run [[
      local cards = require "cards"
      local kept
      do
        local secret <close> = cards.secret "x"
        kept = secret
        print(#kept)
      end
      print(pcall(kept.reveal, kept))
      local ok = pcall(function()
        local secret <close> = cards.secret "y"
        kept = secret
        error "out"
      end)
      print(ok, kept)
    ]]
    local lines = {}
    for line in output:gmatch "[^\n]+" do
      lines[#lines + 1] = line
    end
    assert.equal("1", lines[1])
    assert.matches("^false\t.*closed", lines[2])
    assert.equal("false\t*** (closed)", lines[3])
  end)
end)

describe("a secret at the end of the program", function()
  it("does no harm, open or in use", function()
    local output, status = program.run [[
      local cards = require "cards"
      kept = cards.secret "x"
      setmetatable({}, { __gc = function() print(pcall(kept.reveal, kept)) end })
      client = cards.alix.new { base_url = "https://localhost:1", access_token = kept }
      print "end"
    ]]
    assert.matches("^end\n", output)
    assert.equal(0, status)
  end)
end)

if program.lua == "luajit" then -- it can call libc's fork
  describe("a secret in a forked process", function()
    it("says so when it is used", function()
      local output, status = program.run [[
        local ffi, cards = require "ffi", require "cards"
        ffi.cdef "int fork(void); int waitpid(int, int *, int);"
        local token = cards.secret "t"
        local child = ffi.C.fork()
        if child > 0 then return ffi.C.waitpid(child, nil, 0) end
        print(token.state, select(2, pcall(cards.alix.new, { base_url = "https://localhost:1", access_token = token })))
        print(select(2, pcall(require "cards.core".hash, "key", token)))
      ]]
      assert.equal(0, status, output)
      assert.matches("forked\tcards.alix.new: access_token is a secret that was made before this process was forked", output, 1, true)
      assert.matches("(the secret was made before this process was forked)", output, 1, true)
    end)
  end)
end
