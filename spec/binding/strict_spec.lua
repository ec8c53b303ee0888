--- cards.memory() and cards.configure { memory = "strict" }, each in a process of its own, as they are about the process.

local program = require "support.program"

local CALL = [[
  local cards, sandbox = require "cards", require "support.sandbox"
  cards.configure { memory = "strict" }
  local record, err = cards.alix.new(sandbox.config("alix", %s)):private_info "c_1"
  print(record and "record" or err.kind, err and err.message, cards.memory().why.%s)
  if err then print("sent", err.attempts) end
  cards.configure { memory = "best" }
  print((cards.alix.new(sandbox.config("alix", %s)):private_info "c_1") and "record")
]]

local function run(overrides, fact, options, before)
  local output, status = program.run((before or "") .. CALL:format(overrides, fact, overrides), options)
  assert.equal(0, status, output)
  return output
end

describe('memory = "strict"', function()
  it("lets calls through where everything is protected", function()
    assert.equal("record\tnil\tnil\nrecord\n", run("{}", "locked"))
  end)

  it("refuses HTTP/2, which keeps copies", function()
    local output = run('{ http_version = "2" }', "locked")
    assert.matches('invalid_request\tmemory is "strict", and secrets are not protected: http_version: HTTP/2 keeps copies', output, 1, true)
    assert.matches("sent\t0", output, 1, true)
    assert.matches("record\n$", output)
  end)

  it("refuses where nothing can be locked", function()
    local output = run("{}", "locked", { prefix = "prlimit --memlock=0 setpriv --bounding-set=-ipc_lock --inh-caps=-ipc_lock" })
    assert.matches('invalid_request\tmemory is "strict", and secrets are not protected: locked: ', output, 1, true)
    assert.matches("sent\t0", output, 1, true)
    assert.matches("record\n$", output)
  end)

  -- Lua cannot call libcurl without a library of its own; LuaJIT can.
  if program.lua == "luajit" then
    it("refuses where another module has initialised libcurl first, and cards.memory() says so", function()
      local output = run("{}", "wiping", nil, [[
        local ffi = require "ffi"
        ffi.cdef "int curl_global_init(long);"
        assert(ffi.load("libcurl.so.4").curl_global_init(3) == 0)
      ]])
      assert.matches("secrets are not protected: wiping: another module initialised libcurl first", output, 1, true)
      assert.matches("sent\t0", output, 1, true)
      assert.matches('require "cards" before it', output, 1, true)
      assert.matches("record\n$", output)
    end)
  end
end)
