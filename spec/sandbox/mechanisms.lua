--- Acme's other interfaces, in the form that providers.lua explains: one for each thing more that a definition can say. The pages of docs/guide call them.
--
--   POST /acme_graph/graphql               GraphQL: { query, variables = { id } }. All answers are HTTP 200: an id that begins with "unknown" has a node
--                                          that is null, one that begins with "locked" an error with the code CARD_LOCKED
--   POST /acme_signed/cards/{id}/reveal    { reason }, with X-Key, X-Time, X-Nonce and X-Signature, which is "v1=" and base64 of the HMAC-SHA-256 of
--                                          method, target, time, nonce and the SHA-256 of the body as hexadecimal digits, each on a line
--   POST /acme_soap/soap                   SOAP 1.1 with Basic
--   GET  /acme_sealed/public-key           { publicKey }, base64 of DER
--   POST /acme_sealed/cards/{id}/reveal    { encryptedKey }, an AES key under the public one by RSA-OAEP with SHA-256, as base64. The card in the answer is
--                                          under that key by AES-256-GCM: IV, ciphertext and tag in one base64
--   GET  /acme_jose/public-key             likewise
--   POST /acme_jose/cards/reveal           a JWE (RSA-OAEP-256, A256GCM) of { cardId }; the answer is one for the key of X-Public-Key, base64 of DER

local crypto = require "crypto"
local json = require "json"
local request = require "request"

local object, array = json.object, json.array
local one_string = request.one_string
local store = ngx.shared.sandbox

local mechanisms = {}

local function envelope(status, code, message)
  return object { "error", object { "code", code or "E" .. status, "message", message or "The request was refused" } }
end

local function bearer(r) return request.authorization(r, "Bearer") end

--- What is wrong with a bearer's request, or nil.
local function check_bearer(r, valid)
  if not valid(bearer(r), "acme_token_sandbox") then return { 401, nil, "Unauthorized" } end
end

--- What is wrong with the members of an object, which has all of these and no others, or nil.
local function wrong_members(node, names)
  if not json.is_object(node) then return { 400, nil, "an object is wanted" } end
  for _, name in ipairs(names) do
    if node:get(name) == nil then return { 400, nil, name .. " is missing" } end
  end
  return #node ~= #names and { 400, nil, "something is unexpected" } or nil
end

--- A card, and what the misbehaviours do with it.
local function card(id, plant)
  return object { "id", id, "pan", plant.pan or "4111111111111111", "cvv", plant.cvv or "123", "expiry", "2030-07", "holder", plant.name or "John Doe" }
end

local function provider(of)
  of.method, of.keep, of.text, of.number = of.method or "POST", of.keep or {}, of.text or "holder", of.number or "count"
  of.secrets, of.echo, of.envelope = of.secrets or {}, of.echo or {}, of.envelope or envelope
  of.credentials = of.credentials or function(r) return { bearer(r) } end
  return of
end

-- GraphQL ----------------------------------------------------------------------

local function graph_errors(code, message)
  return array { object { "message", message, "path", array { "node" }, "extensions", object { "code", code } } }
end

mechanisms.acme_graph = provider {
  envelope = function(status, code, message) return object { "errors", graph_errors(code or "E" .. status, message or "The request was refused") } end,
  path = { "graphql" }, record = "data.node", text = "data.node.holder", pan = "data.node.pan", cvv = "data.node.cvv",
  secrets = { "data.node.pan", "data.node.cvv" },
  id = function(r)
    local variables = r.json and r.json:get "variables"
    return json.is_object(variables) and one_string(variables:get "id") or nil
  end,
  check = function(r, valid)
    return check_bearer(r, valid) or wrong_members(r.json, { "query", "variables" }) or wrong_members(r.json:get "variables", { "id" })
      or not r.id and { 400, nil, "the id is no text" } or not tostring(r.json:get "query"):find("node(id: $id)", 1, true) and { 400, nil, "no query of a node" } or nil
  end,
  answer = function(r, plant)
    if r.id:find "^locked" then return object { "data", json.null, "errors", graph_errors("CARD_LOCKED", "The card is locked") } end
    if r.id:find "^unknown" then return object { "data", object { "node", json.null } } end
    local node = card(r.id, plant):set("limits", array { object { "period", "day", "amount", 500 }, object { "period", "month", "amount", 2000 } })
    return object { "data", object { "node", node } }
  end,
}

-- Signed -----------------------------------------------------------------------

