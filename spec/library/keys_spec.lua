--- library declares just the keys that each table may have, and just the words: those that the code looks an unknown one up among.

local cards = require "cards"
local core = require "cards.core"
local reader = require "library.reader"
local testing = require "cards.testing"

local UNKNOWN = "zzzz_unknown"
local PROVIDERS = { "alix", "netxd", "whop", "payengine", "nayax" }

local declared = reader.read()

--- The names among which the library looks for UNKNOWN while a function runs, as keys.
local function known(call, ...)
  local real, found = core.nearest, nil
  core.nearest = function(name, names) -- luacheck: ignore
    if name == UNKNOWN then
      assert(not found, "it is looked for twice")
      found = {}
      for _, one in ipairs(names) do
        found[one] = true
      end
    end
    return real(name, names)
  end
  pcall(call, ...)
  core.nearest = real -- luacheck: ignore
  return assert(found, "nothing is known where an unknown key is given")
end

local function list(names)
  local all = {}
  for name in pairs(names) do
    table.insert(all, name)
  end
  table.sort(all)
  return table.concat(all, " ")
end

--- A table with an unknown key in it.
local function with_unknown(given)
  given = given or {}
  given[UNKNOWN] = 1
  return given
end

--- The keys that may be set in `new` of a provider.
local function of_new(provider)
  return known(cards[provider].new, with_unknown())
end

--- Those that all providers have.
local function common()
  local all = of_new "alix"
  for _, provider in ipairs(PROVIDERS) do
    local own = of_new(provider)
    for key in pairs(all) do
      all[key] = own[key] and key ~= "defaults" or nil
    end
  end
  return all
end

-- Definitions ---------------------------------------------------------------------

local PARAMS = { card_id = {} }

--- A definition with an operation `show` that has these keys.
local function definition(operation, more)
  local made = { path = "/cards/{card_id}", params = PARAMS }
  for key, value in pairs(operation or {}) do
    made[key] = value
  end
  local all = { name = "library_keys", base_url = "https://keys.example", operations = { show = made, other = { path = "/" } } }
  for key, value in pairs(more or {}) do
    all[key] = value
  end
  return all
end

local function of_definition(more)
  return known(cards.define.check, definition(nil, more))
end

local function of_operation(operation)
  return known(cards.define.check, definition(operation))
end

local function param(given)
  return { method = "POST", params = { card_id = {}, x = given } }
end

--- The message of a definition's mistake at a place, or nil.
local function mistake_at(place, given)
  for _, mistake in ipairs(cards.define.check(given)) do
    if table.concat(mistake.path, ".") == place then
      return mistake.message
    end
  end
end

--- The types that an entry of `auth` has, and by type the keys that are for it.
local function auth_types()
  return known(cards.define.check, definition(nil, { auth = { { type = UNKNOWN } } }))
end

local function of_auth(kind)
  local keys = of_definition { auth = { with_unknown { type = kind } } }
  for key in pairs(keys) do
    local entry = { type = kind }
    entry[key] = key == "type" and kind or "x"
    local wrong = mistake_at("auth.1." .. key, definition(nil, { auth = { entry } }))
    keys[key] = not (wrong and wrong:find("is not for \"", 1, true)) or nil
  end
  return keys
end

local CIPHERS = { alg = "jwe", enc = "jwe", header = "jwe", iv = "aes-cbc", tag = "aes-gcm" } -- what some keys are for; others are for any
local VALUES = { alg = "dir", enc = "A256GCM", header = { kid = "x" }, iv = "zero", tag = "suffix", encoding = "hex", at = "body.x", json = true,
  over = "{session}", key = "k" }

