--- The five built-in providers' endpoints, as their pages in the reference describe them; and those of issuers.lua.
--
-- A provider is a table:
--   method, path     what it listens to, below /<name>
--   other            another endpoint of it, the same sort of table, where it has one
--   form             whether it takes a form, and no JSON
--   media            the Content-Type of request and answer where it is another, whose body `id` and `check` read
--   encode(tree, r)  the answer's text, and its Content-Type where that is not media; JSON where this is absent
--   id(request)      the card or token id (from the path where this is absent)
--   credentials(r)   every credential the request carries
--   check(r, valid)  nil, or { status, code, message } of a refusal; valid(given, expected)
--                    says whether a credential is good
--   envelope(status, code, message, r)   a refusal in the provider's own form
--   answer(r, plant) the page's example, with planted values in their places
-- and, for the misbehaviours, dotted paths of what is documented:
--   record  where the payload stands (the whole answer where absent)
--   keep    what says success or echoes the request: left alone by sweeping changes
--   text, number   one documented string and one documented number
--   cvv, pan, last4, secrets, echo   paths of these, where the provider has them
-- What the pages do not tell is kept to a minimum and marked "invented".

local json = require "json"
local request = require "request"
local verify = require "verify"

local object, null = json.object, json.null
local one_string, authorization = request.one_string, request.authorization

local providers = {}
for name, provider in pairs(require "issuers") do providers[name] = provider end

local function listed(value) return { value } end    -- {} where there is none

-- What is wrong with the fields of an object, or nil. `fields` maps a name to "required",
-- "optional" or "nullable"; all of them are strings.
local function problem(node, name, fields)
  if not json.is_object(node) then return name, "must be an object" end
  for _, pair in ipairs(node) do
    local kind = fields[pair[1]]
    if not kind then return name .. "." .. pair[1], "is unexpected" end
    if type(pair[2]) ~= "string" and not (kind == "nullable" and pair[2] == null) then
      return name .. "." .. pair[1], "must be a string"
    end
  end
  for field, kind in pairs(fields) do
    local value = node:get(field)
    if kind == "required" and (value == nil or value == "") then
      return name .. "." .. field, "is missing"
    end
  end
end

-- Alix ------------------------------------------------------------------------

providers.alix = {
  method = "GET", path = { "api", "v2", "cards", ":id", "private-info" },
  record = "data", keep = {}, text = "data.expMonth", number = "data.expYear",
  pan = "data.cardNo", cvv = "data.cvv", secrets = { "data.cardNo", "data.cvv" }, echo = {},

  credentials = function(r) return listed(one_string(r.headers["access-token"])) end,

  check = function(r, valid)
    if r.has_query then return { 400, nil, "Unexpected query parameter" } end
    if not valid(one_string(r.headers["access-token"]), "alix_token_sandbox") then
      return { 401, nil, "Unauthorized" }
    end
  end,

  -- errorCode other than the page's 32: invented
  envelope = function(status, code, message)
    return object { "success", false, "message", message or "The QR code is invalid. Please check and try again",
      "data", null, "errorCode", code or (status <= 400 and 32 or status) }
  end,

  answer = function(_, plant)
    return object { "success", true, "message", "Your request has been successful",
      "data", object { "cvv", plant.cvv or "111", "expYear", "27", "expMonth", "01",
        "cardNo", plant.pan or "4111111111111111" },
      "errorCode", 0 }
  end,
}

-- NetXD -----------------------------------------------------------------------

local PAYLOAD = { reference = "optional", product = "required", program = "required", channel = "required",
  transactionType = "required", customerId = "required", accountNumber = "required", cardId = "required" }

local function at(node, ...)
  for _, key in ipairs { ... } do
    if not json.is_object(node) then return nil end
    node = node:get(key)
  end
  return node
end

local function netxd_id(r) return one_string(at(r.json, "params", "payload", "cardId")) end