local MOST_SECONDS = 300 -- between the signature and now

mechanisms.acme_signed = provider {
  path = { "cards", ":id", "reveal" }, pan = "pan", cvv = "cvv", secrets = { "pan", "cvv" }, echo = { "id" },
  credentials = function(r) return { r.headers["x-key"] } end,
  check = function(r, valid)
    local time, nonce, signature = (one_string(r.headers["x-time"]) or ""):match "^%d+$", one_string(r.headers["x-nonce"]), one_string(r.headers["x-signature"])
    if not valid(r.headers["x-key"], "acme_key_sandbox") then return { 401, "unknown_key", "The key is unknown" } end
    if not time or not nonce then return { 400, "incomplete", "X-Time and X-Nonce are wanted" } end
    local text = ("%s\n%s\n%s\n%s\n%s"):format(r.method, r.uri, time, nonce, crypto.sha256_hex(r.body))
    if signature ~= "v1=" .. ngx.encode_base64(crypto.hmac_sha256("acme_secret_sandbox", text)) then
      return { 401, "bad_signature", "The signature is wrong" }
    end
    if math.abs(time - ngx.time()) > MOST_SECONDS then return { 401, "too_late", "The request is too old" } end
    if not store:add("nonce:" .. nonce, true, MOST_SECONDS) then return { 401, "used_nonce", "The nonce was used before" } end
    return wrong_members(r.json, { "reason" })
  end,
  answer = function(r, plant) return card(r.id, plant) end,
}

-- SOAP -------------------------------------------------------------------------

local ENTITIES = { lt = "<", gt = ">", amp = "&", quot = '"', apos = "'" }
local ESCAPES = { ["<"] = "&lt;", [">"] = "&gt;", ["&"] = "&amp;", ['"'] = "&quot;" }

local function written(value) return tostring(json.is_raw(value) and value.text or value) end
local function escape(value) return (written(value):gsub('[<>&"]', ESCAPES)) end

