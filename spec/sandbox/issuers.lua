--- The five issuers of examples/providers, in the form that providers.lua explains, as their public documentation describes them.
--
-- Field names, examples and error envelopes are theirs; ids are made of letters, so that none ever passes for a card number.

local json = require "json"
local request = require "request"

local object, array, null = json.object, json.array, json.null
local one_string, authorization = request.one_string, request.authorization

local issuers = {}

local function listed(value) return { value } end -- {} where there is none

--- A check for a GET without a query and with one credential: credential(r) finds it.
local function plain_check(credential, expected)
  return function(r, valid)
    if not valid(credential(r), expected) then return { 401, nil, "Unauthorized" } end
    if r.has_query then return { 400, nil, "Unexpected query parameter" } end
  end
end

local function bearer(r) return authorization(r, "Bearer") end
local function bearers(r) return listed(bearer(r)) end

-- Lithic: docs.lithic.com/reference/getcardbytoken ------------------------------

local function lithic_key(r) return one_string(r.headers.authorization) end -- the key alone, without a scheme

-- it has no codes; one is there only where a misbehaviour asks for it
local function lithic_envelope(_, code, message)
  return object { "debugging_request_id", "sandbox-debugging-request", "message", message or "The request was refused" }:set("code", code)
end

local function lithic_card(token, plant, with_secrets)
  local pan = plant.pan or "4111111289144142"
  local card = object { "account_token", "f3f4918c-dee9-464d-a819-4aa42901d624", "card_program_token", "5e9483eb-8103-4e16-9794-2106111b2eca",
    "cardholder_currency", "USD", "created", "2021-06-28T22:53:15Z", "exp_month", "06", "exp_year", "2027",
    "funding", object { "account_name", "Sandbox", "created", "2020-07-08T17:57:36Z", "last_four", "5263", "nickname", "checking account",
      "state", "ENABLED", "token", "b0f0d91a-3697-46d8-85f3-20f0a585cbea", "type", "DEPOSITORY_CHECKING" },
    "hostname", "", "last_four", pan:sub(-4), "memo", plant.name or "New Card", "replacement_for", null,
    "spend_limit", 1000, "spend_limit_duration", "TRANSACTION", "state", "OPEN", "token", token, "type", "VIRTUAL", "pin_status", "NOT_SET" }
  if with_secrets then card:set("pan", pan):set("cvv", plant.cvv or "776") end
  return card
end

