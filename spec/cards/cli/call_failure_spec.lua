--- cards call: the exit status says the kind of the error, and with --json the error is an object.

local cli = require "support.cli"
local core = require "cards.core"
local failure = require "cards.cli.program.failure"
local program = require "support.program"
local sandbox = require "support.sandbox"

local fails = cli.fails
local folder, remove

setup(function()
  local _
  folder, _, _, remove = cli.folder()
end)

teardown(function() remove() end)

--- A call of a card, with more arguments.
local function call(id, ...)
  return { "call", "alix", "private_info", "--card-id", id, ... }
end

--- What makes an error of each kind: arguments, and variables.
local CASES = {
  invalid_request = { call "" },
  auth = { call "c_1", { CARDS_ALIX_ACCESS_TOKEN = "wrong" } },
  not_found = { call "sandbox-not_found" },
  rate_limited = { call("sandbox-rate_limited", "--retries", "0") },
  declined = { call "sandbox-declined" },
  provider = { call("sandbox-server_error", "--retries=0") },
  timeout = { call("sandbox-never", "--timeout", "0.2") },
  network = { call("c_1", "--retries", "0"), { CARDS_ALIX_BASE_URL = sandbox.url "REFUSED_URL" .. "/alix" } },
  tls = { call("c_1", "--retries", "0"), { CARDS_ALIX_BASE_URL = sandbox.url "OTHER_CA_URL" .. "/alix" } },
  protocol = { call "sandbox-not_json" },
}

--- What no sandbox can make of a call of the program's.
local NEVER = { done = true, failed = true, usage = true, interrupted = true, busy = true, cancelled = true }

describe("cards call", function()
  for _, row in ipairs(failure.statuses) do
    local status, kind = row[1], row[2]
    if not NEVER[kind] then
      it(("ends with %d for an error of kind %s, as a line or as JSON"):format(status, kind), function()
        local arguments, env = CASES[kind][1], CASES[kind][2]
        fails(status, kind, arguments, { env = env, only = "stderr" })
        table.insert(arguments, "--json")
        local shown = core.json_decode(fails(status, "", arguments, { env = env, only = "stdout" })).error
        assert.equal(kind, shown.kind)
        assert.equal("alix", shown.provider)
        assert.equal("private_info", shown.operation)
        assert.is_string(shown.message)
        assert.is_boolean(shown.retryable)
        assert.equal("", (fails(status, "", arguments, { env = env, only = "stderr" })))
      end)
    end
  end

  it("has the fields of the error in its JSON", function()
    local shown = core.json_decode(fails(7, "", call("sandbox-declined", "--json"), { only = "stdout" })).error
    assert.equal(400, shown.status)
    assert.equal("32", shown.code)
    assert.equal(1, shown.attempts)
    assert.is_string(shown.request_id)
    assert.is_false(shown.retryable)
  end)

  it("shows wrong usage and what has no kind as JSON, too", function()
    local function kind(status, arguments, env)
      local shown = core.json_decode(fails(status, "", arguments, { env = env, only = "stdout" })).error
      assert.is_string(shown.message)
      return shown.kind
    end
    assert.equal("usage", kind(2, { "call", "--json", "alx", "private_info" }))
    assert.equal("usage", kind(2, { "call", "alix", "private_info", "--json" }))
    assert.equal("usage", kind(2, { "call", "alix", "private_info", "--crd-id", "c_1", "--json" }))
    assert.equal("failed", kind(1, call("c_1", "--json"), { CARDS_ALIX_ACCESS_TOKEN = false }))
    assert.equal("failed", kind(1, call("c_1", "--json", "--policy", "/nowhere")))
  end)

  it("says which parameter is missing, malformed or not there", function()
    fails(2, "card_id is required: give --card-id, or set CARDS_ALIX_CARD_ID", { "call", "alix", "private_info" })
    fails(3, "card_id", call "")
    fails(2, "did you mean '--card-id'?", { "call", "alix", "private_info", "--crd-id", "c_1" })
    fails(2, "must be one of 'PULSE', 'VISA_DPS'", { "call", "netxd", "get_cvv", "--channel", "MASTERCARD" })
    fails(2, "account_number is required: set CARDS_NETXD_ACCOUNT_NUMBER", { "call", "netxd", "get_cvv" })
    fails(2, "--timeout takes a number", call("c_1", "--timeout", "soon"))
  end)

  it("lists what there is where provider or operation is missing", function()
    fails(2, "alix, netxd, whop, payengine, nayax", { "call" })
    fails(2, "`cards call --help` says how it is used", { "call" })
    fails(2, "It has private_info", { "call", "alix" })
    fails(2, "`cards call alix private_info --help`", { "call", "alix", "private_info", "c_1" })
  end)

  it("says where an error cannot be written as JSON, and keeps its status", function()
    local output, status = cli.shell "call alix private_info --card-id sandbox-declined --json >/dev/full"
    assert.matches("cards: standard output: .*No space left.*\ncards: alix.private_info: declined", output)
    assert.equal(7, status)
  end)

  it("fails where its card cannot be written, or nobody reads it", function()
    for _, rest in ipairs { "", " --json" } do
      local output, status = cli.shell("call alix private_info --card-id c_1" .. rest .. " >/dev/full")
      assert.equal(1, status)
      assert.matches("^cards: standard output: [^\n]*No space left[^\n]*\n$", output)
      -- a pipe that nobody reads any more before the program begins
      local broken = program.quote(folder .. "/pipe" .. #rest)
      output, status = program.shell("bash --norc -c " .. program.quote(("mkfifo %s && exec 3<>%s 4>%s 3<&-; %s %s >&4"):format(
        broken, broken, broken, cli.command(), "call alix private_info --card-id c_1" .. rest)))
      assert.equal(141, status, output) -- the signal of a broken pipe
      assert.equal("", output)
    end
  end)

  it("shows nothing of a parameter or of what a message does to a terminal", function()
    for _, arguments in ipairs { { "call", "alix", "private_info", "--\27[31m4111111111111111" }, { "call", "4111111111111111\27[31m" },
      { "call", "alix", "4111111111111111\27" }, { "4111111111111111\27" } } do
      local output = fails(2, "", arguments)
      assert.is_nil(output:find "\27")
      assert.is_nil(output:find "4111111111111111")
    end
  end)

  it("ends with 130 where Ctrl-C interrupts it", function()
    local id = ("sandbox-slow_first_byte=%.9f"):format(60 + core.random()) -- nobody else's
    local process = cli.start(call(id))
    program.wait_for("the request", function() return sandbox.seen(id).count > 0 end)
    process.signal "INT"
    local output, status = process.finish()
    assert.equal(130, status, output)
    if program.lua ~= "luajit" then -- its host leaves the signal as it is
      assert.equal("cards: interrupted\n", output)
    end
  end)
end)