--- An element: of an object each member is one, but for attributes ("@name") and its text ("#text"); of a list each element.
local function element(name, value)
  if json.is_array(value) then
    local list = {}
    for i, one in ipairs(value) do list[i] = element(name, one) end
    return table.concat(list)
  end
  local attributes, inner = "", {}
  for _, pair in ipairs(json.is_object(value) and value or {}) do
    local key = written(pair[1])
    if key:find "^@" then
      attributes = ('%s %s="%s"'):format(attributes, key:sub(2), escape(pair[2]))
    else
      inner[#inner + 1] = key == "#text" and escape(pair[2]) or element(key, pair[2])
    end
  end
  return ("<%s%s>%s</%s>"):format(name, attributes, json.is_object(value) and table.concat(inner) or escape(value), name)
end

local function soap(body)
  return object { "soap:Envelope", object { "@xmlns:soap", "http://schemas.xmlsoap.org/soap/envelope/", "soap:Body", body } }
end

mechanisms.acme_soap = provider {
  path = { "soap" }, media = "text/xml; charset=utf-8", pan = "soap:Envelope.soap:Body.ShowResponse.Card.Pan.#text", text = "soap:Envelope",
  id = function(r)
    local id = r.body:match '<Show xmlns="urn:acme"><CardId reason="%w+">([^<]+)</CardId></Show>'
    return id and (id:gsub("&(%a+);", ENTITIES))
  end,
  credentials = function(r) return { request.authorization(r, "Basic") } end,
  check = function(r, valid)
    local given = request.authorization(r, "Basic")
    if not valid(given, ngx.encode_base64 "acme_user_sandbox:acme_password_sandbox") then return { 401, "Client", "Unauthorized" } end
    if r.headers.soapaction ~= "urn:acme:Show" then return { 500, "Client", "The action is unknown" } end
    if not r.id or not r.body:find "^<%?xml" or not r.body:find "</soap:Envelope>%s*$" then return { 500, "Client", "The envelope is malformed" } end
  end,
  envelope = function(_, code, message)
    return soap(object { "soap:Fault", object { "faultcode", code or "Server", "faultstring", message or "The request was refused" } })
  end,
  encode = function(tree)
    if not json.is_object(tree) then return json.encode(tree) end -- a misbehaviour's, which no XML can be
    return element(tree[1][1], tree[1][2])
  end,
  answer = function(r, plant)
    local function response(code, text) return object { "@xmlns", "urn:acme", "Result", object { "@code", code, "#text", text } } end
    if r.id:find "^locked" then return soap(object { "ShowResponse", response("12", "The card is locked") }) end
    local limits = array { object { "@period", "day", "#text", 500 }, object { "@period", "month", "#text", 2000 } }
    return soap(object { "ShowResponse", response("00", "OK"):set("Card", object { "@id", r.id,
      "Pan", object { "@type", "full", "#text", plant.pan or "4111111111111111" }, "Cvv", plant.cvv or "123", "Expiry", "07/2030",
      "Limits", object { "Limit", limits } }) })
  end,
}

-- Encrypted --------------------------------------------------------------------

local public_key = provider {
  method = "GET", path = { "public-key" }, check = check_bearer,
  answer = function() return object { "publicKey", (crypto.file "keys/issuer.pub.pem":gsub("%-%-%-%-%-[^\n]+", ""):gsub("%s", "")) } end,
}

--- The text of a card.
local function card_text(id, plant) return json.encode(card(id, plant)) end

mechanisms.acme_sealed = provider {
  path = { "cards", ":id", "reveal" }, other = public_key, secrets = { "encryptedCard" }, echo = { "id" },
  check = function(r, valid)
    local wrong = check_bearer(r, valid) or wrong_members(r.json, { "encryptedKey" })
    if wrong then return wrong end
    local sealed = ngx.decode_base64(tostring(r.json:get "encryptedKey"))
    r.key = sealed and crypto.rsa_open(crypto.private_key "keys/issuer.pem", sealed)
    if not r.key or #r.key ~= 32 then return { 400, "bad_key", "encryptedKey cannot be opened" } end
  end,
  answer = function(r, plant)
    return object { "id", r.id, "encryptedCard", ngx.encode_base64(table.concat { crypto.gcm_seal(r.key, card_text(r.id, plant)) }) }
  end,
}

local function base64url(bytes) return (ngx.encode_base64(bytes, true):gsub("+", "-"):gsub("/", "_")) end

local function from_base64url(text) return ngx.decode_base64((text:gsub("-", "+"):gsub("_", "/"))) end

--- What a compact JWE says, or nil.
local function open_jwe(text)
  local head, sealed, iv, data, tag = text:match "^([%w_-]+)%.([%w_-]+)%.([%w_-]+)%.([%w_-]+)%.([%w_-]+)$"
  local header = head and json.decode(from_base64url(head) or "")
  if not json.is_object(header) or header:get "alg" ~= "RSA-OAEP-256" or header:get "enc" ~= "A256GCM" then return nil end
  local key = crypto.rsa_open(crypto.private_key "keys/issuer.pem", from_base64url(sealed) or "")
  return key and crypto.gcm_open(key, from_base64url(iv) or "", from_base64url(data) or "", from_base64url(tag) or "", head)
end

local function seal_jwe(text, content_key, sealed_key)
  local head = base64url '{"alg":"RSA-OAEP-256","enc":"A256GCM"}'
  local iv, data, tag = crypto.gcm_seal(content_key, text, head)
  return table.concat({ head, base64url(sealed_key), base64url(iv), base64url(data), base64url(tag) }, ".")
end

mechanisms.acme_jose = provider {
  path = { "cards", "reveal" }, other = public_key, media = "application/jose", pan = "pan", cvv = "cvv", secrets = { "pan", "cvv" },
  id = function(r)
    r.opened = json.decode(r.body ~= "" and open_jwe(r.body) or "")
    return json.is_object(r.opened) and one_string(r.opened:get "cardId") or nil
  end,
  check = function(r, valid)
    local wrong = check_bearer(r, valid) or not r.opened and { 400, "bad_jwe", "The JWE cannot be opened" } or wrong_members(r.opened, { "cardId" })
      or not r.id and { 400, nil, "cardId is no text" }
    if wrong then return wrong end
    local key = crypto.spki(tostring(r.headers["x-public-key"]))
    r.content_key = crypto.random(32)
    r.sealed_key = key and crypto.rsa_seal(key, r.content_key)
    return not r.sealed_key and { 400, "bad_key", "X-Public-Key is none" } or nil
  end,
  encode = function(tree, r)
    if json.is_object(tree) and tree:get "error" then return json.encode(tree), "application/json" end
    return seal_jwe(json.encode(tree), r.content_key, r.sealed_key)
  end,
  answer = function(r, plant) return card(r.id, plant) end,
}

return mechanisms
