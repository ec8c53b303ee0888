--- How a text is encrypted, in an answer (`decrypt`) or a request (`encrypt`, `wrap`): { type = "jwe", alg, enc } or the name of a cipher, with a key and,
-- for AES, where IV and tag are. src/crypto/cipher.h says what the ciphers are.

local auth = require "cards.define.auth"
local claims = require "cards.define.claims"
local core = require "cards.core"
local mistakes = require "cards.util.mistakes"
local paths = require "cards.define.paths"
local templates = require "cards.define.templates"

local encryption = {}

local any, flag = mistakes.any, mistakes.flag

local TYPES = core.algorithms().cipher -- what the key of each is: "pem" or "bytes"
TYPES.jwe = "pem"
local ENCODINGS = mistakes.set("base64", "base64url", "hex", "none")
local IV = { prefix = "prefix", suffix = "suffix", zero = "zero" }
local TAG = { prefix = "prefix", suffix = "suffix" }
local MOST_KEYS = 4

local SPEC = { type = any, alg = any, enc = any, key = any, iv = any, tag = any, encoding = any, at = any, json = flag, header = any, over = any }

--- An algorithm of a JWE, or nil.
local function jwe_name(at, value, is_enc)
  if value == nil then
    return nil
  elseif type(value) ~= "string" or not core.jwe(not is_enc and value or nil, is_enc and value or nil) then
    return at:wrong(is_enc and "must be one of A128GCM, A192GCM, A256GCM, A128CBC-HS256, A192CBC-HS384, A256CBC-HS512"
      or "must be one of RSA-OAEP, RSA-OAEP-256, ECDH-ES, ECDH-ES+A128KW, ECDH-ES+A192KW, ECDH-ES+A256KW, A128KW, A192KW, A256KW, dir")
  end
  return value
end

--- Where an IV or a tag is: a word, or a path of the answer.
local function place(at, value, words, otherwise, is_answer)
  if value == nil or words[value] then
    return words[value] or otherwise
  elseif not is_answer then
    return at:wrong("must be one of %s", table.concat(at.keys(words), ", "))
  end
  return paths.read(at, value) and "beside" or nil, value
end

--- Adds a mistake for a key that has no sense there.
local function refuse(at, given, key, why)
  if given and given[key] ~= nil then
    at:at(key):wrong(why)
  end
end

--- For a template of what is encrypted, where the place says it.
local function no_over(at, given)
  refuse(at, given, "over", "is for the wrap of a session key")
end

--- What only a cipher has: IV, tag and encoding.
local function read_cipher(at, given, made, is_answer)
  local is_aes = made.type:find "^aes" ~= nil
  local fits = { iv = is_aes and not made.type:find "ecb$", tag = made.type:find "gcm$" }
  for _, key in ipairs { "iv", "tag" } do
    if given[key] ~= nil and not fits[key] then
      at:at(key):wrong("is not for %s", made.type)
    end
  end
  if is_aes then
    made.iv_place, made.iv = place(at:at "iv", given.iv, IV, "prefix", is_answer)
    made.tag_place, made.tag = place(at:at "tag", given.tag, TAG, "suffix", is_answer)
  end
  made.encoding = given.encoding == nil and "base64" or at:at("encoding"):word(given.encoding, ENCODINGS)
  for _, key in ipairs { "alg", "enc", "header" } do
    if given[key] ~= nil then
      at:at(key):wrong "is for the type jwe"
    end
  end
end

local function read_jwe(at, given, made, is_answer)
  made.alg, made.enc = jwe_name(at:at "alg", given.alg), jwe_name(at:at "enc", given.enc, true)
  for _, key in ipairs { "iv", "tag", "encoding" } do
    if given[key] ~= nil then
      at:at(key):wrong "is not for the type jwe, whose form says it"
    end
  end
  if given.header ~= nil and is_answer then
    at:at("header"):wrong "is for what is encrypted"
  elseif given.header ~= nil then
    made.header = claims.template(at:at "header", given.header)
  end
  for _, key in ipairs { "alg", "enc" } do
    if not is_answer and given[key] == nil then
      at:at(key):wrong "is required"
    end
  end
end

local read

--- The key: the name of a part, or how the key itself is encrypted that stands in the answer.
local function read_key(at, given, made, into, is_answer, depth)
  local value, here = given.key, at:at "key"
  local kind = TYPES[made.type]
  if made.type == "jwe" and made.alg and select(2, core.jwe(made.alg)) then
    kind = "bytes"
  end
  if value == nil then
    here:wrong "is required: the name of a credential, or what it is taken from"
  elseif type(value) == "table" and rawget(value, "at") ~= nil and is_answer then
    local given_key
    if depth < MOST_KEYS then
      made.wrapped, given_key = read(here, value, into, true, depth + 1)
    end
    no_over(here, given_key)
    refuse(here, given_key, "json", "is for a text that is no key")
    if depth == MOST_KEYS then
      here:wrong(": more than %d keys are encrypted, each with the next", MOST_KEYS)
    end
    if made.wrapped and kind ~= "bytes" then
      here:wrong(": a key that is encrypted in the answer is bytes, and %s has a key pair", made.type)
    end
  elseif value == "session" then
    made.key = into.session and "session" or here:wrong ": no parameter makes a session key"
  else
    made.key = auth.key(here, value, into, kind == "pem" and "pem" or nil)
  end
