--- The mechanisms of definitions, as issuer.mjs has them: for each the definition of `show` and of what it needs, and what is a secret in it.
--
-- A mechanism: { response, params, auth, … of the operation `show`, or whole, a definition, for more;
--   takes = { credential = kind }, what `new` is given: "rsa", "ec", "ed25519" (a private key), "locked" (an RSA key with a password), "issuer" (its public
--     one), "bytes" (32, in base64), "text", and "plain", a text that only templates name;
--   number   whether the call has a card number as a parameter; token   whether an answer gives a token that is kept; step   one that is not;
--   kept   whether it gives a key that is kept
--   digits   whether pan and cvv have to be digits; kind   of the error that has to come back }

local FIELDS = { pan = "pan", cvv = "cvv" }
local PEM, BYTES = { type = "pem" }, { type = "bytes", encoding = "base64" }
local CREDENTIALS = { locked = { type = "pem", password = "key_password" }, rsa = PEM, ec = PEM, ed25519 = PEM, issuer = PEM, bytes = BYTES, plain = {} }
local OVER = "{method}\n{path}\n{client_id}\n{body|sha256|hex}"

local function jwe(alg, enc) return { decrypt = { type = "jwe", alg = alg, enc = enc, key = "private_key", json = true }, fields = FIELDS } end
local function aes(key, iv) return { decrypt = { type = "aes-256-cbc", at = "data", key = key, iv = iv, json = true }, fields = FIELDS } end

local function signature(algorithm, kind)
  return { auth = { type = "signature", name = "X-Signature", algorithm = algorithm, key = "signing_key", over = OVER },
    takes = { signing_key = kind, client_id = "plain" } }
end

local function jwt(into)
  return { type = "jwt", into = into, key = "private_key", algorithm = "RS256", claims = { iss = "{client_id}", exp = "{now.unix+60}" } }
end

local TOKEN = { fields = { access_token = "token", expires_in = "integer" } }
local function token(operation) return { type = "token", operation = operation, value = "access_token", expires = "expires_in" } end

