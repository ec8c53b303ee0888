--- core.shared_key, core.name_with, core.seal_with and core.unseal_with: names and secrets for all hosts that have one key.

local cards = require "cards"
local core = require "cards.core"
local program = require "support.program"

local DAMAGED = "another key, for something else, or is damaged"

local function key_of(text)
  return core.shared_key(cards.secret(text))
end

local key = key_of "a key of a fleet"

describe("a key that hosts share", function()
  it("is made of a secret with 16 to 4096 bytes", function()
    assert.truthy(key_of(("k"):rep(16)))
    assert.truthy(key_of(("k"):rep(4096)))
    for _, length in ipairs { 0, 15, 4097 } do
      local made, why = key_of(("k"):rep(length))
      assert.is_nil(made)
      assert.equal("a key that hosts share has 16 to 4096 bytes", why)
    end
    local closed = cards.secret "a key of a fleet"
    closed:close()
    assert.is_false(pcall(core.shared_key, closed))
    assert.is_false(pcall(core.shared_key, "a key of a fleet"))
  end)

  it("outlives the secret, and shows nothing of it", function()
    local secret = cards.secret "a key of a fleet"
    local made = core.shared_key(secret)
    secret:close()
    assert.equal(core.name_with(key, "x"), core.name_with(made, "x"))
    assert.is_nil(tostring(made):find "fleet")
    assert.is_false(pcall(function() return made.bytes end))
  end)

  it("is no secret, and a secret is no such key", function()
    local secret = cards.secret(("k"):rep(64))
    for _, other in ipairs { secret, "a key of a fleet", {}, 1, io.stdout } do
      assert.is_false(pcall(core.name_with, other, "x"))
      assert.is_false(pcall(core.seal_with, other, "x", "c"))
      assert.is_false(pcall(core.unseal_with, other, "x", "c"))
    end
    assert.is_false(pcall(core.seal_with, key, key, "c"))
    assert.is_false(pcall(core.seal, key, "c"))
  end)

  if program.lua == "luajit" then -- it can call libc's fork
    it("is gone in a process that is forked later", function()
      local output, status = program.run [[
        local ffi = require "ffi"
        ffi.cdef "int fork(void); int waitpid(int, int *, int); void _exit(int);"
        local core = require "cards.core"
        local key = core.shared_key(core.secret "a key of a fleet")
        if ffi.C.fork() == 0 then
          print(pcall(core.name_with, key, "x"))
          io.flush()
          ffi.C._exit(0)
        end
        ffi.C.waitpid(-1, nil, 0)
        print(#core.name_with(key, "x"))
      ]]
      assert.equal(0, status, output)
      assert.matches("^false\t.*the key was made before this process was forked%)\n64\n$", output)
    end)
  end
end)

describe("a name under a key that hosts share", function()
  -- By Node: HMAC-SHA-256 under hkdfSync("sha256", key, "cards", "cards names 1", 32) of the first 32 digits of HMAC-SHA-256 under "cards".
  it("is what another program makes of it", function()
    assert.equal("2f256187a17451811a3ae1dc96030f7f21891378abaa6bb118ef3787c9cc2226", core.name_with(key, "client 1"))
    assert.equal(core.name_with(key, "client 1"), core.name_with(key, cards.secret "client 1"))
  end)

  it("is another one for another text or key, and the same for the digits of a card number", function()
    assert.are_not.equal(core.name_with(key, "a"), core.name_with(key, "b"))
    assert.are_not.equal(core.name_with(key, "a"), core.name_with(key_of "another key of a fleet", "a"))
    assert.are_not.equal(core.name_with(key, "a"), core.shared_name "a")
    assert.equal(core.name_with(key, "4111111111111111"), core.name_with(key, cards.secret("4111 1111 1111 1111", "pan")))
    assert.equal(core.name_with(key, "12"), core.name_with(key, 12))
    assert.is_false(pcall(core.name_with, key, {}))
  end)
end)

describe("a secret that is sealed for other hosts", function()
  it("is a text for JSON, and the secret again, with its class", function()
    for _, class in ipairs { "pan", "cvv", "token", "credential", "undeclared" } do
      for _, text in ipairs { "", "x", "a\0b", ("long"):rep(16384) } do
        local sealed = core.seal_with(key, cards.secret(text, class), "context")
        assert.matches("^[%w_-]+$", sealed)
        local secret = core.unseal_with(key_of "a key of a fleet", sealed, "context")
        assert.equal(text, secret:reveal())
        assert.equal(class, secret.class)
        secret:close()
      end
    end
  end)

  it("is an undeclared secret where it was a string", function()
    local secret = core.unseal_with(key, core.seal_with(key, "c_1", ""), "")
    assert.equal("c_1", secret:reveal())
    assert.equal("undeclared", secret.class)
  end)

  -- By Node: AES-256-GCM under hkdfSync("sha256", key, "cards", "cards seals 1", 32), authenticated: the first two bytes and the context.
  it("opens where another program has sealed it", function()
    local secret = core.unseal_with(key, "AQIAAQIDBAUGBwgJCguacylXvlFgwN073s345GiSPYqcgNUv2A", "a name 1.5")
    assert.equal("a token", secret:reveal())
    assert.equal("token", secret.class)
  end)

  it("shows nothing of itself, and is another text each time", function()
    local seen = {}
    for _ = 1, 100 do
      local sealed = core.seal_with(key, "a-token-that-is-long-enough", "c")
      assert.is_nil(seen[sealed])
      seen[sealed] = true
    end
  end)

  it("opens for its context and key only, and only as it is", function()
    local sealed = core.seal_with(key, cards.secret "token", "context")
    local function refuses(text, context, with)
      local secret, why = core.unseal_with(with or key, text, context or "context")
      assert.is_nil(secret)
      assert.truthy(why:find(DAMAGED, 1, true) or why == "it is no base64url" or why == "it is too long", why)
    end
    for _, context in ipairs { "", "contex", "contextt", "Context", ("c"):rep(5000) } do refuses(sealed, context) end
    refuses(sealed, nil, key_of "another key of a fleet")
    for i = 1, #sealed do
      local other = sealed:sub(i, i) == "A" and "B" or "A"
      refuses(sealed:sub(1, i - 1) .. other .. sealed:sub(i + 1))
      refuses(sealed:sub(1, i - 1))
    end
    refuses(sealed .. "AAAA")
    refuses(sealed .. "!")
    refuses(("A"):rep(87425))
    refuses(("A"):rep(100000))
    assert.equal("token", core.unseal_with(key, sealed, "context"):reveal())
  end)

  it("cannot be made of what is closed, too long, or no text", function()
    local secret = cards.secret "x"
    secret:close()
    assert.is_false(pcall(core.seal_with, key, secret, "c"))
    assert.is_false(pcall(core.seal_with, key, 1, "c"))
    assert.same({ nil, "it is longer than 65536 bytes" }, { core.seal_with(key, ("x"):rep(65537), "c") })
    assert.is_false(pcall(core.seal_with, key, "x", ("c"):rep(4097)))
    assert.is_false(pcall(core.unseal_with, key, {}, "c"))
  end)
end)
