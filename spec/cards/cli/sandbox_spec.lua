--- cards sandbox: the stand-in as the program starts it, and its numbers.

local cards = require "cards"
local cli = require "support.cli"
local program = require "support.program"
local sandbox = require "support.sandbox"

local quote = program.quote
local folder = ("%s-of-program-%s"):format(sandbox.directory(), os.getenv "LUA_NAME")

--- Starts it in the folder. @return as program.stay
local function start(arguments)
  return program.stay(("%s lua/cards/cli/cards sandbox --dir %s %s"):format(os.getenv "LUA_BIN", quote(folder), arguments or ""))
end

--- Starts it and waits until it answers. @return the same, with variables = those that it says to export
local function started(arguments)
  local self = start(arguments)
  program.wait_for("the sandbox", function() return self.said():find("Ctrl-C ends it", 1, true) or not self.runs() end)
  self.variables = {}
  for line in self.said():gmatch "\n  export ([^\n]+)" do
    for name, value in line:gmatch "([%w_]+)=(%S+)" do
      self.variables[name] = value
    end
  end
  return self
end

local function alix(variables)
  return cards.alix.new {
    base_url = variables.CARDS_ALIX_BASE_URL, access_token = variables.CARDS_ALIX_ACCESS_TOKEN, tls = { ca_file = variables.CARDS_CA_FILE }, retries = 0,
  }
end

local RANGES = { ["411111"] = 16, ["400000"] = 16, ["555555"] = 16, ["222300"] = 16, ["378282"] = 15, ["601111"] = 16 }