local function netxd_refusal(r)
  local params = r.json:get "params"
  for _, pair in ipairs(r.json) do
    if pair[1] ~= "method" and pair[1] ~= "id" and pair[1] ~= "params" then return pair[1], "is unexpected" end
  end
  if r.json:get "method" ~= "ledger.CARD.request" then return "method", "is unknown" end
  if not one_string(r.json:get "id") or r.json:get "id" == "" then return "id", "is missing" end
  for _, pair in ipairs(params) do
    if pair[1] ~= "payload" and pair[1] ~= "api" then return "params." .. pair[1], "is unexpected" end
  end
  local payload = params:get "payload"
  local name, what = problem(payload, "payload", PAYLOAD)
  if name then return name, what end
  if payload:get "transactionType" ~= "GET_CVV" then return "payload.transactionType", "is unknown" end
  local channel = payload:get "channel"
  if channel ~= "PULSE" and channel ~= "VISA_DPS" then return "payload.channel", "is unknown" end
end

providers.netxd = {
  method = "POST", path = { "cardv2" }, id = netxd_id,
  record = "result", keep = { "result.api.originalReference" }, text = "result.card.postedDate",
  number = "result.api.dateCreated", cvv = "result.card.cvv", secrets = { "result.card.cvv" }, echo = { "id" },

  credentials = function(r)
    local list = {}
    for _, name in ipairs { "credential", "apiKey", "signature" } do
      list[#list + 1] = one_string(at(r.json, "params", "api", name))
    end
    list[#list + 1] = one_string(at(r.json, "params", "payload", "accountNumber"))
    return list
  end,

  check = function(r, valid)
    if r.has_query then return { 400, nil, "Unexpected query parameter" } end
    local api, payload = at(r.json, "params", "api"), at(r.json, "params", "payload")
    if not json.is_object(api) or not json.is_object(payload) then return { 200, nil, "params is missing" } end
    if problem(api, "api", { credential = "required", signature = "required", apiKey = "required" }) then
      return { 401, nil, "Authentication is incomplete" }
    end
    local signature = api:get "signature"
    if not valid(api:get "credential", "Basic c2FuZGJveDpzYW5kYm94")
      or not valid(api:get "apiKey", "netxd_api_key_sandbox")
      or not (valid(signature, "netxd_signature_sandbox")
        or verify.netxd(r.body:sub(payload.from, payload.to), signature)) then
      return { 401, nil, "Authentication failed" }
    end
    local name, what = netxd_refusal(r)
    if name then return { what == "is unexpected" and 400 or 200, nil, name .. " " .. what } end
  end,

  -- 1019 is a code seen elsewhere; the status as a code: invented
  envelope = function(status, code, message, r)
    local id = r.json and r.json:get "id"
    return object { "id", id == nil and null or id,
      "error", object { "code", code or (status <= 400 and "1019" or tostring(status)),
        "message", message or "The transaction was refused" } }
  end,

  answer = function(r, plant)
    local payload = r.json:get("params"):get "payload"
    local reference = payload:get "reference"
    local card = object { "cardId", payload:get "cardId" or null,
      "postedDate", "2024-11-20T06:56:11.399Z", "updatedDate", "2024-11-20T06:56:11.399Z" }
    for _, flag in ipairs { "allowAtm", "allowEcommerce", "allowMoto", "allowPos", "allowTips", "allowPurchase",
      "allowRefund", "allowCashback", "allowWithdraw", "allowAuthAndCompletion", "smart", "checkAvsZip",
      "checkAvsAddr" } do
      card:set(flag, false)
    end
    card:set("cvv", plant.cvv or "679"):set("transactionMade", false):set("isReIssue", false):set("isReplace", false)
    local api = object { "type", "GET_CVV_ACK",
      "reference", "REF" .. (one_string(reference) or one_string(r.json:get "id") or ""), "dateCreated", 1732086388 }
    return object { "id", r.json:get "id" or null,
      "result", object { "card", card, "api", api:set("originalReference", reference) } }
  end,
}

-- Whop ------------------------------------------------------------------------

local WHOP_CODES = { [401] = "unauthorized", [403] = "forbidden", [404] = "resource_not_found" }

providers.whop = {
  method = "GET", path = { "cards", ":id" },
  keep = {}, text = "name", number = "spent_last_month", pan = "secrets.card_number", cvv = "secrets.cvc",
  last4 = "last4", secrets = { "secrets" }, echo = { "id" },

  credentials = function(r) return listed(authorization(r, "Bearer")) end,

  check = function(r, valid)
    if not valid(authorization(r, "Bearer"), "whop_token_sandbox") then
      return { 401, nil, "The access token is missing or invalid" }
    end
    local seen
    for _, pair in ipairs(r.query) do
      local name, value = pair[1], pair[2]
      local prefix = name == "account_id" and "biz_" or name == "user_id" and "user_"
      if not prefix then return { 400, nil, "Unexpected parameter: " .. name } end
      if seen then return { 400, nil, "Provide one of account_id and user_id" } end
      if value:sub(1, #prefix) ~= prefix then return { 400, nil, name .. " is malformed" } end
      seen = name
    end
    local version = r.headers["api-version-date"]
    if version and version ~= "2026-06-09" and version ~= "2026-08-21-1" then
      return { 400, nil, "Unrecognized Api-Version-Date" }
    end
  end,

  -- codes other than resource_not_found: invented; the 429 has a type in their place
  envelope = function(status, code, message)
    if status == 429 and not code then
      return object { "error", object { "type", "rate_limit_exceeded",
        "message", message or "Try again in 12 seconds." } }
    end
    return object { "error", object { "code", code or WHOP_CODES[status] or "bad_request",
      "message", message or "The request was refused" } }
  end,

  answer = function(r, plant)
    local pan = plant.pan or "4242424242424242"
    return object { "object", "card", "id", r.id, "name", "Travel", "type", "virtual", "status", "active",
      "last4", pan:sub(-4), "expiration_month", "12", "expiration_year", "2027", "user_id", "user_sandbox1",
      "spent_last_month", 123, "limit", object { "amount", 123, "frequency", "monthly" },
      "billing", object { "line1", "123 Street 1", "line2", "Unit 123", "city", "Burbank", "region", "CA",
        "postal_code", "90245", "country_code", "US" },
      "created_at", "2023-11-07T05:31:56Z", "canceled_at", "2023-11-07T05:31:56Z",
      "secrets", object { "card_number", pan, "cvc", plant.cvv or "123",
        "name_on_card", plant.name or "John Doe" } }
  end,
}

-- PayEngine -------------------------------------------------------------------

local PAYENGINE_CODES = { [401] = "E121", [403] = "E120" }

providers.payengine = {
  method = "GET", path = { "api", "cards", ":id" },
  keep = {}, text = "name", number = "exp_year", last4 = "last_4", secrets = { "token" }, echo = { "id" },

  credentials = function(r) return listed(authorization(r, "Basic")) end,

  check = function(r, valid)
    if r.has_query then return { 400, nil, "Unexpected query parameter" } end
    if not r.headers.authorization then return { 401, "E116", "No authorization header" } end
    if not valid(authorization(r, "Basic"), "payengine_secret_sandbox") then
      return { 401, "E121", "Invalid API key" }
    end
  end,

  -- the envelope is unknown: code and message at the top level, no code where none is known
  envelope = function(status, code, message)
    return object():set("code", code or PAYENGINE_CODES[status])
      :set("message", message or "The request was refused")
  end,

  answer = function(r, plant)
    return object { "id", r.id, "merchant_id", "a3766e78-7388-4c94-b3e9-a89feeb9ab3a",
      "name", plant.name or "John Doe", "exp_month", 12, "exp_year", 2023,
      "last_4", plant.pan and plant.pan:sub(-4) or "1111", "brand", plant.brand or "visa",
      "country", "United States of America", "type", "Credit", "surcharge_allowed", true,
      "token", plant.token or "card_test_V3atojWZsHCVCqqeYoHo5Oo2", "created_at", "2021-12-27T03:35:38.947Z",
      "address_line1", "123 Street 1", "address_line2", "Unit 123", "address_city", "Burbank",
      "address_state", "CA", "address_country", "US", "address_zip", "90245",
      "email", "john.doe@example.com",    -- the page's own is hidden by its host
      "phone_number", object { "cc", "1", "subscriber", "4155056227" },
      "card_updater", object { "status", "enrolled", "type", "updated",
        "enrolled_at", "2025-03-27T03:35:38.947Z", "updated_at", "2025-03-28T03:35:38.947Z" } }
  end,
}

-- Nayax -----------------------------------------------------------------------

local NAYAX_BODY = {
  { "basicInfo", "merchantRequestId", true }, { "machineInfo", "machineId" },
  { "cardHolderInfo", "cardHolderUniqId" }, { "tokenInfo", "nayaxTokenId", true },
}

local function nayax_refusal(body)
  local known = { validationKey = true }
  for _, row in ipairs(NAYAX_BODY) do
    local name, field, required = row[1], row[2], row[3]
    known[name] = true
    local part = body:get(name)
    if part == nil then
      if required then return name, "is missing" end
    else
      local where, what = problem(part, name, { [field] = "required" })
      if where then return where, what end
    end
  end
  for _, pair in ipairs(body) do
    if not known[pair[1]] then return pair[1], "is unexpected" end
  end
  local validation = body:get "validationKey"
  if validation ~= nil and validation ~= null and type(validation) ~= "string" then
    return "validationKey", "must be a string"
  end
end

providers.nayax = {
  method = "POST", path = { "get-card-token" },
  id = function(r) return one_string(at(r.json, "tokenInfo", "nayaxTokenId")) end,
  keep = { "status" }, text = "tokenInfo.brand", number = "tokenInfo.actorId", last4 = "tokenInfo.cardFinalDigits",
  secrets = {}, echo = { "tokenInfo.nayaxTokenId" },

  credentials = function(r)
    local list = listed(authorization(r, "Bearer"))
    list[#list + 1] = one_string(at(r.json, "validationKey"))
    return list
  end,

  check = function(r, valid)
    if r.has_query then return { 400, nil, "Unexpected query parameter" } end
    if not valid(authorization(r, "Bearer"), "nayax_token_sandbox") then return { 401, nil, "Unauthorized" } end
    local name, what = nayax_refusal(r.json)
    if name then return { 400, nil, name .. " " .. what } end
  end,

  -- a refusal is a 200 with a status; any other status is ASP.NET's ProblemDetails, without one
  envelope = function(status, code, message)
    if status < 300 then
      return object { "status", object { "verdict", "Declined", "code", code or 999,
        "statusMessage", message or "General error" } }
    end
    local problems = object { "type", "https://tools.ietf.org/html/rfc7231",
      "title", status == 400 and "One or more validation errors occurred." or message or "The request was refused" }
    problems:set("code", code)          -- only where a misbehaviour asks for one
    return problems:set("errors", status == 400
      and object { "request", json.array { message or "The request is invalid." } } or nil)
  end,

  answer = function(r, plant)
    local pan = plant.pan or "4111111111111111"
    return object { "status", object { "verdict", "Approved", "code", 0,
        "statusMessage", "Card token data retrieved successfully." },
      "tokenInfo", object { "nayaxTokenId", r.id or null, "cardBin", pan:sub(1, 6), "cardFinalDigits", pan:sub(-4),
        "expiryDate", "12/2025", "brand", (plant.brand or "visa"):upper(), "tokenStatus", 0, "actorId", 116383 } }
  end,
}

for name, provider in pairs(require "acme") do providers[name] = provider end
for name, provider in pairs(require "bank") do providers[name] = provider end
for name, provider in pairs(require "mechanisms") do providers[name] = provider end

return providers
