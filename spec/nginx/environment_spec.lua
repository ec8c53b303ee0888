--- Credentials from the environment and from files in nginx, which takes the variables away from its workers that no `env` line names.

local nginx = require "support.nginx"
if nginx.is_missing("environment", pending) then return end

local program = require "support.program"
local sandbox = require "support.sandbox"

local server, token

local SCRIPTS = {
  new = [[return select(2, pcall(cards.alix.new, { base_url = "https://localhost", access_token = { env = "PATH" } }))]],
  from_env = [[return select(2, pcall(cards.alix.new, { base_url = "https://localhost", access_token = cards.secret.from_env "PATH" }))]],
  missing = "return select(2, pcall(cards.whop.from_env))",
  whole = "local record, err = cards.alix.from_env():private_info(ngx.var.arg_id) return record and record.cardNo or err",
  file = "local record, err = of_a_file:private_info(ngx.var.arg_id) return record and record.cardNo or err",
}

setup(function()
  token = program.file "before\n"
  local locations = {}
  for path, source in pairs(SCRIPTS) do
    locations["/" .. path] = ("local cards = require 'cards'\nlocal function run() %s end\nngx.print(tostring(run()))"):format(source)
  end
  server = nginx.start("environment", {
    locations = locations,
    main = ('env "CARDS_ALIX_BASE_URL=%s/alix";\nenv CARDS_ALIX_ACCESS_TOKEN=%s;\nenv "CARDS_CA_FILE=%s";'):format(
      sandbox.url "HTTPS_URL", sandbox.credentials("alix").access_token, sandbox.url "CA_FILE"),
    http = ("init_by_lua_block { of_a_file = require('cards').alix.from_env { access_token = { file = %q }, base_url = %q, tls = { ca_file = %q } } }"):format(
      token, sandbox.url "HTTPS_URL" .. "/alix", sandbox.url "CA_FILE"),
  })
end)

teardown(function()
  server:stop()
  os.remove(token)
end)

local function ask(path)
  local answer
  nginx.together(function() answer = server:body(path) end)
  return answer
end

describe("a variable that nginx took away", function()
  local NOTE = "PATH is not set or empty (nginx keeps from its workers what no line `env PATH;` names)"

  it("is named, with the line that is missing", function()
    assert.matches("access_token: the environment variable " .. NOTE, ask "/new", 1, true)
    assert.matches("access_token is required, and nothing came of .*: the environment variable " .. NOTE:gsub("%p", "%%%0"), ask "/from_env")
    assert.matches("set CARDS_WHOP_TOKEN, or CARDS_WHOP_TOKEN_FILE to the path of a file that has it "
      .. "(nginx keeps from its workers what no line `env NAME;` names)", ask "/missing", 1, true)
  end)
end)

describe("cards.alix.from_env in nginx", function()
  it("makes a client of the variables that `env` lines name", function()
    assert.equal("************1111", ask("/whole?id=" .. sandbox.unique_id "env"))
  end)
end)

describe("a credential from a file in nginx", function()
  it("is read anew in a worker, where the master's secret is gone", function()
    local file = assert(io.open(token, "w"))
    file:write(sandbox.credentials("alix").access_token, "\n")
    file:close()
    local id = sandbox.unique_id "file"
    assert.equal("************1111", ask("/file?id=" .. id))
    assert.equal(1, sandbox.seen(id).count, "the worker has read what is there now")
  end)

  it("counts on where the file is gone", function()
    os.remove(token)
    local record = ask("/file?id=" .. sandbox.unique_id "file")
    assert.equal("************1111", record, "one that was read is kept")
  end)
end)
