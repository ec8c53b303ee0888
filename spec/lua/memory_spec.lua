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

  it("refuses where nothing can be locked", function()
    local output = run("{}", "locked", { prefix = "prlimit --memlock=0 setpriv --bounding-set=-ipc_lock --inh-caps=-ipc_lock" })
    assert.matches('invalid_request\tmemory is "strict", and secrets are not protected: locked: ', output, 1, true)
    assert.matches("sent\t0", output, 1, true)
    assert.matches("record\n$", output)
  end)

  -- Lua cannot call libcurl without a library of its own; LuaJIT can.
  if program.lua == "luajit" then
    local FIRST = [[
      local ffi = require "ffi"
      ffi.cdef "int curl_global_init(long);"
      libcurl = ffi.load "libcurl.so.4" -- or the collector unloads it
      assert(libcurl.curl_global_init(3) == 0)
    ]]
    local BEFORE_IT = "another module initialised libcurl first, with memory that is not wiped, where a proxy's password leaves copies: "
      .. 'require "cards" before it'
    local KEY = [[{ base_url = sandbox.url "MTLS_URL" .. "/alix", tls = { ca_file = sandbox.url "CA_FILE", cert_file = sandbox.url "CLIENT_CERT",
      key_file = sandbox.url "CLIENT_KEY_ENCRYPTED", key_password = sandbox.url "CLIENT_KEY_PASSWORD" } }]]
    local PASSWORDS = {
      ["a proxy"] = [[{ proxy = { url = sandbox.url "PROXY_URL", user = "user", password = "word" } }]],
      ["a proxy, a secret"] = [[{ proxy = { url = sandbox.url "PROXY_URL", user = "user", password = cards.secret "word" } }]],
      ["a proxy, in its URL"] = [[{ proxy = sandbox.url "PROXY_URL":gsub("//", "//user:word@") }]],
    }

    it("lets calls through where another module has initialised libcurl first, which then sees no secret; cards.memory() says so", function()
      for _, overrides in ipairs { "{}", KEY, '{ proxy = sandbox.url "PROXY_URL" }', '{ proxy = { url = sandbox.url "PROXY_URL", user = "user" } }' } do
        assert.equal(("record\tnil\t%s\nrecord\n"):format(BEFORE_IT), run(overrides, "wiping", nil, FIRST))
      end
    end)

    for what, overrides in pairs(PASSWORDS) do
      it("refuses there who has a password of " .. what, function()
        local output = run(overrides, "wiping", nil, FIRST)
        assert.matches('invalid_request\tmemory is "strict", and secrets are not protected: wiping: ' .. BEFORE_IT, output, 1, true)
        assert.matches("sent\t0", output, 1, true)
        assert.matches("record\n$", output)
        assert.equal("record\tnil\tnil\nrecord\n", run(overrides, "wiping"))
      end)
    end
  end
end)
