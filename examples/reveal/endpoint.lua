--- The Lua of examples/reveal/nginx.conf: who is signed in, one-time nonces, and a card that is sealed for the browser that asks.
-- luacheck: globals ngx

local cards = require "cards"
local cjson = require "cjson.safe"

local endpoint = {}

-- A stub. Anybody may sign in as one of these two, without a password: put your own sessions in its place. A card is shown to its owner only.
local USERS = {
  ada = { name = "Ada", cards = { "c_1" } },
  ben = { name = "Ben", cards = { "c_2" } },
}

local NONCE_SECONDS = 60

local alix

--- Makes the client and sets the policy, once per worker.
-- @param log the path of the audit log, which the workers share
function endpoint.open(log)
  alix = cards.alix.new {
    base_url = os.getenv "ALIX_URL", access_token = cards.secret.from_env "ALIX_ACCESS_TOKEN", timeout = 10, tls = { ca_file = os.getenv "CA_FILE" },
  }
  local append = cards.audit.file(log)
  cards.configure { reveal = {
    policy = { cardholder = { classes = { "pan", "cvv" }, purposes = { "show_card" } } },
    audit = function(entry)
      ngx.ctx.accounted = true
      return append(entry) -- where it fails nothing is sealed
    end,
  } }
end

--- 32 hexadecimal digits that nobody can guess.
local function random()
  local source = assert(io.open("/dev/urandom", "rb"))
  local bytes = source:read(16)
  source:close()
  return (bytes:gsub(".", function(byte) return ("%02x"):format(byte:byte()) end))
end

local function answer(status, body)
  ngx.status = status
  ngx.say(cjson.encode(body))
  return ngx.exit(ngx.HTTP_OK) -- the status stays
end

--- Ends the request with a word for the page and a sentence for who reads the answer.
local function refuse(status, word, message)
  return answer(status, { error = word, message = message })
end

-- Who asks -------------------------------------------------------------------------

--- The session's id and its user, or nil.
local function session()
  local id = ngx.var.cookie_session
  local user = id and ngx.shared.sessions:get(id)
  return user and id, USERS[user]
end

--- The same where there has to be one.
local function signed_in()
  local id, user = session()
  if not id then
    return refuse(401, "session", "sign in first: there is no session, or it has ended")
  end
  return id, user
end

--- Ends a request that does not come from the page.
local function from_the_page()
  if ngx.req.get_method() ~= "POST" then
    return refuse(405, "method", "this wants a POST")
  elseif ngx.var.http_origin ~= ngx.var.page_origin then
    return refuse(403, "origin", "this is for the page at " .. ngx.var.page_origin)
  end
end

--- The JSON object that was posted.
local function body()
  if (ngx.var.http_content_type or ""):lower():match "^[^;%s]*" ~= "application/json" then
    return refuse(415, "type", "this wants a body of application/json")
  end
  ngx.req.read_body()
  local value = cjson.decode(ngx.req.get_body_data() or "")
  if type(value) ~= "table" then
    return refuse(400, "json", "the body is no JSON object")
  end
  return value
end

local function cookie(id, seconds)
  local secure = ngx.var.https == "on" and "; Secure" or ""
  ngx.header["Set-Cookie"] = ("session=%s; Path=/; Max-Age=%d; HttpOnly; SameSite=Strict%s"):format(id, seconds, secure)
end

--- GET / without a session goes to the form.
function endpoint.page()
  if not session() then
    return ngx.redirect("/login", 303)
  end
end

--- GET and POST /login.
function endpoint.login()
  if ngx.req.get_method() == "GET" then
    return ngx.exec "/login.html"
  end
  from_the_page()
  ngx.req.read_body()
  local posted = ngx.req.get_post_args(4) or {} -- nil where the body came in so many pieces that nginx put it into a file
  local user = posted.user
  if not USERS[user] then
    return refuse(403, "user", "there is no such user")
  end
  local id, seconds = random(), tonumber(ngx.var.session_seconds)
  assert(ngx.shared.sessions:set(id, user, seconds))
  cookie(id, seconds)
  return ngx.redirect("/", 303)
end

--- POST /logout.
function endpoint.logout()
  from_the_page()
  local id = session()
  if id then
    ngx.shared.sessions:delete(id)
  end
  cookie("", 0)
  return ngx.redirect("/login", 303)
end

-- What is asked --------------------------------------------------------------------

--- The card of an id from the provider, and the record that it was made of: both have secrets.
local function card_of(id)
  local record, err = alix:private_info(id)
  if not record then
    ngx.log(ngx.NOTICE, tostring(err)) -- one line without secrets
    return refuse(err.kind == "not_found" and 404 or 502, err.kind, "the provider gave no card")
  end
  return cards.card(record), record
end

--- GET /reveal/cards: the user's cards, by their last four digits.
function endpoint.cards()
  local _, user = signed_in()
  local list = {}
  for _, id in ipairs(user.cards) do
    local card, record = card_of(id)
    list[#list + 1] = { id = id, last4 = card.number:last(4) }
    cards.close { card, record }
  end
  return answer(200, { user = user.name, cards = list })
end

-- A session's nonce; its value is how often it may be used.
local function key(id, nonce) return id .. " " .. nonce end

--- POST /reveal/nonce: a text that the session may use once, within a minute.
function endpoint.nonce()
  from_the_page()
  local id = signed_in()
  local nonce = random()
  assert(ngx.shared.nonces:set(key(id, nonce), 1, NONCE_SECONDS))
  return answer(200, { nonce = nonce })
end

--- Takes a nonce out of use: true where it was this session's, and nobody has taken it before. That is one step for all workers.
local function take(nonce, id)
  return type(nonce) == "string" and ngx.shared.nonces:incr(key(id, nonce), -1) == 0
end

local function owns(user, card)
  for _, id in ipairs(user.cards) do
    if id == card then return true end
  end
end

--- The card's details in a JWE for the browser's key, or nil and the error.
local function sealed(card, jwk, nonce)
  return cards.seal({
    number = card.number, cvv = card.cvv, exp_month = card.exp_month, exp_year = card.exp_year, holder_name = card.holder_name,
  }, {
    key = jwk, purpose = "show_card", role = "cardholder", audience = ngx.var.page_origin, nonce = nonce, ttl = 60, request_id = ngx.var.request_id,
  })
end

--- Ends the request where nothing was sealed.
local function unsealed(err)
  if err.kind == "invalid_request" and not ngx.ctx.accounted then
    return refuse(400, "key", err.message)
  end
  ngx.log(ngx.ERR, tostring(err)) -- there is no room, or the log or the policy refuses
  return refuse(503, "unavailable", "the card cannot be shown at the moment")
end

--- POST /reveal/card { card, jwk, nonce }: the card as a JWE, for its owner.
function endpoint.card()
  from_the_page()
  local id, user = signed_in()
  local asked = body()
  if not take(asked.nonce, id) then
    return refuse(409, "nonce", "the nonce is used, too old, or another session's: ask for a new one")
  elseif not owns(user, asked.card) then
    return refuse(404, "card", "you have no such card")
  elseif type(asked.jwk) ~= "table" then
    return refuse(400, "key", "jwk has to be a public key as a JWK")
  end
  local card, record = card_of(asked.card)
  local jwe, err = sealed(card, asked.jwk, asked.nonce)
  cards.close { card, record }
  if not jwe then
    return unsealed(err)
  end
  ngx.header["Content-Type"] = "application/jose"
  ngx.print(jwe)
end

return endpoint