--- The keys of what says how something is encrypted. Each of them is tried, as not every place takes each.
-- @param operation function(spec) that returns the keys of an operation
-- @param place of it in the definition
local function of_cipher(operation, place)
  local keys = of_operation(operation(with_unknown { type = "aes-cbc", key = "k", at = "x" }))
  for key in pairs(keys) do
    local spec = { type = CIPHERS[key] or "rsa-oaep", key = "k", at = place:find "%.key$" and "x" or nil }
    spec[key] = key == "type" and spec.type or VALUES[key]
    local wrong = mistake_at(("operations.show.%s.%s"):format(place, key), definition(operation(spec)))
    keys[key] = not (wrong and wrong:find "%f[%a]is for ") or nil
  end
  return keys
end

-- All of them ---------------------------------------------------------------------

--- By class: a function that returns the keys that the code takes.
local tables = {
  ["cards.CallOptions"] = function()
    local client = testing.client("alix", {})
    return known(client.private_info, client, "c_1", with_unknown())
  end,
  ["cards.Config"] = common,
  ["cards.Proxy"] = function() return known(cards.alix.new, { proxy = with_unknown() }) end,
  ["cards.Tls"] = function() return known(cards.alix.new, { tls = with_unknown() }) end,
  ["cards.Ends"] = function() return known(cards.mask.pan, with_unknown()) end,
  ["cards.ProcessSettings"] = function() return known(cards.configure, with_unknown()) end,
  ["cards.MetricsSettings"] = function() return known(cards.configure, { metrics = with_unknown { shared = "x" } }) end,
  ["cards.RevealSettings"] = function() return known(cards.configure, { reveal = with_unknown() }) end,
  ["cards.RevealRole"] = function() return known(cards.configure, { reveal = { policy = { x = with_unknown() }, audit = print } }) end,
  ["cards.RevealOptions"] = function()
    local secret = cards.secret "x"
    return known(secret.reveal, secret, with_unknown())
  end,
  ["cards.Recipient"] = function() return known(cards.seal, {}, with_unknown()) end,
  ["cards.EachOptions"] = function() return known(cards.each, {}, print, with_unknown()) end,
  ["cards.ProgressOptions"] = function() return known(cards.progress, with_unknown()) end,
  ["cards.RetryOptions"] = function() return known(cards.retry, print, with_unknown()) end,
  ["cards.HedgeOptions"] = function() return known(cards.hedge, print, with_unknown()) end,
  ["cards.LimitOptions"] = function() return known(cards.limit, with_unknown()) end,
  ["cards.BreakerOptions"] = function() return known(cards.breaker, with_unknown()) end,
  ["cards.TokenSourceOptions"] = function() return known(cards.token_source, print, with_unknown()) end,
  ["cards.TraceSettings"] = function() return known(cards.configure, { trace = with_unknown() }) end,
  ["cards.TraceParent"] = function() return known(cards.trace, with_unknown(), print) end,
  ["cards.OtlpOptions"] = function() return known(cards.trace.otlp, with_unknown()) end,
  ["cards.AuditOptions"] = function() return known(cards.audit.file, "x", with_unknown()) end,
  ["cards.LoadOptions"] = function() return known(cards.load, "x", with_unknown()) end,
  ["cards.WatchOptions"] = function() return known(cards.watch, "x", with_unknown()) end,
  ["cards.PolicyOptions"] = function() return known(cards.mask.policy, {}, with_unknown()) end,
  ["cards.testing.ErrorFields"] = function() return known(testing.error, with_unknown()) end,
  ["cards.Mapping"] = function() return known(cards.map.check, "alix.private_info", with_unknown()) end,
  ["cards.BillingMapping"] = function() return known(cards.map.check, "alix.private_info", { billing = with_unknown() }) end,

  ["cards.Definition"] = function() return of_definition(with_unknown()) end,
  ["cards.Operation"] = function() return of_operation(with_unknown()) end,
  ["cards.Rate"] = function() return of_definition { rate = with_unknown { 1 } } end,
  ["cards.Param"] = function() return of_operation(param(with_unknown())) end,
  ["cards.ListedParam"] = function() return of_operation { params = { with_unknown { name = "card_id" } } } end,
  ["cards.DeclaredCredential"] = function() return of_definition { credentials = { x = with_unknown() } } end,
  ["cards.Setting"] = function() return of_definition { settings = { x = with_unknown() } } end,
  ["cards.FetchedKey"] = function()
    return of_definition { auth = { type = "oauth1", consumer_key = "c", key = with_unknown { from = "other", take = "x" } } }
  end,
  ["cards.Step"] = function() return of_operation { before = with_unknown { operation = "other" } } end,
  ["cards.Response"] = function() return of_operation { response = with_unknown() } end,
  ["cards.Field"] = function() return of_operation { response = { fields = { x = with_unknown { type = "string" } } } } end,
  ["cards.SuccessRule"] = function() return of_operation { success = with_unknown() } end,
  ["cards.ErrorPaths"] = function() return of_operation { error = with_unknown() } end,
  ["cards.RetryRules"] = function() return of_operation { retry = with_unknown() } end,
  ["cards.Echo"] = function() return of_operation { echo = { x = with_unknown { param = "card_id" } } } end,
  ["cards.PageRules"] = function() return of_operation { pages = with_unknown() } end,
  ["cards.Example"] = function() return of_definition { examples = { with_unknown { operation = "show", answer = "" } } } end,
  ["cards.ExampleError"] = function() return of_definition { examples = { { operation = "show", answer = "", error = with_unknown() } } } end,

  ["cards.Decrypt"] = function()
    return of_cipher(function(spec) return { response = { decrypt = spec } } end, "response.decrypt")
  end,
  ["cards.FieldDecrypt"] = function()
    return of_cipher(function(spec) return { response = { fields = { x = { type = "pan", decrypt = spec } } } } end, "response.fields.x.decrypt")
  end,
  ["cards.WrappedKey"] = function()
    return of_cipher(function(spec) return { response = { decrypt = { type = "aes-cbc", json = true, key = spec } } } end, "response.decrypt.key")
  end,
  ["cards.Encrypt"] = function()
    return of_cipher(function(spec) return { method = "POST", encrypt = spec } end, "encrypt")
  end,
  ["cards.Wrap"] = function()
    return of_cipher(function(spec) return param { session = 32, wrap = spec } end, "params.x.wrap")
  end,
}

