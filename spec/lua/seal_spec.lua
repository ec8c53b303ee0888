--- core.seal and core.unseal: secrets in a shape that may lie in shared memory.

local cards = require "cards"
local core = require "cards.core"
local program = require "support.program"

describe("a sealed secret", function()
  it("is the secret again, with its class", function()
    for _, class in ipairs { "pan", "cvv", "token", "credential", "undeclared" } do
      for _, text in ipairs { "", "x", "a\0b", ("long"):rep(10000) } do
        local secret = core.unseal(core.seal(cards.secret(text, class), "context"), "context")
        assert.equal(text, secret:reveal())
        assert.equal(class, secret.class)
      end
    end
  end)

  it("shows nothing of itself, and is another text each time", function()
    local secret, seen = cards.secret "a-token-that-is-long-enough", {}
    for _ = 1, 100 do
      local sealed = core.seal(secret, "c")
      assert.is_nil(sealed:find("token", 1, true))
      assert.is_nil(seen[sealed])
      seen[sealed] = true
    end
  end)

  it("opens for its context only, and only as it is", function()
    local sealed = core.seal(cards.secret "token", "context")
    for _, context in ipairs { "", "contex", "contextt", "Context" } do assert.is_nil((core.unseal(sealed, context))) end
    for i = 1, #sealed do
      local changed = sealed:sub(1, i - 1) .. string.char((sealed:byte(i) + 1) % 256) .. sealed:sub(i + 1)
      local secret, why = core.unseal(changed, "context")
      assert.is_nil(secret)
      assert.matches("another process, for something else, or is damaged", why)
      assert.is_nil((core.unseal(sealed:sub(1, i - 1), "context")))
    end
    assert.is_nil((core.unseal(sealed .. "x", "context")))
    assert.equal("token", core.unseal(sealed, "context"):reveal())
    assert.is_nil((core.unseal(("x"):rep(100000), "context")))
  end)

  it("does not open in another program", function()
    local sealed = core.seal(cards.secret "token", "c")
    local hex = sealed:gsub(".", function(c) return ("%02x"):format(c:byte()) end)
    local output, status = program.run(([[
      local sealed = ("%s"):gsub("%%x%%x", function(two) return string.char(tonumber(two, 16)) end)
      print(require "cards.core".unseal(sealed, "c"))
    ]]):format(hex))
    assert.equal(0, status, output)
    assert.matches("^nil\tit was sealed by another process", output)
  end)

  if program.lua == "luajit" then -- it can call libc's fork
    it("opens in a process that is forked once there is a key, and not where it is forked before", function()
      local output, status = program.run [[
        local ffi = require "ffi"
        ffi.cdef "int fork(void); int waitpid(int, int *, int); void _exit(int); int pipe(int *);"
        ffi.cdef "long read(int, void *, size_t); long write(int, const void *, size_t);"
        local core = require "cards.core"
        local function from_child(...)
          local ends, bytes = ffi.new "int[2]", ffi.new("char[100]")
          ffi.C.pipe(ends)
          if ffi.C.fork() == 0 then
            local sealed = core.seal(core.secret("a child's"), "c")
            ffi.C.write(ends[1], sealed, #sealed)
            ffi.C._exit(0)
          end
          local secret = core.unseal(ffi.string(bytes, ffi.C.read(ends[0], bytes, 100)), "c")
          ffi.C.waitpid(-1, nil, 0)
          return secret and secret:reveal() or "nothing"
        end
        print(from_child())
        core.prepare_seal()
        print(from_child())
      ]]
      assert.equal(0, status, output)
      assert.equal("nothing\na child's\n", output)
    end)
  end

  it("cannot be made of what is closed, too long, or no secret", function()
    local secret = cards.secret "x"
    secret:close()
    assert.is_false(pcall(core.seal, secret, "c"))
    assert.is_false(pcall(core.seal, "text", "c"))
    assert.is_false(pcall(core.seal, cards.secret(("x"):rep(70000)), "c"))
    assert.is_false(pcall(core.unseal, {}, "c"))
  end)
end)

it("core.random gives numbers below 1 that differ", function()
  local seen, sum = {}, 0
  for _ = 1, 1000 do
    local value = core.random()
    assert.is_true(value >= 0 and value < 1 and not seen[value])
    seen[value] = true
    sum = sum + value
  end
  assert.is_true(sum > 400 and sum < 600)
end)