end

--- @param depth how many keys stand above that are encrypted in the answer
function read(at, value, into, is_answer, depth)
  local given = at:read(value, SPEC)
  if not given then
    return nil
  end
  local made = { type = at:at("type"):word(given.type, TYPES) }
  if not made.type then
    return nil
  end
  if given.at ~= nil and is_answer then
    made.at = paths.read(at:at "at", given.at) and given.at
  end
  (made.type == "jwe" and read_jwe or read_cipher)(at, given, made, is_answer)
  read_key(at, given, made, into, is_answer, depth)
  return made, given
end

--- Reads how a text of the answer is encrypted.
-- @param into the parts of the operation, as cards.define.auth fills them in; `session` is true where one makes a session key
-- @return the form that core.define takes, and the table as it was given; nil and mistakes where something is wrong
function encryption.of_answer(at, value, into)
  local made, given = read(at, value, into, true, 0)
  no_over(at, given)
  return made, given
end

--- Reads how something is encrypted that is sent. Likewise.
function encryption.of_request(at, value, into)
  local made, given = read(at, value, into, false, 0)
  refuse(at, given, "json", "is for what is decrypted")
  return made, given
end

--- The path in the body that `at` of an `encrypt` names: "" for all of it.
local function sealed_path(at, value)
  if type(value) ~= "string" or not (value == "body" or value:find "^body[.%[]") then
    return at:wrong "must be \"body\", or a path in the body such as \"body.data\""
  end
  local path = value:gsub("^body%.?", "")
  return (path == "" or paths.body(at, path)) and path or nil
end

local function is_within(part, path)
  local next = part.wire:sub(#path + 1, #path + 1)
  return path == "" or part.wire == path or (part.wire:sub(1, #path) == path and (next == "." or next == "["))
end

local SESSION = { [16] = true, [24] = true, [32] = true, [48] = true, [64] = true }

--- The parameters that are keys: a new one for each attempt, `session`, encrypted as `wrap` says; and the public part of one of ours, `public_of`.
-- @param into as above
-- @return by the key that a parameter has: a function(at, param) that returns what core.define takes of it, but for where it goes
function encryption.params(into)
  local kinds = {}

  function kinds.session(at, param)
    if not SESSION[param.session] then
      at:at("session"):wrong "must be the bytes of the key: 16, 24, 32, 48 or 64"
    elseif into.session then
      at:at("session"):wrong ": an operation has one session key"
    elseif param.wrap == nil then
      at:at("wrap"):wrong "is required: how the key is encrypted for the provider"
    end
    table.insert(into.parts, { source = "made", kind = "session", name = "session", into = "nothing", length = param.session })
    local made, wrap, given = { source = "made", kind = "sealed", over = "{session}" }, at:at "wrap", nil
    if type(param.wrap) == "table" then
      made.over = templates.read(wrap:at "over", rawget(param.wrap, "over")) or made.over
    end
    if param.wrap ~= nil then
      made.encryption, given = encryption.of_request(wrap, param.wrap, into)
    end
    refuse(wrap, given, "at", "is for what stands in a body or an answer")
    made.key = made.encryption and made.encryption.key
    into.session = true
    return made
  end

  function kinds.public_of(at, param)
    local form = param.encoding == nil and "spki" or at:at("encoding"):word(param.encoding, { spki = true, pem = true, jwk = true })
    return { source = "made", kind = "public", key = auth.key(at:at "public_of", param.public_of, into, "pem"), form = form,
      type = form == "jwk" and "object" or nil }
  end

  return kinds
end

--- Reads `encrypt` of an operation: what goes to such a path of the body is encrypted, and the text goes there instead.
-- @param parts of the request so far, which it changes
-- @param has_template whether the body is a template
function encryption.seal(at, value, parts, into, has_template)
  at:each(value, 4, function(here, spec)
    local made, given = encryption.of_request(here, spec, into)
    no_over(here, given)
    local path = given and sealed_path(here:at "at", given.at)
    local found = path == "" and has_template
    for _, part in ipairs(path and parts or {}) do
      if part.into == "body" and is_within(part, path) then
        part.into, found = "sealed", true
      end
    end
    if path and not found then
      here:at("at"):wrong ": nothing goes there in the body"
    elseif path then
      table.insert(into.parts, { source = "made", kind = "sealed", name = "sealed " .. given.at, into = "body", wire = path, encryption = made, here = here,
        over = path == "" and "{sealed}" or ("{sealed.%s}"):format(path), steps = path ~= "" and paths.body(here, path) or nil,
        key = made and made.key })
    end
  end)
end

return encryption
