--- The Lua of examples/nginx.conf: clients from the environment, and one masked card per request.
-- luacheck: globals ngx

local cards = require "cards"
local cjson = require "cjson"

local endpoint = {}

local secret = cards.secret.from_env -- the value never becomes a Lua string

-- Per provider: its operation, and how its client is made. A call here never blocks the worker: it yields until the provider has answered.
local providers = {
  alix = { "private_info", function(common)
    common.access_token = secret "ALIX_ACCESS_TOKEN"
  end },
  netxd = { "get_cvv", function(common)
    common.credential, common.api_key = secret "NETXD_CREDENTIAL", secret "NETXD_API_KEY"
    common.private_key = cards.secret.from_file(os.getenv "NETXD_KEY_FILE")
    common.defaults = { -- what is the same in each call
      product = "DEFAULT", program = "DEFAULT", channel = "VISA_DPS",
      customer_id = os.getenv "NETXD_CUSTOMER_ID", account_number = secret "NETXD_ACCOUNT_NUMBER",
    }
  end },
  whop = { "retrieve", function(common) common.token = secret "WHOP_TOKEN" end },
  payengine = { "retrieve_token", function(common) common.secret = secret "PAYENGINE_SECRET" end },
  nayax = { "get_token", function(common) common.token = secret "NAYAX_TOKEN" end },
}

local clients = {}

--- Makes the clients, once per worker. A provider whose <NAME>_URL is not set is not served.
function endpoint.open()
  for name, provider in pairs(providers) do
    local url = os.getenv(name:upper() .. "_URL")
    if url then
      local config = { base_url = url, timeout = 10, tls = { ca_file = os.getenv "CA_FILE" } }
      provider[2](config)
      clients[name] = assert(cards[name].new(config))
    end
  end
end

-- What a caller of this endpoint has to know of what went wrong behind it.
local statuses = {
  invalid_request = 400, not_found = 404, declined = 422,
  auth = 502, network = 502, tls = 502, protocol = 502, provider = 502, -- nothing that the caller could mend
  rate_limited = 503, busy = 503, cancelled = 503, timeout = 504,
}

local function answer(status, body)
  ngx.status = status
  ngx.say(cjson.encode(body))
end

--- Answers a request with a masked card, or an error that names its kind.
function endpoint.serve(provider, id)
  local client = clients[provider]
  if not client then
    return answer(404, { error = { kind = "not_found", message = "no such provider" } })
  end
  local record, err = client[providers[provider][1]](client, id)
  if not record then
    ngx.log(ngx.NOTICE, tostring(err)) -- one line without secrets; nginx adds the path, and so the id
    if err.retryable then
      ngx.header["Retry-After"] = math.ceil(err.retry_after or 1)
    end
    return answer(statuses[err.kind] or 502, { error = {
      kind = err.kind, code = err.code, message = err.message, retryable = err.retryable, request_id = err.request_id } })
  end
  answer(200, cards.mask(cards.card(record))) -- a plain table: there is nothing in it to hide
end

return endpoint
