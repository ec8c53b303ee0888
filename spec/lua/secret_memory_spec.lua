--- Secrets where little memory may be locked, or none: processes of an ordinary user with a limit.

local program = require "support.program"
local sandbox = require "support.sandbox"

local _, not_root = program.shell 'test "$(id -u)" = 0'

--- The command that runs a program with this limit; root may lock what it likes, so it becomes nobody first.
local function limited(bytes)
  local user = not_root == 0 and "setpriv --reuid 65534 --clear-groups --bounding-set=-all --inh-caps=-all " or ""
  return ("prlimit --memlock=%d %s"):format(bytes, user)
end

local reason, failed = program.shell(limited(65536) .. os.getenv "LUA_BIN" .. " /dev/null")
if failed ~= 0 then
  describe("a limit of locked memory", function()
    pending("cannot be set here: " .. reason)
  end)
  return
end

--- Runs a program under a limit; `fill()` is there, which makes secrets of 16 bytes into `held` until there is no room, and returns the error.
local function run(bytes, source)
  local output, status = program.run([[
    local cards = require "cards"
    held = {}
    function fill()
      while #held < 100000 do
        local secret, err = cards.secret(("%016d"):format(#held), "pan")
        if not secret then return err end
        held[#held + 1] = secret
      end
    end
  ]] .. source, { prefix = limited(bytes), env = { ALIX = sandbox.url "HTTP_URL" .. "/alix", ID = sandbox.unique_id "memory" } })
  assert.equal(0, status, output)
  return output
end

describe("a limit of 64 KB", function()
  it("is known, and what is locked stays below it", function()
    local output = run(65536, [[
      fill()
      local memory = cards.memory()
      print(memory.locked, memory.limit, memory.committed <= 65536, memory.used <= memory.committed, memory.open == #held)
    ]])
    assert.equal("true\t65536\ttrue\ttrue\ttrue\n", (output:gsub("65536%.0", "65536")))
  end)

  it("holds thousands of card numbers; the next is a clear error", function()
    local output = run(65536, [[
      local err = fill()
      print(#held, err.kind, err.retryable)
      print(err)
      print(held[1]:reveal(), held[#held]:reveal() == ("%016d"):format(#held - 1))
    ]])
    local count, rest = output:match "^(%d+)\t(.*)$"
    assert.is_true(tonumber(count) > 3000 and tonumber(count) <= 4096, count)
    assert.equal("busy\ttrue\ncards.secret: busy: the arena of secrets is full: this process may lock 65536 bytes (ulimit -l); "
      .. "close secrets or raise the limit\n0000000000000000\ttrue\n", rest)
  end)

  it("has room again for what is closed, and for nothing more", function()
    local output = run(65536, [[
      fill()
      for i = 1, 10 do held[i]:close() end
      local again = 0
      local kept = {}
      while again < 100 do
        kept[again] = cards.secret "1234567890123456"
        if not kept[again] then break end
        again = again + 1
      end
      print(again)
    ]])
    assert.equal("10\n", output)
  end)

  it("is not reached by secrets that nobody holds: they are collected in time", function()
    local output = run(65536, [[
      for i = 1, 50000 do assert(cards.secret(("%016d"):format(i), "pan")) end
      collectgarbage() collectgarbage()
      print(cards.memory().open)
    ]])
    assert.equal("0", (output:match "%d+"))
  end)

  it("makes a call fail as busy when its secrets find no room, and work once they do", function()
    local output = run(65536, [[
      local client = cards.alix.new { base_url = os.getenv "ALIX", access_token = "alix_token_sandbox", insecure_http = true, retries = 3 }
      fill()
      local record, err = client:private_info(os.getenv "ID")
      print(record, err.kind, err.retryable, err.attempts == 1)
      for i = 1, 100 do held[i]:close() end
      print(assert(client:private_info(os.getenv "ID")).cardNo)
      collectgarbage() collectgarbage()
      print(cards.memory().open == #held - 100 + 1)
    ]])
    assert.matches("^nil\tbusy\ttrue\ttrue\n%*%*%*%*%*%*%*%*%*%*%*%*1111\n", output)
    assert.matches("\ntrue\n$", output, nil, "the secrets of both calls were given back")
  end)

  it("makes new return the error when a credential finds no room", function()
    local output = run(65536, [[
      fill()
      local ok, client, err = pcall(cards.alix.new, { base_url = os.getenv "ALIX", access_token = "t", insecure_http = true })
      print(ok, client, err and err.kind)
    ]])
    assert.equal("true\tnil\tbusy\n", output)
  end)

  it("lets a large secret in only where it fits", function()
    local output = run(65536, [[
      print(#assert(cards.secret(("x"):rep(40000))))
      local secret, err = cards.secret(("x"):rep(70000))
      print(secret, err.kind)
    ]])
    assert.equal("40000\nnil\tbusy\n", output)
  end)
end)

-- A finalizer's error is one of whoever allocates, in 5.1 to 5.3: while the arena is emptied bytes are held, and would be left behind.
describe("a finalizer that raises", function()
  it("has no part in making room for a secret", function()
    local output = run(65536, [[
      fill()
      local number = held[1]
      local function litter()
        if newproxy then
          getmetatable(newproxy(true)).__gc = function() error "litter" end
        else
          setmetatable({}, { __gc = function() error "litter" end })
        end
      end
      local makers = {
        function() return cards.secret "1234567890123456" end, function() return cards.secret.from_file "/proc/self/comm" end,
        function() return cards.secret.from_env "ID" end, function() return number:digits() end,
      }
      collectgarbage "stop"
      for i, make in ipairs(makers) do
        litter()
        local ok, secret, err = pcall(make)
        print(i, ok, secret, ok and err.kind or secret)
      end
    ]])
    -- Lua 5.4 and LuaJIT of 2025 tell of such errors; the others raise them
    local printed = output:gsub("lua: warning[^\n]*\n", ""):gsub("ERROR in finalizer: [^\n]*\n", "")
    assert.equal("1\ttrue\tnil\tbusy\n2\ttrue\tnil\tbusy\n3\ttrue\tnil\tbusy\n4\ttrue\tnil\tbusy\n", printed)
  end)
end)

describe("a limit of nothing", function()
  it("leaves secrets unlocked, and says so", function()
    local output = run(0, [[
      local secret = cards.secret("4111111111111111", "pan")
      local memory = cards.memory()
      print(secret, memory.locked, memory.why.locked)
      print(memory.dump_excluded, memory.wiped_on_fork)
      for i = 1, 20000 do held[i] = assert(cards.secret(("%016d"):format(i))) end
      print(held[20000]:reveal())
    ]])
    assert.equal("************1111\tfalse\tthis process may lock no memory (ulimit -l is 0)\ntrue\ttrue\n0000000000020000\n", output)
  end)
end)

describe("without a limit in the way", function()
  it("secrets are locked", function()
    local output = run(8 * 1024 * 1024, [[print(cards.memory().locked, cards.memory().why.locked)]])
    assert.equal("true\tnil\n", output)
  end)
end)
