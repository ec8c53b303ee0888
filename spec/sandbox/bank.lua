--- A bank whose card API wants a token from another of its addresses first, in the form that providers.lua explains:
--
--   POST /bank_login/login   { tenant, key, mode } -> { access_token, expires_in }
--   POST /bank_oauth/token   a form, by RFC 6749, 4.4, with Basic or with client_id and client_secret in it
--   GET  /bank/cards/{id}    wants a token of those, or bank_token_sandbox, as a bearer
--
--   POST /bank_step/tokens   { card_id, url, number } -> { tokenId, callbackUrl, number }; the card_id with "step-" before it is what is asked about
--   POST /bank_link/links    { card_id } -> { url }: likewise, at pan.acme.example; at another host for a card_id that begins with "elsewhere"
--   GET  /bank_vault/cards/{id}            wants such a token in X-Card-Token, and X-Number where there was a number
--   GET  /bank_reveal/cards/{token}?sig=…  is where callbackUrl leads; without any credential. A wrong one is asked about with "reveal-" before it
--
-- The tenant of a login, and the client_id of OAuth, are the id that is asked about. `mode` says what the login gives; see MODES.

local json = require "json"
local request = require "request"
local control = require "control"

local object = json.object
local store = ngx.shared.sandbox

local bank = {}

local function envelope(status, code, message)
  return object { "error", code or "E" .. status, "error_description", message or "The request was refused" }
end

--- A new token of a tenant, which is good for so many uses.
local function issue(tenant, uses)
  local token = "bank." .. ngx.encode_base64(ngx.sha1_bin(tenant .. ngx.var.request_id), true):gsub("[+/]", "-")
  store:set("token:" .. token, uses or 1e6)
  return token
end

local function is_good(token)
  return token == "bank_token_sandbox" or type(token) == "string" and (store:incr("token:" .. token, -1) or -1) >= 0
end

-- What a login gives, by its mode.
local MODES = {
  seconds = function(tenant) return object { "access_token", issue(tenant), "expires_in", 3600 } end,
  text = function(tenant) return object { "access_token", issue(tenant), "expires_in", "3600" } end,
  short = function(tenant) return object { "access_token", issue(tenant), "expires_in", 10 } end,
  brief = function(tenant) return object { "access_token", issue(tenant), "expires_in", 0.3 } end,
  none = function(tenant) return object { "access_token", issue(tenant) } end,
  unix = function(tenant) return object { "access_token", issue(tenant), "expires_in", ngx.time() + 3600 } end,
  unix_ms = function(tenant) return object { "access_token", issue(tenant), "expires_in", (ngx.time() + 3600) * 1000 } end,
  iso = function(tenant) return object { "access_token", issue(tenant), "expires_in", os.date("!%Y-%m-%dT%H:%M:%S.250Z", ngx.time() + 3600) } end,
  zone = function(tenant) return object { "access_token", issue(tenant), "expires_in", os.date("!%Y-%m-%dT%H:%M:%S+02:00", ngx.time() + 7200 + 3600) } end,
  unreadable = function(tenant) return object { "access_token", issue(tenant), "expires_in", "tomorrow" } end,
  once = function(tenant) return object { "access_token", issue(tenant, 1), "expires_in", 3600 } end,
  useless = function(tenant) return object { "access_token", issue(tenant, 0), "expires_in", 3600 } end,
  over = function(tenant) return object { "access_token", issue(tenant), "expires_in", 0 } end,
  negative = function(tenant) return object { "access_token", issue(tenant), "expires_in", "-60" } end,
  past = function(tenant) return object { "access_token", issue(tenant), "expires_in", ngx.time() - 10 } end,
  empty = function() return object { "access_token", "", "expires_in", 3600 } end,
  null = function() return object { "access_token", json.null, "expires_in", 3600 } end,
  absent = function() return object { "expires_in", 3600 } end,
  object = function() return object { "access_token", object { "value", "bank.object" }, "expires_in", 3600 } end,
  refused = function() return { 401, "invalid_key", "The key is unknown" } end,
  broken = function() return { 500, nil, "Internal error" } end,
  -- fails for the first login of a tenant
  late = function(tenant)
    return control.times("late", tenant) == 0 and { 503, nil, "Later" } or object { "access_token", issue(tenant), "expires_in", 3600 }
  end,
}

bank.bank_login = {
  method = "POST", path = { "login" },
  id = function(r) return request.one_string(r.json and r.json:get "tenant") end,
  keep = {}, text = "access_token", number = "expires_in", secrets = { "access_token" }, echo = {}, envelope = envelope,
  credentials = function(r) return { r.json and request.one_string(r.json:get "key") } end,

  check = function(r, valid)
    if r.headers.authorization then return { 400, nil, "Authorization is unexpected" } end
    for _, pair in ipairs(r.json) do
      if pair[1] ~= "tenant" and pair[1] ~= "key" and pair[1] ~= "mode" then return { 400, nil, pair[1] .. " is unexpected" } end
    end
    if not r.id then return { 400, nil, "tenant is missing" } end
    if not valid(r.json:get "key", "bank_key_sandbox") then return { 401, "invalid_key", "The key is unknown" } end
    if not MODES[r.json:get "mode" or "seconds"] then return { 400, nil, "mode is unknown" } end
    local answer = MODES[r.json:get "mode" or "seconds"](r.id)
    if not json.is_object(answer) then return answer end
    r.token = answer
  end,
  answer = function(r) return r.token end,
}

local function field(r, name)
  for _, pair in ipairs(r.form or {}) do
    if pair[1] == name then return pair[2] end
  end
end

local FORM = { grant_type = true, scope = true, audience = true, client_id = true, client_secret = true }