-- GET /v1/cards: five cards, whose tokens are the account's with a letter behind it.
local function lithic_list(r)
  local account, after = request.argument(r, "account_token") or "account", request.argument(r, "starting_after")
  local size = tonumber(request.argument(r, "page_size") or 50)
  local data, passed, more = array {}, after == nil, false
  for letter in ("abcde"):gmatch "." do
    local token = account .. "-" .. letter
    if passed and #data < size then
      data[#data + 1] = lithic_card(token, {}, false)
    else
      more = more or passed
    end
    passed = passed or token == after
  end
  return object { "data", data, "has_more", more }
end

local LITHIC_LISTS = { account_token = true, page_size = true, starting_after = true }

issuers.lithic = {
  method = "GET", path = { "v1", "cards", ":id" },
  keep = {}, text = "memo", number = "spend_limit", pan = "pan", cvv = "cvv", last4 = "last_four", secrets = { "pan", "cvv" }, echo = { "token" },
  credentials = function(r) return listed(lithic_key(r)) end,
  check = plain_check(lithic_key, "lithic_api_key_sandbox"),
  envelope = lithic_envelope,
  answer = function(r, plant) return lithic_card(r.id, plant, true) end,

  other = {
    method = "GET", path = { "v1", "cards" },
    id = function(r) return request.argument(r, "account_token") end,
    keep = { "has_more" }, text = "text", number = "number", secrets = {}, echo = {},
    credentials = function(r) return listed(lithic_key(r)) end,
    check = function(r, valid)
      if not valid(lithic_key(r), "lithic_api_key_sandbox") then return { 401, nil, "Unauthorized" } end
      for _, pair in ipairs(r.query) do
        if not LITHIC_LISTS[pair[1]] then return { 400, nil, "Unexpected query parameter" } end
      end
      local size = request.argument(r, "page_size")
      local number = size and tonumber(size)
      if size and not (number and number >= 1 and number <= 100) then return { 400, nil, "page_size is malformed" } end
    end,
    envelope = lithic_envelope,
    answer = lithic_list,
  },
}

-- Stripe Issuing: docs.stripe.com/api/issuing/cards/retrieve ---------------------

local STRIPE_CODES = { [404] = "resource_missing", [429] = "rate_limit" }

issuers.stripe = {
  method = "GET", path = { "v1", "issuing", "cards", ":id" },
  keep = {}, text = "cardholder.name", number = "exp_year", pan = "number", cvv = "cvc", last4 = "last4", secrets = { "number", "cvc" }, echo = { "id" },
  credentials = bearers,

  check = function(r, valid)
    if not valid(bearer(r), "stripe_key_sandbox") then return { 401, nil, "Invalid API Key provided" } end
    for _, pair in ipairs(r.query) do
      if pair[1] ~= "expand[]" then return { 400, "parameter_unknown", "Received unknown parameter" } end
      if pair[2] ~= "number" and pair[2] ~= "cvc" then return { 400, nil, "This property cannot be expanded" } end
    end
  end,

  envelope = function(status, code, message)
    return object { "error", object():set("code", code or STRIPE_CODES[status]):set("message", message or "The request was refused")
      :set("type", status >= 500 and "api_error" or "invalid_request_error") }
  end,

  answer = function(r, plant)
    local pan, expanded = plant.pan or "4000009990000104", {}
    for _, pair in ipairs(r.query) do expanded[pair[2]] = true end
    local card = object { "id", r.id, "object", "issuing.card", "brand", "Visa", "cancellation_reason", null,
      "cardholder", object { "id", "ich_sandbox", "object", "issuing.cardholder",
        "billing", object { "address", object { "city", "Anytown", "country", "US", "line1", "123 Main Street", "line2", null,
          "postal_code", "12345", "state", "CA" } },
        "company", null, "created", 1680415995, "email", "jenny.rosen@example.com", "individual", null, "livemode", false, "metadata", object {},
        "name", plant.name or "Jenny Rosen", "phone_number", "+18008675309", "status", "active", "type", "individual" },
      "created", 1681163868, "currency", "usd", "exp_month", 8, "exp_year", 2027, "last4", pan:sub(-4), "livemode", false, "metadata", object {},
      "replaced_by", null, "replacement_for", null, "replacement_reason", null, "shipping", null,
      "spending_controls", object { "allowed_categories", null, "blocked_categories", null, "spending_limits", array {},
        "spending_limits_currency", null },
      "status", "active", "type", "virtual" }
    return card:set("number", expanded.number and pan or nil):set("cvc", expanded.cvc and (plant.cvv or "123") or nil)
  end,
}

-- Marqeta: www.marqeta.com/docs/core-api/cards ------------------------------------

-- Basic is base64 of "application token:admin access token".
local function marqeta_tokens(r)
  local text = authorization(r, "Basic")
  return (text and ngx.decode_base64(text) or ""):match "^([^:]+):(.+)$"
end

issuers.marqeta = {
  method = "GET", path = { "cards", ":id", "showpan" },
  keep = {}, text = "state_reason", number = "contactless_exemption_counter", pan = "pan", cvv = "cvv_number", last4 = "last_four",
  secrets = { "pan", "cvv_number" }, echo = { "token" },
  credentials = function(r) return { marqeta_tokens(r) } end,

  check = function(r, valid)
    local application, admin = marqeta_tokens(r)
    if not valid(application, "marqeta_application_sandbox") or not valid(admin, "marqeta_admin_sandbox") then
      return { 401, nil, "Unauthorized" }
    end
    for _, pair in ipairs(r.query) do
      if pair[1] ~= "show_cvv_number" or pair[2] ~= "true" and pair[2] ~= "false" then return { 400, nil, "Invalid input" } end
    end
  end,

  -- a code is the status and three digits more; which digits: invented
  envelope = function(status, code, message)
    return object { "error_code", code or ("%d001"):format(status), "error_message", message or "The request was refused" }
  end,

  answer = function(r, plant)
    local pan = plant.pan or "5112345112345114"
    local card = object { "created_time", "2024-03-14T17:20:18Z", "last_modified_time", "2024-03-14T17:20:18Z", "token", r.id,
      "user_token", "my_user_sandbox", "card_product_token", "my_cardproduct_sandbox", "last_four", pan:sub(-4), "pan", pan,
      "expiration", "0328", "expiration_time", "2028-03-31T23:59:59Z", "barcode", "my_barcode", "pin_is_set", false, "state", "ACTIVE",
      "state_reason", "New card activated", "fulfillment_status", "ISSUED", "instrument_type", "VIRTUAL_PAN", "expedite", false, "metadata", object {},
      "contactless_exemption_counter", 3 }
    return card:set("cvv_number", request.argument(r, "show_cvv_number") == "true" and (plant.cvv or "837") or nil)
  end,
}

-- Revolut Business: developer.revolut.com/docs/api/business ------------------------

local REVOLUT_CODES = { [400] = 2101, [403] = 9002, [404] = 1214 }

issuers.revolut = {
  method = "GET", path = { "cards", ":id", "sensitive-details" },
  keep = {}, text = "expiry", number = "expiry", pan = "pan", cvv = "cvv", secrets = { "pan", "cvv" }, echo = {},
  credentials = bearers,
  check = plain_check(bearer, "revolut_token_sandbox"),
  -- the code of anything but 400, 403 and 404 is unknown here: the status
  envelope = function(status, code, message)
    return object { "code", code or REVOLUT_CODES[status] or status, "message", message or "The request was refused" }
  end,
  answer = function(_, plant) return object { "pan", plant.pan or "4111111111111111", "cvv", plant.cvv or "123", "expiry", "06/2030" } end,
}

-- Brex: developer.brex.com/openapi/team_api/cards/getcardnumber ---------------------

local BREX_TYPES = { [401] = "UNAUTHORIZED", [403] = "FORBIDDEN", [404] = "NOT_FOUND" }

issuers.brex = {
  method = "GET", path = { "v2", "cards", ":id", "pan" },
  keep = {}, text = "holder_name", number = "expiration_date.year", pan = "number", cvv = "cvv", secrets = { "number", "cvv" }, echo = { "id" },
  credentials = bearers,
  check = plain_check(bearer, "brex_token_sandbox"),
  -- `code` is optional; types other than UNAUTHORIZED and NOT_FOUND: invented
  envelope = function(status, code, message)
    return object { "type", BREX_TYPES[status] or "BAD_REQUEST", "message", message or "The request was refused" }:set("code", code)
  end,
  answer = function(r, plant)
    return object { "id", r.id, "number", plant.pan or "5105105105105100", "cvv", plant.cvv or "737",
      "expiration_date", object { "month", 11, "year", 2028 }, "holder_name", plant.name or "Jane Doe" }
  end,
}

return issuers