describe("cards sandbox", function()
  it("says what to export for the program, which then has a card", function()
    local process = started()
    local output, status = cli.run({ "call", "alix", "private_info", "--card-id", "c_1" }, { env = process.variables })
    assert.equal(0, status, output)
    assert.matches("1111", output, 1, true)
    for _, provider in ipairs { "ALIX", "NETXD", "WHOP", "PAYENGINE", "NAYAX" } do
      assert.matches("^https://localhost:%d+/%l+$", process.variables[("CARDS_%s_BASE_URL"):format(provider)])
    end
    assert.equal(0, process.finish "INT")
  end)

  it("says in one line what is missing", function()
    local path = program.shell "mktemp -d":match "%S+"
    finally(function() program.shell("rm -rf " .. path) end)
    local lua = program.shell(("command -v %s || realpath %s"):format(os.getenv "LUA_BIN", os.getenv "LUA_BIN")):match "%S+"
    local command = ("%s lua/cards/cli/cards sandbox --dir %s/new"):format(lua, path)
    local output, status = program.shell("PATH=/nowhere " .. command)
    assert.equal("cards: bash: No such file or directory\n", output)
    assert.equal(1, status)
    output, status = cli.run { "sandbox", "--port", "x" }
    assert.matches("^cards: the port must be a number from 1 to 65000\n", output)
    assert.equal(2, status)
    -- where nginx may be is empty, and then where its modules may be
    program.shell(("for f in bash dirname seq cat tr; do ln -s $(command -v $f) %s; done"):format(path))
    local hidden = {
      { "/usr/sbin /sbin", "PATH=" .. path, "sandbox: nginx is missing: apt-get install nginx\n" },
      {
        "/usr/lib/nginx/modules /usr/share/nginx/modules /usr/lib64/nginx/modules", "",
        "sandbox: nginx has no Lua module: apt-get install libnginx-mod-http-lua\n",
      },
    }
    if select(2, program.shell "unshare -rm true") ~= 0 then
      return pending "there can be no mount namespace here"
    end
    for _, case in ipairs(hidden) do
      local hide = ("for d in %s; do [ ! -d $d ] || mount -t tmpfs none $d || exit 9; done; %s %s"):format(case[1], case[2], command)
      output, status = program.shell("unshare -rm sh -c " .. quote(hide))
      assert.equal(case[3], output)
      assert.equal(1, status)
    end
  end)

  it("runs nothing that is in somebody else's folder", function()
    local path = program.shell "mktemp -d":match "%S+"
    finally(function() program.shell("rm -rf " .. path) end)
    program.shell(("mkdir %s/theirs && echo 'touch %s/ran' >%s/theirs/env"):format(path, path, path))
    local theirs = select(2, program.shell(("chown 65534 %s/theirs"):format(path))) == 0 and path .. "/theirs" or "/usr" -- only root can give a folder away
    local output, status = cli.run { "sandbox", "--dir", theirs }
    assert.equal(("sandbox: %s belongs to somebody else: choose another folder\n"):format(theirs), output)
    assert.equal(1, status)
    assert.is_nil(io.open(path .. "/ran"))
  end)

  it("lists the ids that have it misbehave, as it does over HTTP", function()
    local output, status = cli.run { "sandbox", "--list" }
    assert.equal(0, status)
    local listed = {}
    for line in output:gmatch "[^\n]+" do
      local name, what = line:match "^sandbox%-(%S+)%s+(.*)$"
      listed[name] = what
    end
    assert.same(sandbox.cases(), listed)
  end)

  -- By now the program is another one: Lua has started spec/sandbox/start in its own place, and cannot change what comes.
  if program.lua ~= "5.4" then return end

  it("answers with a number that depends on the id, valid by Luhn and of a range for tests", function()
    local process = started()
    local client, again, seen, different = alix(process.variables), alix(process.variables), {}, 0
    for i = 1, 60 do
      local id = ("card-%d"):format(i)
      local card, same = assert(client:private_info(id)).cardNo:reveal(), assert(again:private_info(id))
      assert.is_true(same.cardNo:equals(card))
      assert.is_true(same.cardNo:luhn())
      assert.equal(RANGES[card:sub(1, 6)], #card)
      assert.equal(#card == 15 and 4 or 3, #same.cvv)
      different = different + (seen[card] and 0 or 1)
      seen[card], seen[card:sub(1, 6)] = true, true
    end
    assert.equal(60, different)
    for range in pairs(RANGES) do
      assert.is_true(seen[range], range)
    end
    assert.equal("4111111111111111", client:private_info "c_1".cardNo:reveal())
    assert.equal("declined", select(2, client:private_info "sandbox-declined").kind)
    local nayax = cards.nayax.new {
      base_url = process.variables.CARDS_NAYAX_BASE_URL, token = process.variables.CARDS_NAYAX_TOKEN, tls = { ca_file = process.variables.CARDS_CA_FILE },
    }
    local number = client:private_info "card-7".cardNo
    local token = assert(nayax:get_token { token_id = "card-7", merchant_request_id = "R" }).tokenInfo
    assert.same({ number:first(6), number:last(4) }, { token.cardBin, token.cardFinalDigits })
    assert.equal(0, process.finish "TERM")
  end)

  it("ends with all that it has started, and begins again", function()
    for _, signal in ipairs { "TERM", "INT" } do
      local process = started()
      local pid = tonumber((program.shell("cat " .. quote(folder .. "/nginx.pid"))))
      assert.equal(0, process.finish(signal))
      program.wait_for("the end of nginx", function() return not io.open(("/proc/%d/cmdline"):format(pid)) end)
      assert.is_nil(io.open(folder .. "/env"))
    end
  end)

  it("leaves one alone that runs in the same folder, and takes over what a killed one left", function()
    local process = started()
    local second = started()
    assert.matches("^sandbox: it runs already in [^\n]*\n$", second.said())
    assert.equal(1, second.finish())
    assert(alix(process.variables):private_info "c_1")
    process.finish "KILL"
    local lock = quote(folder .. "/foreground.lock")
    program.wait_for("the end of the killed one", function() return select(2, program.shell(("flock -n %s true"):format(lock))) == 0 end)
    process = started()
    assert(alix(process.variables):private_info "c_1")
    assert.equal(0, process.finish "INT")
    assert.is_nil(io.open(folder .. "/env"))
  end)

  it("takes the port that it is told, and no other one", function()
    local pid = io.open("/proc/self/stat"):read "*n"
    local port = 30000 + pid % 130 * 20 -- where no other sandbox and no spec looks for one, and the system gives none away
    local function https_port(process) return tonumber(process.variables.CARDS_ALIX_BASE_URL:match ":(%d+)/") end
    local process = started(("--port %d"):format(port + 1))
    assert.equal(port + 2, https_port(process))
    local second = started(("--port %d"):format(port))
    assert.matches("it runs already in .*, at another port\n$", second.said())
    assert.equal(1, second.finish())
    assert.equal(0, process.finish "TERM")
    process = started(("--port %d"):format(port))
    assert.equal(port + 1, https_port(process))
    assert.equal(0, process.finish "TERM")
    local taken = tonumber(sandbox.url "HTTP_URL":match "%d+$")
    process = started(("--port %d"):format(taken))
    assert.matches("^sandbox: no %d+ free ports in a row from " .. taken .. " on\n$", process.said())
    assert.equal(1, process.finish())
  end)
end)
