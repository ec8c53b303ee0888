--- The endpoints of the nginx that is measured: each fetches one card and answers with its fields, the number masked. What they check and what they
-- answer is the same. One answers with the card sealed for its holder.

-- luacheck: std max+ngx_lua

local cjson = require "cjson"

local endpoint = {}

local POOL = 1024 -- connections that are kept: more than there are requests at a time
local TOKEN, LONG_TOKEN = "alix_token_sandbox", ("alix_token_sandbox_0"):rep(40)
local KINDS = { short = { TOKEN, "" }, long = { LONG_TOKEN, "" }, slow = { TOKEN, "/after/50ms" }, cold = { TOKEN, "/once" } }

local function answer(number, month, year)
  return ngx.print(cjson.encode { number = number, month = month, year = year })
end

local function fail(status, why)
  ngx.status = status
  ngx.log(ngx.ERR, tostring(why))
  return ngx.print(cjson.encode { error = tostring(why) })
end

local function masked(info)
  return answer(tostring(info.cardNo), info.expMonth, info.expYear)
end

--- For a browser's key, which another one would be for each request. Nothing is kept of it.
local HOLDER = [[{"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}]]

local function sealed(info)
  local cards = require "cards"
  local jwe, err = cards.seal({ number = info.cardNo, cvv = info.cvv, exp_month = info.expMonth, exp_year = info.expYear }, {
    key = HOLDER, purpose = "show_card", audience = "https://shop.example", nonce = ngx.var.request_id,
  })
  cards.close(info)
  return jwe and ngx.print(jwe) or fail(502, err)
end

--- With cards. The client is made at the first request.
-- @param show a function of the record, which answers
local function with_cards(base_url, token, ca_file, show)
  local cards = require "cards"
  local client
  return function()
    client = client or cards.alix.new {
      base_url = base_url, insecure_http = true, access_token = token, tls = base_url:find "^https" and { ca_file = ca_file } or nil,
    }
    local info, err = client:private_info(ngx.var.arg_id)
    if not info then
      return fail(502, err)
    end
    return show(info)
  end
end

--- With lua-resty-http and lua-cjson, kept connections in a pool that is large enough.
local function with_resty(base_url, token)
  local http = require "resty.http"
  local scheme, host, port, prefix = base_url:match "^(%w+)://([^:/]+):(%d+)(.*)$"
  local function fetch(id)
    local connection = http.new()
    connection:set_timeouts(5000, 30000, 30000)
    -- a name would need a resolver: the address, and the name for the certificate
    local ok, err = connection:connect {
      scheme = scheme, host = "127.0.0.1", port = tonumber(port), ssl_verify = true, ssl_server_name = scheme == "https" and host or nil, pool_size = POOL,
    }
    if not ok then
      return nil, err
    end
    local response
    response, err = connection:request {
      path = prefix .. "/api/v2/cards/" .. ngx.escape_uri(id) .. "/private-info", headers = { ["access-token"] = token, Accept = "application/json" },
    }
    if not response then
      connection:close()
      return nil, err
    end
    local body
    body, err = response:read_body()
    if not body then
      connection:close()
      return nil, err
    end
    connection:set_keepalive(300000, POOL)
    return response.status, body
  end
  return function()
    local status, body = fetch(ngx.var.arg_id)
    if status ~= 200 then
      return fail(502, body)
    end
    local ok, tree = pcall(cjson.decode, body)
    local data = ok and type(tree) == "table" and tree.success == true and tree.data
    if type(data) ~= "table" or type(data.cardNo) ~= "string" or type(data.cvv) ~= "string" then
      return fail(502, "not a card")
    end
    return answer(("*"):rep(#data.cardNo - 4) .. data.cardNo:sub(-4), data.expMonth, data.expYear)
  end
end

--- All endpoints by their path, /<cards, sealed or resty>/<http or https>/<short, long, slow or cold>. To a cold one the
-- upstream answers once on each connection.
-- @param http_url, https_url the upstream
-- @param ca_file that signed its certificate
-- @param has_resty whether lua-resty-http is there
function endpoint.all(http_url, https_url, ca_file, has_resty)
  local all = {}
  for scheme, url in pairs { http = http_url, https = https_url } do
    for kind, how in pairs(KINDS) do
      all[("/cards/%s/%s"):format(scheme, kind)] = with_cards(url .. how[2], how[1], ca_file, masked)
      all[("/sealed/%s/%s"):format(scheme, kind)] = with_cards(url .. how[2], how[1], ca_file, sealed)
      all[("/resty/%s/%s"):format(scheme, kind)] = has_resty and with_resty(url .. how[2], how[1]) or nil
    end
  end
  return all
end

return endpoint
