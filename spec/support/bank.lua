--- Definitions of the sandbox's bank, which wants a token first, and clients of them.

local cards = require "cards"
local program = require "support.program"
local sandbox = require "support.sandbox"

local bank = {}

local FIELDS = { id = "string", pan = "pan", cvv = "cvv", exp_month = "integer", holder = "string" }

local function add(to, from)
  for key, value in pairs(from or {}) do
    if value == false then value = nil end
    to[key] = value
  end
  return to
end

--- The definition: `login` and `show`. The keys of the tables replace those of the entry of `auth`, of the operations, and of the whole; false takes one away.
function bank.definition(token, login, overrides)
  return add({
    name = "bank",
    settings = { tenant = { into = "body.tenant", operations = { "login" } }, mode = { into = "body.mode", operations = { "login" } } },
    auth = add({ type = "token", operation = "login", value = "access_token", expires = "expires_in" }, token),
    operations = {
      login = add({
        method = "POST", path = "/bank_login/login", auth = { { type = "body", path = "key", credential = "key" } },
        response = { fields = { access_token = "token", expires_in = "timestamp" } }, error = { code = "error", message = "error_description" },
      }, login),
      show = {
        path = "/bank/cards/{card_id}", params = { card_id = {} }, response = { fields = FIELDS },
        error = { code = "error", message = "error_description" },
      },
    },
  }, overrides)
end

--- The settings of a client, with a tenant of its own.
function bank.config(config)
  return add({
    key = "bank_key_sandbox", tenant = sandbox.unique_id "tenant", base_url = sandbox.url "HTTPS_URL", tls = { ca_file = sandbox.url "CA_FILE" }, retries = 0,
    timeout = program.watched and 300 or nil, connect_timeout = sandbox.connect_timeout,
  }, config)
end

--- A client of a definition, and its tenant.
function bank.client(definition, config)
  local whole = bank.config(config)
  return cards.define(definition or bank.definition()).new(whole), whole.tenant
end

--- Adds operations: `take_token`, which is a step, `vault`, which it is one for, and `reveal`, which is sent to a URL of its answer.
-- @param vault, reveal replace keys of the two
function bank.with_steps(definition, vault, reveal)
  definition.operations.take_token = {
    method = "POST", path = "/bank_step/tokens", params = { card_id = { required = true }, url = {}, without = {} },
    response = { fields = { tokenId = "token", callbackUrl = "string", number = "integer", flag = "boolean" } },
    error = { code = "error", message = "error_description" },
  }
  definition.operations.vault = add({
    path = "/bank_vault/cards/{card_id}", auth = {}, params = { card_id = {}, token = { into = "header", wire = "X-Card-Token" }, without = { into = "none" } },
    before = { operation = "take_token", with = { card_id = "card_id", without = "without" }, take = { token = "tokenId" } },
    response = { fields = FIELDS }, error = { code = "error", message = "error_description" }, echo = { id = "card_id" },
  }, vault)
  definition.operations.reveal = add({
    params = { card_id = { required = true, into = "none" }, url = { into = "none" }, without = { into = "none" } },
    before = { operation = "take_token", with = { card_id = "card_id", url = "url", without = "without" }, url = "callbackUrl" },
    response = { fields = FIELDS }, error = { code = "error", message = "error_description" }, echo = { id = "card_id" },
  }, reveal)
  return definition
end

return bank