for _, provider in ipairs(PROVIDERS) do
  tables[("cards.%s.Config"):format(provider)] = function() return of_new(provider) end
end

for name, class in pairs(declared.classes) do
  local kind = name:find "Auth$" and class.fields.type and next(reader.words(class.fields.type.type))
  if kind then
    tables[name] = function() return of_auth(kind) end
  elseif name:find "Defaults$" then
    tables[name] = function() return known(cards[name:match "^cards%.(%l+)"].new, { defaults = with_unknown() }) end
  elseif name:find "Parameters$" then
    tables[name] = function()
      local params = {}
      for _, operation in pairs(cards.describe((name:match "^cards%.(%l+)"))) do
        for param_name in pairs(operation.params) do
          params[param_name] = true
        end
      end
      return params
    end
  end
end

--- A place has one key, so that nothing lists them: `{ env = "NAME" }` is one, and takes no other.
local function of_place(key, value)
  return function()
    local function try(place) return pcall(cards.alix.new, { base_url = "https://x.example", access_token = place }) end
    assert(try { [key] = value })
    assert.matches("and nothing else in it", select(2, try { [key] = value, other = "x" }))
    return { [key] = true }
  end
end
tables["cards.EnvPlace"] = of_place("env", "LUA_BIN")
tables["cards.FilePlace"] = function()
  local path = os.tmpname()
  finally(function() os.remove(path) end)
  local file = assert(io.open(path, "w"))
  file:write "token\n"
  file:close()
  return of_place("file", path)()
end

describe("the keys that library declares are those that the code takes:", function()
  for name in pairs(declared.classes) do
    if name ~= "cards.Keys" and reader.is(declared, name, "cards.Keys") then
      it(name, function()
        local keys = assert(tables[name], "no way is known to ask which keys the code takes")
        assert.equal(list(keys()), list(reader.fields(declared, name)))
      end)
    end
  end

  it("each type of auth has its class", function()
    local found = {}
    for name in declared.aliases["cards.Auth"]:gmatch "[%w_.]+" do
      found[next(reader.words(declared.classes[name].fields.type.type))] = true
    end
    assert.equal(list(auth_types()), list(found))
  end)
end)

