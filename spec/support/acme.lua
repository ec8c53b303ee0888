--- Definitions of Acme, the sandbox's provider for cards.define, and clients of them.

local cards = require "cards"
local sandbox = require "support.sandbox"

local acme = {}

--- The definition: an operation `show`, whose keys `operation` replaces one by one, and whose other keys `overrides` does.
function acme.definition(operation, overrides)
  local show = {
    path = "/cards/{card_id}",
    params = { card_id = { required = true } },
    success = { path = "ok", equals = true },
    response = { root = "data", fields = { id = "string", pan = "pan", cvv = "cvv", exp_month = "integer", ["holder.name"] = "string" } },
    error = { code = "error.code", message = "error.message" },
  }
  for key, value in pairs(operation or {}) do
    show[key] = value
  end
  local definition = { name = "acme", auth = { type = "bearer" }, operations = { show = show } }
  for key, value in pairs(overrides or {}) do
    definition[key] = value
  end
  return definition
end

--- A client of a module that cards.define returned; the keys of config are added, false takes one away.
function acme.client(module, config)
  local whole = { token = "acme_token_sandbox", base_url = sandbox.url "HTTPS_URL" .. "/acme", tls = { ca_file = sandbox.url "CA_FILE" }, retries = 0 }
  for key, value in pairs(config or {}) do
    whole[key] = value or nil
  end
  return module.new(whole)
end

--- Defines it, calls `show` with these parameters (beside a new card_id), and returns what the sandbox saw, with the record and error.
-- @param options { operation, overrides, config, params, call = options of the call }
function acme.sent(options)
  local params = { card_id = sandbox.unique_id "acme" }
  for key, value in pairs(options.params or {}) do
    params[key] = value
  end
  local id = params.card_id
  local module = cards.define(acme.definition(options.operation, options.overrides))
  local record, err = acme.client(module, options.config):show(params, options.call)
  local seen = sandbox.seen(type(id) == "string" and id or options.id)
  return seen.last, record, err
end

return acme