local mechanisms = {
  jwe = { takes = { private_key = "rsa" }, response = jwe("RSA-OAEP-256", "A256GCM") },
  ecdh = { takes = { private_key = "ec" }, response = jwe("ECDH-ES+A256KW", "A128CBC-HS256") },
  direct = { takes = { private_key = "bytes" }, response = jwe("dir", "A256GCM") },
  locked = { takes = { private_key = "locked", key_password = "plain" }, response = jwe("RSA-OAEP-256", "A256GCM") },
  cut = { takes = { private_key = "rsa" }, response = jwe("RSA-OAEP-256", "A256GCM"), kind = "protocol" },
  member = { takes = { shared_key = "bytes" }, response = aes("shared_key", "prefix") },
  padding = { takes = { key = "bytes" }, response = aes("key", "zero"), kind = "protocol" },
  fields = { takes = { private_key = "rsa" }, digits = true, response = { fields = {
    pan = { type = "pan", decrypt = { type = "rsa-oaep-sha256", key = "private_key" } },
    cvv = { type = "cvv", decrypt = { type = "rsa-pkcs1", key = "private_key", encoding = "hex" } } } } },
  wrapped = { takes = { private_key = "rsa" }, response = { fields = FIELDS, decrypt = { type = "aes-gcm", at = "payload", json = true,
    key = { at = "key", type = "rsa-oaep-sha256", key = "private_key" } } } },
  session = { takes = { issuer_key = "issuer" }, method = "POST", response = aes("session", "zero"),
    params = { key = { session = 32, wrap = { type = "rsa-pkcs1", key = "issuer_key", encoding = "hex" }, into = "body.key" } } },
  fetched = { takes = {}, kept = true, response = aes({ from = "key", take = "k" }, "zero"),
    others = { key = { path = "/key", response = { fields = { k = "secret" } } } } },
  derived = { takes = { secret_key = "plain" }, response = aes("derived", "zero"), derived = { from = "{secret_key|sha256}", length = 32 } },
  sealed = { takes = { issuer_key = "issuer" }, method = "POST", number = true, response = { fields = FIELDS }, params = { number = { into = "body.number" } },
    encrypt = { type = "jwe", alg = "RSA-OAEP-256", enc = "A256GCM", key = "issuer_key", at = "body" } },
  member_sealed = { takes = { issuer_key = "issuer" }, method = "POST", number = true, response = { fields = FIELDS },
    params = { number = { into = "body.number" } }, encrypt = { type = "rsa-pkcs1", key = "issuer_key", at = "body.number" } },
  hmac = { takes = { client_secret = "text", client_id = "plain" },
    auth = { type = "signature", name = "X-Signature", algorithm = "hmac-sha256", key = "client_secret", over = OVER } },
  rsa = signature("rsa-sha256", "rsa"),
  pss = signature("rsa-pss-sha512", "rsa"),
  ecdsa = signature("ecdsa-sha256", "ec"),
  ed25519 = signature("ed25519", "ed25519"),
  jwt = { takes = { private_key = "rsa", client_id = "plain" }, auth = jwt() },
  oauth1 = { takes = { consumer_key = "text", private_key = "rsa" }, auth = { type = "oauth1", consumer_key = "consumer_key", key = "private_key" } },
  token = { takes = { client_secret = "text" }, token = true, path = "/bearer", auth = token "login", others = { login = { method = "POST", path = "/login",
    auth = { type = "body", path = "key", credential = "client_secret" }, response = TOKEN } } },
  assertion = { takes = { private_key = "rsa", client_id = "plain" }, token = true, path = "/bearer", auth = token "grant", others = { grant = {
    method = "POST", path = "/grant", auth = jwt "body.assertion", response = TOKEN } } },
  oauth2 = { takes = { client_id = "text", client_secret = "text" }, token = true, path = "/bearer",
    auth = { type = "oauth2", url = "@url/oauth2", credential = { "client_id", "client_secret" } } },
  steps = { takes = {}, path = "/stepped", step = true, params = { token = { into = "header", wire = "X-Card-Token" } },
    before = { operation = "step", take = { token = "tokenId" } },
    others = { step = { method = "POST", path = "/step", auth = {}, response = { fields = { tokenId = "token" } } } } },
  called = { takes = {}, path = false, step = true, before = { operation = "callback", url = "url" },
    others = { callback = { path = "/callback", response = { fields = { url = "secret" } } } } },
  xml = { takes = { client_secret = "plain" }, method = "POST", encoding = "xml", template = "<Login><Password>{client_secret}</Password></Login>",
    response = { format = "xml", root = "Card", fields = { ["@pan"] = "pan", cvv = "cvv" } } },
  form = { takes = {}, response = { format = "form", fields = FIELDS } },
}

for name, mechanism in pairs(mechanisms) do
  mechanism.name, mechanism.kind = name, mechanism.kind or "ok"
end

local OPERATION = { "method", "params", "auth", "before", "encrypt", "encoding", "template" }

--- The definition of a mechanism.
-- @param url of the issuer
function mechanisms.definition(mechanism, url)
  local show = { path = mechanism.path == nil and "/" .. mechanism.name or mechanism.path or nil, response = mechanism.response or { fields = FIELDS } }
  for _, key in ipairs(OPERATION) do show[key] = mechanism[key] end
  if show.auth == nil then show.auth = {} end
  if type(show.auth.url) == "string" then show.auth.url = show.auth.url:gsub("@url", url) end
  local definition = { name = "vault", base_url = url, credentials = { derived = mechanism.derived }, operations = { show = show } }
  for name, kind in pairs(mechanism.takes) do
    definition.credentials[name] = CREDENTIALS[kind]
  end
  for name, other in pairs(mechanism.others or {}) do definition.operations[name] = other end
  return definition
end

return mechanisms
