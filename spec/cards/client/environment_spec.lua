--- cards.<provider>.from_env: a client of the variables that the program `cards` has, too.

local cards = require "cards"
local environment = require "cards.client.environment"
local program = require "support.program"
local sandbox = require "support.sandbox"

--- Runs Lua source with `cards` and `sandbox`, these variables, and no others of ours. @return what it printed
local function run(variables, source)
  local output, status = program.run('local cards, sandbox = require "cards", require "support.sandbox"\n' .. source, { env = variables })
  assert.equal(0, status, output)
  return output
end

--- The variables of a provider in the sandbox; false takes one away.
local function variables(provider, more)
  local made = { CARDS_CA_FILE = sandbox.url "CA_FILE", [environment.variable(provider, "base_url")] = sandbox.url "HTTPS_URL" .. "/" .. provider }
  for name, value in pairs(sandbox.credentials(provider)) do
    made[environment.variable(provider, name)] = value
  end
  for name, value in pairs(more or {}) do
    made[name] = value or nil
  end
  return made
end

--- What from_env raises with these variables.
local function refused(provider, more, options)
  local output = run(variables(provider, more), ("print(pcall(cards.%s.from_env%s))"):format(provider, options and ", " .. options or ""))
  return output:match "^false\t(.*)\n$"
end