--- The words of a message "x must be one of a, b and so on".
local function words_in(message)
  local words = {}
  for word in message:match "[io][sf] one of (.*)$" or message:match "must be one of (.*)$":gmatch "[^, ]+" do
    words[word] = true
  end
  return words
end

local function word_of_operation(operation)
  return function() return of_operation(operation) end
end

--- By alias, or by class and field: a function that returns the words that the code takes.
local words = {
  ["cards.ErrorKind"] = function() return known(testing.error, { kind = UNKNOWN }) end,
  ["cards.SecretClass"] = function()
    local found = {}
    for word in select(2, pcall(cards.secret, "x", UNKNOWN)):match "one of (.-)%)?$":gmatch "%l+" do
      found[word] = true
    end
    return found
  end,
  ["cards.SignatureAlgorithm"] = function() return core.algorithms().signature end,
  ["cards.CipherType"] = function()
    local found = core.algorithms().cipher
    found.jwe = true
    return found
  end,
  ["cards.JwtAlgorithm"] = function() return of_definition { auth = { type = "jwt", key = "k", claims = {}, algorithm = UNKNOWN } } end,
  ["cards.JweAlg"] = function()
    return words_in(mistake_at("operations.show.response.decrypt.alg", definition { response = { decrypt = { type = "jwe", key = "k", alg = UNKNOWN } } }))
  end,
  ["cards.JweEnc"] = function()
    return words_in(mistake_at("operations.show.response.decrypt.enc", definition { response = { decrypt = { type = "jwe", key = "k", enc = UNKNOWN } } }))
  end,
  ["cards.Encoding"] = function() return of_definition { auth = { type = "signature", name = "X-S", key = "k", over = "x", encoding = UNKNOWN } } end,
  ["cards.FieldType"] = word_of_operation { response = { fields = { x = UNKNOWN } } },
  ["cards.MeantKind"] = word_of_operation { null = { x = UNKNOWN } },
  ["cards.ParamType"] = word_of_operation(param { type = UNKNOWN }),
  ["cards.Operation.method"] = word_of_operation { method = UNKNOWN },
  ["cards.Operation.encoding"] = word_of_operation { method = "POST", encoding = UNKNOWN },
  ["cards.Response.format"] = word_of_operation { response = { format = UNKNOWN } },
  ["cards.Param.unique"] = word_of_operation(param { unique = UNKNOWN }),
  ["cards.Param.encoding"] = word_of_operation(param { public_of = "k", encoding = UNKNOWN }),
  ["cards.DeclaredCredential.type"] = function() return of_definition { credentials = { x = { type = UNKNOWN } } } end,
  ["cards.DeclaredCredential.encoding"] = function() return of_definition { credentials = { x = { encoding = UNKNOWN } } } end,
  ["cards.Oauth2Auth.client_auth"] = function() return of_definition { auth = { type = "oauth2", client_auth = UNKNOWN } } end,
  ["cards.Tls.min_version"] = function() return words_in(select(2, pcall(cards.alix.new, { tls = { min_version = UNKNOWN } }))) end,
  ["cards.ProcessSettings.memory"] = function() return words_in(select(2, pcall(cards.configure, { memory = UNKNOWN }))) end,
}

describe("the words that library declares are those that the code takes:", function()
  for name, find in pairs(words) do
    it(name, function()
      local alias, class, field = declared.aliases[name], name:match "^(.*)%.([^.]+)$"
      local kind = alias or declared.classes[class].fields[field].type
      assert.equal(list(find()), list(reader.words(kind)))
    end)
  end

  it("each alias of words", function()
    for name, alias in pairs(declared.aliases) do
      assert.is_true(words[name] ~= nil or not alias:find '^"', name)
    end
  end)
end)