bank.bank_oauth = {
  method = "POST", path = { "token" }, form = true,
  id = function(r)
    local basic = request.authorization(r, "Basic")
    return field(r, "client_id") or (basic and tostring(ngx.decode_base64(basic)):match "^([^:]*):")
  end,
  keep = {}, text = "access_token", number = "expires_in", secrets = { "access_token" }, echo = {}, envelope = envelope,
  credentials = function(r) return { request.authorization(r, "Basic") or field(r, "client_secret") } end,

  check = function(r, valid)
    local basic = request.authorization(r, "Basic")
    local secret = field(r, "client_secret") or (basic and tostring(ngx.decode_base64(basic)):match ":(.*)$")
    for _, pair in ipairs(r.form) do
      if not FORM[pair[1]] then return { 400, "invalid_request", pair[1] .. " is unexpected" } end
    end
    if field(r, "grant_type") ~= "client_credentials" then return { 400, "unsupported_grant_type", "The grant is unknown" } end
    if (basic ~= nil) == (field(r, "client_secret") ~= nil) then return { 400, "invalid_request", "One way to authenticate is wanted" } end
    if not valid(secret, "bank_secret_sandbox") then return { 401, "invalid_client", "Client authentication failed" } end
    if field(r, "scope") == "forbidden" then return { 400, "invalid_scope", "The scope is unknown" } end
  end,
  answer = function(r)
    return object { "access_token", issue(r.id), "token_type", "Bearer", "expires_in", 3600, "scope", field(r, "scope") or "cards" }
  end,
}

local function bearer(r)
  return request.authorization(r, "Bearer") or request.one_string(r.headers["x-token"]) or request.argument(r, "token")
end

bank.bank = {
  method = "GET", path = { "cards", ":id" },
  keep = {}, text = "holder", number = "exp_month", pan = "pan", cvv = "cvv", secrets = { "pan", "cvv" }, echo = { "id" }, envelope = envelope,
  credentials = function(r) return { bearer(r) } end,
  check = function(r)
    if not is_good(bearer(r)) then return { 401, "invalid_token", "The token is not valid" } end
  end,
  answer = function(r, plant)
    return object { "id", r.id, "pan", plant.pan or "4111111111111111", "cvv", plant.cvv or "123", "exp_month", 7, "holder", plant.name or "John Doe" }
  end,
}

local function text(r, name) return request.one_string(r.json and r.json:get(name)) end

--- A new token of the card that is asked about.
local function card_token(r)
  local token = "ct-" .. ngx.encode_base64(ngx.sha1_bin(ngx.var.request_id), true):gsub("[+/]", "-")
  store:set("card:" .. token, text(r, "card_id"))
  return token
end

bank.bank_step = {
  method = "POST", path = { "tokens" }, id = function(r) return text(r, "card_id") and "step-" .. text(r, "card_id") end,
  keep = {}, text = "tokenId", number = "number", secrets = { "tokenId" }, echo = {}, envelope = envelope,
  credentials = function(r) return { bearer(r) } end,
  check = function(r)
    if not is_good(bearer(r)) then return { 401, "invalid_token", "The token is not valid" } end
    if not text(r, "card_id") then return { 400, "invalid_card", "card_id is missing" } end
    if text(r, "card_id"):find "^unknown" then return { 404, "no_card", "The card is unknown" } end
  end,
  answer = function(r)
    local token = card_token(r)
    local url = ("%s://%s/bank_reveal/cards/%s?sig=s-%s"):format(ngx.var.scheme, r.headers.host, token, token)
    local answer = object { "tokenId", token, "callbackUrl", text(r, "url") or url, "number", 7, "flag", true, "nested", object { "tokenId", token } }
    for _, name in ipairs { "tokenId", "callbackUrl" } do
      if text(r, "without") == name then answer:remove(name) end
    end
    return answer
  end,
}

bank.bank_link = setmetatable({
  path = { "links" }, text = "url", secrets = { "url" },
  answer = function(r)
    local token = card_token(r)
    local host = text(r, "card_id"):find "^elsewhere" and "pan.other.example" or "pan.acme.example"
    return object { "url", ("https://%s/cards/%s?sig=s-%s"):format(host, token, token) }
  end,
}, { __index = bank.bank_step })

local function card(r, plant)
  return object { "id", r.id, "pan", plant.pan or "4111111111111111", "cvv", plant.cvv or "123", "exp_month", 7, "holder", plant.name or "John Doe" }
end

local of_card = { keep = {}, text = "holder", number = "exp_month", pan = "pan", cvv = "cvv", secrets = { "pan", "cvv" }, echo = { "id" }, envelope = envelope, answer = card }

bank.bank_vault = setmetatable({
  method = "GET", path = { "cards", ":id" },
  credentials = function(r) return { r.headers["x-card-token"] } end,
  check = function(r)
    local token = request.one_string(r.headers["x-card-token"])
    if not token or store:get("card:" .. token) ~= r.id then return { 401, "invalid_token", "The card's token is not valid" } end
  end,
}, { __index = of_card })

bank.bank_reveal = setmetatable({
  method = "GET", path = { "cards", ":id" },
  id = function(r)
    local token = tostring(r.path:match "([^/]+)$")
    return store:get("card:" .. token) or "reveal-" .. token
  end,
  credentials = function(r) return { request.argument(r, "sig") } end,
  check = function(r)
    local token = r.path:match "([^/]+)$"
    if r.headers.authorization or r.headers["x-key"] then return { 400, "no_credential", "A credential is unexpected here" } end
    if r.id:find "^reveal%-" or request.argument(r, "sig") ~= "s-" .. token then return { 404, "no_card", "Nothing at " .. r.uri } end
  end,
}, { __index = of_card })

return bank