describe("from_env", function()
  for _, provider in ipairs(sandbox.PROVIDERS) do
    it("makes a client of all that the environment has: " .. provider, function()
      local source = ("local made = cards.%s.from_env()\nprint(type(made), made:%s(sandbox.params %q) ~= nil)"):format(provider, sandbox.operation(provider),
        provider)
      if provider == "netxd" then -- whose defaults are parameters, and none of the environment's
        source = source:gsub("from_env%(%)", "from_env { defaults = sandbox.config 'netxd'.defaults }")
      end
      assert.equal("userdata\ttrue\n", run(variables(provider), source))
    end)
  end

  it("takes a credential from a file as well, and a proxy", function()
    local path = program.file(sandbox.credentials("alix").access_token .. "\n")
    local proxy = sandbox.url "PROXY_URL"
    assert.equal("************1111\n", run(variables("alix", { CARDS_ALIX_ACCESS_TOKEN = false, CARDS_ALIX_ACCESS_TOKEN_FILE = path, CARDS_PROXY = proxy }), [[
      print(assert(cards.alix.from_env():private_info(sandbox.unique_id "env")).cardNo)
    ]]))
    os.remove(path)
    assert.matches("cards.alix.from_env: access_token: " .. path .. ": No such file or directory", refused("alix", { CARDS_ALIX_ACCESS_TOKEN_FILE = path }),
      1, true)
    assert.matches("cards.alix.from_env: tls.ca_file: /nowhere: No such file or directory", refused("alix", { CARDS_CA_FILE = "/nowhere" }), 1, true)
    assert.matches("cards.alix.from_env: proxy must be a URL", refused("alix", { CARDS_PROXY = "://" }), 1, true)
  end)

  it("takes settings", function()
    local id = sandbox.unique_id "dated"
    run(variables("whop", { CARDS_WHOP_API_VERSION_DATE = "2026-06-09" }), ("assert(cards.whop.from_env():retrieve %q)"):format(id))
    assert.equal("2026-06-09", sandbox.seen(id).last.headers["api-version-date"])
  end)

  it("names all that is missing at once, at the caller's line", function()
    local output = run({}, "\nprint(pcall(function()\n  local made = cards.alix.from_env()\n  return made\nend))")
    assert.matches(":4: cards.alix.from_env: set CARDS_ALIX_BASE_URL (alix has no address of its own); "
      .. "set CARDS_ALIX_ACCESS_TOKEN, or CARDS_ALIX_ACCESS_TOKEN_FILE to the path of a file that has it\n", output, 1, true)
    for _, value in ipairs { false, "" } do
      local message = refused("netxd", { CARDS_NETXD_CREDENTIAL = value, CARDS_NETXD_API_KEY = value, CARDS_NETXD_SIGNATURE = value,
        CARDS_NETXD_BASE_URL = value })
      for _, part in ipairs { "set CARDS_NETXD_BASE_URL", "set CARDS_NETXD_CREDENTIAL", "set CARDS_NETXD_API_KEY",
        "set one of CARDS_NETXD_SIGNATURE, CARDS_NETXD_PRIVATE_KEY, or its _FILE" } do
        assert.matches(part, message, 1, true)
      end
    end
    assert.not_matches("BASE_URL", refused("whop", { CARDS_WHOP_TOKEN = false, CARDS_WHOP_BASE_URL = false }), 1, true)
  end)

  it("takes options of new, which count instead of variables", function()
    local token = sandbox.credentials("alix").access_token
    local source = ("local seen = 0\nlocal made = cards.alix.from_env { access_token = %q, timeout = 5, on_event = function(event)\n"
      .. "if event.event == 'call' then seen = seen + 1 end\nend }\n"
      .. "print(assert(made:private_info(sandbox.unique_id 'env')).cardNo, seen)"):format(token)
    assert.equal("************1111\t1\n", run(variables("alix", { CARDS_ALIX_ACCESS_TOKEN = "another" }), source))
    assert.equal("************1111\t1\n", run(variables("alix", { CARDS_ALIX_ACCESS_TOKEN = false }), source))
    assert.matches("unknown key 'timout' (did you mean 'timeout'?)", refused("alix", nil, "{ timout = 5 }"), 1, true)
    for _, value in ipairs { "5", "'x'", "true" } do
      assert.matches("cards.alix.from_env: the options must be a table", refused("alix", nil, value), 1, true)
    end
    assert.equal("userdata\n", run(variables("netxd", { CARDS_NETXD_SIGNATURE = false }),
      "print(type(cards.netxd.from_env { sign = function() return 'x' end }))"))
  end)

  it("takes settings of TLS without tls.ca_file, which is still that of the environment", function()
    assert.equal("************1111\n", run(variables("alix"), [[
      local made = cards.alix.from_env { tls = { min_version = "1.3" } }
      print(assert(made:private_info(sandbox.unique_id "env")).cardNo)
    ]]))
    assert.matches("cards.alix.from_env: tls.ca_file: /nowhere: No such file", refused("alix", nil, "{ tls = { ca_file = '/nowhere' } }"), 1, true)
    assert.matches("cards.alix.from_env: tls must be a table", refused("alix", nil, "{ tls = 5 }"), 1, true)
  end)

  it("is there for a provider that is defined, with its own credentials and settings", function()
    local output = run({ CARDS_MY_BANK_USER = "u", CARDS_MY_BANK_PASSWORD = "p", CARDS_MY_BANK_PROGRAM = "prepaid", CARDS_CA_FILE = sandbox.url "CA_FILE",
      CARDS_MY_BANK_BASE_URL = sandbox.url "HTTPS_URL" .. "/acme" }, [[
      local bank = cards.define { name = "my_bank", base_url = "https://bank.example", auth = { type = "basic", credential = { "user", "password" } },
        settings = { program = { into = "header", wire = "X-Program" } },
        operations = { show = { path = "/cards/{card_id}", params = { card_id = { required = true } } } } }
      local id = sandbox.unique_id "bank"
      bank.from_env():show(id)
      local last = sandbox.seen(id).last
      print(last.headers.authorization, last.headers["x-program"])
    ]])
    assert.equal(("Basic %s\tprepaid\n"):format(require("support.leak").base64 "u:p"), output)
    output = run({}, [[
      local bank = cards.define { name = "bank", base_url = "https://bank.example", auth = { type = "basic", credential = { "user", "password" } },
        settings = { program = { into = "header", wire = "X-Program", required = true } }, operations = { show = { path = "/" } } }
      print(pcall(bank.from_env))
    ]])
    assert.matches("set CARDS_BANK_USER, or CARDS_BANK_USER_FILE to the path of a file that has it; set CARDS_BANK_PASSWORD, or", output, 1, true)
  end)

  it("is no name for an operation", function()
    local ok, message = pcall(cards.define, { name = "acme", operations = { from_env = { path = "/" } } })
    assert.is_false(ok)
    assert.matches("operations.from_env", message, 1, true)
  end)
end)
