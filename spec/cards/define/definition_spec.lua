--- What is wrong with a definition: every mistake by its place in the table, with the nearest known word, and never with a value.

local cards = require "cards"
local acme = require "support.acme"

-- Where nothing is to be at a place.
local NONE = {}

-- A definition that is right, with values put at places: { ["operations/show/method"] = "GTE" }.
local function with(changes)
  local definition = acme.definition()
  for place, value in pairs(changes) do
    local steps = {}
    for step in place:gmatch "[^/]+" do
      table.insert(steps, tonumber(step) or step)
    end
    local at = definition
    for i = 1, #steps - 1 do
      at[steps[i]] = at[steps[i]] or {}
      at = at[steps[i]]
    end
    if value == NONE then value = nil end
    at[steps[#steps]] = value
  end
  return definition
end

local SHOW = "operations/show/"
local LONG = ("x"):rep(3000)

-- A table that contains itself at a key, beside what is given.
local function circle(key, made)
  made[key] = made
  return made
end

local function jwt(claims)
  return { type = "jwt", key = "k", algorithm = "HS256", claims = claims }
end

local function many(count, value)
  local made = {}
  for i = 1, count do made["a" .. i] = value end
  return made
end

-- What is changed, by place; the mistake's line.
local CASES = {
  { { [SHOW .. "response/decrypt"] = circle("key", { type = "aes-cbc", at = "k" }) },
    "operations.show.response.decrypt.key.key.key.key.key: more than 4 keys are encrypted, each with the next" },
  { { auth = jwt(circle("a", {})) }, "auth.claims.a.a.a.a is nested too deeply" },
  { { auth = jwt { a = print } }, "auth.claims.a must be a text, a number, true, false or a table of them" },
  { { auth = jwt { a = { 1, print } } }, "auth.claims.a.2 must be a text, a number" },
  { { auth = jwt { a = "\255" } }, "auth.claims.a has a text that is not valid UTF-8" },
  { { auth = jwt(many(2000, "value")) }, "auth.claims is longer than 10000 bytes" },
  { { credentials = { a = { type = "pem", password = "b" }, b = { type = "pem", password = "a" } }, auth = { type = "oauth1", consumer_key = "k", key = "a" } },
    "credentials.a.password is a key with a password of its own" },
  { { auth = { type = "signature", name = "X", algorithm = "sha256", over = "{body}", parts = { nonce = {} } } },
    "auth.parts.nonce" },
  { { [SHOW .. "before"] = { operation = "show", take = many(100, "a") } }, "operations.show.before.take has more than 64 entries" },
  { { nmae = "acme" }, "nmae: unknown key (did you mean 'name'?)" },
  { { name = NONE }, "name must be a name such as \"acme\": small letters, digits and _" },
  { { name = "Acme" }, "name must be a name such as" },
  { { name = "4111111111111111" }, "name must be a name such as" },
  { { name = ("a"):rep(33) }, "name is longer than 32 bytes" },
  { { name = "whop" }, "name is the name of a built-in provider" },
  { { base_url = 5 }, "base_url must be a string that is not empty" },
  { { base_url = "api.acme.example" }, "base_url must be a URL that begins with https://" },
  { { base_url = "https://" .. LONG }, "base_url is longer than 2000 bytes" },
  { { operations = NONE }, "operations must be a table" },
  { { operations = {} }, "operations must have at least one operation" },
  { { ["operations/Show"] = {} }, "operations.Show: the name of an operation has small letters, digits and _, 32 at most" },
  { { ["operations/" .. ("a"):rep(33)] = {} }, ": the name of an operation has small letters, digits and _, 32 at most" },
  { { ["operations/new"] = {} }, "operations.new: every provider has something of that name" },
  { { ["operations/start"] = {} }, "operations.start: every provider has something of that name" },
  { { ["operations/pages"] = {} }, "operations.pages: every provider has something of that name" },
  { { ["operations/list"] = 5 }, "operations.list must be a table" },
  { { [SHOW .. "metod"] = "GET" }, "operations.show.metod: unknown key (did you mean 'method'?)" },
  { { [SHOW .. "method"] = "GTE" }, "operations.show.method must be one of DELETE, GET, PATCH, POST, PUT (did you mean 'GET'?)" },
  { { [SHOW .. "method"] = 5 }, "operations.show.method must be one of DELETE, GET, PATCH, POST, PUT" },
  { { [SHOW .. "method"] = "POST", [SHOW .. "encoding"] = "from" }, "operations.show.encoding must be one of form, json, raw, xml (did you mean 'form'?)" },
  { { [SHOW .. "method"] = "POST", [SHOW .. "encoding"] = true }, "operations.show.encoding must be one of form, json, raw, xml" },
  { { [SHOW .. "encoding"] = "form" }, "operations.show.encoding is of a body: GET has none" },
  { { [SHOW .. "safe"] = "yes" }, "operations.show.safe must be true or false" },
  { { [SHOW .. "page"] = 5 }, "operations.show.page must be a string that is not empty" },
  -- path
  { { [SHOW .. "path"] = NONE }, "operations.show.path must be a path that begins with /" },
  { { [SHOW .. "path"] = "cards/{card_id}" }, "operations.show.path must be a path that begins with /" },
  { { [SHOW .. "path"] = "/cards/{card id}" }, "operations.show.path has a brace that is not part of a placeholder such as {card_id}" },
  { { [SHOW .. "path"] = "/cards/{card_id" }, "operations.show.path has a brace that is not part" },
  { { [SHOW .. "path"] = "/cards/{card_id}/{other}" }, "operations.show.path has {other}, which no parameter fills" },
  { { [SHOW .. "path"] = "/a b/{card_id}" }, "operations.show.path contains a character that a path cannot have" },
  { { [SHOW .. "path"] = "/a#b/{card_id}" }, "operations.show.path contains a character that a path cannot have" },
  { { [SHOW .. "path"] = "/a%2/{card_id}" }, "operations.show.path contains a character that a path cannot have" },
  { { [SHOW .. "path"] = "/a/../{card_id}" }, "operations.show.path must not contain the names . and .." },
  { { [SHOW .. "path"] = "/" .. LONG }, "operations.show.path is longer than 1000 bytes" },
  { { [SHOW .. "path"] = "/a\n/{card_id}" }, "operations.show.path contains a line break, a NUL or another control character" },
  -- parameters
  { { [SHOW .. "params"] = "card_id" }, "operations.show.params must be a table" },
  { { [SHOW .. "params/card_id"] = "path" }, "operations.show.params.card_id must be a table" },
  { { [SHOW .. "params/card-id"] = {} }, "operations.show.params.card-id: the name of a parameter has letters, digits and _, 64 at most" },
  { { [SHOW .. "params/card_id/requird"] = true }, "operations.show.params.card_id.requird: unknown key (did you mean 'required'?)" },
  { { [SHOW .. "params/card_id/required"] = 1 }, "operations.show.params.card_id.required must be true or false" },
  { { [SHOW .. "params/card_id/required"] = false }, "operations.show.params.card_id.required must not be false: the path needs it" },
  { { [SHOW .. "params/card_id/into"] = "qeury" },
    "operations.show.params.card_id.into must be one of body, header, none, path, query (did you mean 'query'?)" },
  { { [SHOW .. "params/x/into"] = "path" }, "operations.show.params.x goes into the path, which has no {x}" },
  { { [SHOW .. "params/x/into"] = "body" }, "operations.show.params.x.into must not be the body: GET has none" },
  { { [SHOW .. "params/x/into"] = "body.a" }, "operations.show.params.x.into must not be the body: GET has none" },
  { { [SHOW .. "method"] = "POST", [SHOW .. "params/x/into"] = "body..a" }, "operations.show.params.x.into: .a: write a" },
  { { [SHOW .. "method"] = "POST", [SHOW .. "params/x"] = { into = "a.b", wire = "c" } }, "operations.show.params.x.wire is not for a body path" },
  { { [SHOW .. "method"] = "POST", [SHOW .. "params/x/into"] = "body" .. (".a"):rep(17) }, "operations.show.params.x.into: the path has more than 16 names" },
  { { [SHOW .. "method"] = "POST", [SHOW .. "params/x"] = { into = "a.b" }, [SHOW .. "params/y"] = { into = "a.b.c" } },
    "operations.show.params.y: the body 'a.b.c' is written twice" },
  { { [SHOW .. "params/x/into"] = "header" }, "operations.show.params.x.wire is required: the header's name" },
  { { [SHOW .. "params/x"] = { into = "header", wire = "X Y" } }, "operations.show.params.x.wire must be the name of a header" },
  { { [SHOW .. "params/x"] = { into = "header", wire = "Host" } }, "operations.show.params.x.wire is a header that the library sets" },
  { { [SHOW .. "params/x"] = { into = "header", wire = "authorization" } }, "operations.show.params.x: the header 'authorization' is written twice" },
  { { [SHOW .. "params/x/type"] = "int" }, "operations.show.params.x.type must be one of boolean, integer, list, number, object, string" },
  { { [SHOW .. "params/x"] = { type = "integer", default = "5" } }, "operations.show.params.x.default must be a whole number" },
  { { [SHOW .. "params/x"] = { type = "number", default = 1 / 0 } }, "operations.show.params.x.default must be a number" },
  { { [SHOW .. "params/x"] = { type = "boolean", default = "true" } }, "operations.show.params.x.default must be true or false" },
  { { [SHOW .. "params/x/default"] = 5 }, "operations.show.params.x.default must be a string that is not empty" },
  { { [SHOW .. "params/x/default"] = "" }, "operations.show.params.x.default must be a string that is not empty" },
  { { [SHOW .. "params/x"] = { default = "a", required = true } }, "operations.show.params.x.required has no sense beside a default" },
  { { [SHOW .. "params/x"] = { default = "c", enum = { "a", "b" } } }, "operations.show.params.x.default is none of what enum allows" },
  { { [SHOW .. "params/x/enum"] = "a" }, "operations.show.params.x.enum must be a list" },
  { { [SHOW .. "params/x/enum"] = { "a", 5 } }, "operations.show.params.x.enum.2 must be a string that is not empty" },
  { { [SHOW .. "params/x/enum"] = { "a", b = 5 } }, "operations.show.params.x.enum.b: a list has no such key" },
  { { [SHOW .. "params/x/enum"] = {} }, "operations.show.params.x.enum must have at least one value" },
  { { [SHOW .. "params/x/excludes"] = "card" }, "operations.show.params.x.excludes must be one of card_id, x (did you mean 'card_id'?)" },
  { { [SHOW .. "params/x/excludes"] = "x" }, "operations.show.params.x.excludes must be another parameter" },
  { { [SHOW .. "params/x"] = { excludes = "y", default = "a" }, [SHOW .. "params/y"] = {} }, "operations.show.params.x.excludes has no sense where one" },
  { { [SHOW .. "params/x"] = { excludes = "y" }, [SHOW .. "params/y"] = { unique = true } }, "operations.show.params.x.excludes has no sense where one" },
  { { [SHOW .. "params/x"] = { unique = true, type = "integer" } }, "operations.show.params.x.unique is for a string without a default" },
  { { [SHOW .. "params/x"] = { unique = "uuid", length = 8 } }, "operations.show.params.x.length is for hex and digits" },
  { { [SHOW .. "params/x"] = { length = 8 } }, "operations.show.params.x.length has no sense without unique" },
  { { [SHOW .. "params/x"] = { fresh = true } }, "operations.show.params.x.fresh has no sense without unique" },
  { { [SHOW .. "params/x"] = { now = "unix", length = 8 } }, "operations.show.params.x.length has no sense without unique" },
  { { [SHOW .. "params/token"] = {} }, "operations.show.params.token has the name of a credential or setting" },
  { { [SHOW .. "params/x"] = { value = 5 } }, "operations.show.params.x.value must be a string that is not empty" },
  { { [SHOW .. "params/x"] = { value = "5", type = "integer" } }, "operations.show.params.x.value must be a whole number" },
  { { [SHOW .. "params/x"] = { value = "a", default = "b" } }, "operations.show.params.x.default has no sense beside a value that is always the same" },
  { { [SHOW .. "params/x"] = { value = "a" }, [SHOW .. "params/y"] = { excludes = "x" } }, "operations.show.params.y.excludes must be one of card_id, y" },
  { { [SHOW .. "params/x/name"] = "y" }, "operations.show.params.x.name: unknown key" },
  { { [SHOW .. "params"] = { { name = "card_id" }, {} } }, "operations.show.params.2: the name of a parameter has letters, digits and _" },
  { { [SHOW .. "params"] = { { name = "card_id" }, { name = "card_id" } } }, "operations.show.params.2.name is the name of another parameter" },
  { { [SHOW .. "params"] = { { name = "card_id" }, x = {} } }, "operations.show.params.x: a list has no such key" },
  { { [SHOW .. "params"] = { { name = "card_id", into = "qery" } } }, "operations.show.params.1.into must be one of body, header, none, path, query" },
  -- the answer
  { { [SHOW .. "success"] = "ok" }, "operations.show.success must be a table" },
  { { [SHOW .. "success"] = { path = "ok" } }, "operations.show.success must have either equals or absent = true" },
  { { [SHOW .. "success"] = { { path = "ok", equals = true }, { path = "x", equals = {} } } }, "operations.show.success.2.equals must be a string" },
  { { [SHOW .. "success"] = { path = "ok", equals = 1 / 0 } }, "operations.show.success.equals must be a number that an answer can have" },
  { { [SHOW .. "success"] = { path = "ok", equals = 0 / 0 } }, "operations.show.success.equals must be a number that an answer can have" },
  { { [SHOW .. "success"] = { path = "a..b", absent = true } }, "operations.show.success.path must be a path such as \"holder.name\"" },
  { { [SHOW .. "error/code"] = "errors.0.code" }, "operations.show.error.code: errors.0.code: write errors[0].code" },
  { { [SHOW .. "success"] = { paht = "a", equals = 1 } }, "operations.show.success.paht: unknown key (did you mean 'path'?)" },
  { { [SHOW .. "response/rot"] = "data" }, "operations.show.response.rot: unknown key (did you mean 'root'?)" },
  { { [SHOW .. "response/root"] = "a..b" }, "operations.show.response.root must be a path such as" },
  { { [SHOW .. "response/fields"] = 5 }, "operations.show.response.fields must be a table" },
  { { [SHOW .. "response/fields/x"] = "strin" }, "operations.show.response.fields.x must be one of" },
  { { [SHOW .. "response/fields/x"] = "strin" }, "(did you mean 'string'?)" },
  { { [SHOW .. "response/fields/x"] = { type = "cvv", digits = 30 } }, "operations.show.response.fields.x.digits must be a whole number from 1 to 19" },
  { { [SHOW .. "response/fields/x"] = { type = "integer", digits = 3 } }, "operations.show.response.fields.x.digits is not for the type integer" },
  { { [SHOW .. "response/fields/x"] = { digits = 3 } }, "operations.show.response.fields.x.type must be one of" },
  { { [SHOW .. "response/fields/pan.x"] = "string" }, "operations.show.response.fields.pan.x goes through another field, 'pan'" },
  { { [SHOW .. "response/fields/holder[]"] = "string" }, "operations.show.response.fields.holder[] goes through another field, 'holder.name'" },
  { { [SHOW .. "response/fields/a[][][][][].b"] = "string" }, "operations.show.response.fields.a[][][][][].b is in more than 4 lists" },
  { { [SHOW .. "response/fields/[].b"] = "string" }, "operations.show.response.fields.cvv goes through another field, '[].b'" },
  { { [SHOW .. "response/fields/'x.y'"] = "string" }, "operations.show.response.fields.'x.y': 'x.y': write ['x.y']" },
  { { [SHOW .. "error/cod"] = "x" }, "operations.show.error.cod: unknown key (did you mean 'code'?)" },
  { { [SHOW .. "error/code"] = { "a", "b", "c", "d", "e", "f", "g", "h", "i" } }, "operations.show.error.code has more than 8 entries" },
  { { [SHOW .. "success"] = { path = "ok", equals = { 1, {} } } }, "operations.show.success.equals.2 must be a string, a number, true or false" },
  { { [SHOW .. "success"] = { path = "ok", status = 200 } }, "operations.show.success must have either a path or status" },
  { { [SHOW .. "success"] = { { status = { 200, 404 } } } }, "operations.show.success.1.status.2 must be a whole number from 200 to 299" },
  { { [SHOW .. "success"] = { status = {} } }, "operations.show.success.status must have at least one status" },
  { { [SHOW .. "success"] = { equals = 1 } }, "operations.show.success.path must be a string" },
  { { [SHOW .. "response/required"] = "pen" }, "operations.show.response.required is no field (did you mean 'pan'?)" },
  { { [SHOW .. "response/required"] = { "pan", "holder.0" } }, "operations.show.response.required.2: holder.0: write holder[0]" },
  { { [SHOW .. "status"] = { [409] = "busy" } }, "operations.show.status.409 must be one of auth, declined, invalid_request, not_found, protocol," },
  { { [SHOW .. "status"] = { [99] = "declined" } }, "operations.show.status.99 must be a whole number from 200 to 599" },
  { { [SHOW .. "status"] = { ["409"] = "declined" } }, "operations.show.status.409 must be a number" },
  { { [SHOW .. "code"] = { card_blocked = "decline" } }, "operations.show.code.card_blocked must be one of" },
  { { [SHOW .. "code"] = { [1.5] = "declined" } }, "operations.show.code.1.5 must be a string that is not empty" },
  { { [SHOW .. "code"] = { x = "declined" }, [SHOW .. "error"] = { message = "m" } }, "operations.show.code has no sense without error.code" },
  { { [SHOW .. "null"] = { ["data.0"] = "not_found" } }, "operations.show.null.data.0: data.0: write data[0]" },
  { { [SHOW .. "null"] = { data = true } }, "operations.show.null.data must be one of" },
  { { [SHOW .. "empty"] = 1 }, "operations.show.empty must be true or false" },
  { { [SHOW .. "retry"] = { header = "a b" } }, "operations.show.retry.header must be the name of a header" },
  { { [SHOW .. "retry"] = { after = 5 } }, "operations.show.retry.after must be the name of a header" },
  { { [SHOW .. "retry"] = { status = { 200 } } }, "operations.show.retry.status.1 must be a whole number from 400 to 599" },
  { { [SHOW .. "retry"] = { statuses = 409 } }, "operations.show.retry.statuses: unknown key (did you mean 'status'?)" },
  { { [SHOW .. "error/message"] = 5 }, "operations.show.error.message must be a string that is not empty" },
  { { [SHOW .. "echo"] = { id = "card" } }, "operations.show.echo.id must be one of card_id (did you mean 'card_id'?)" },
  { { [SHOW .. "echo"] = { id = { param = "card_id", require = true } } }, "operations.show.echo.id.require: unknown key (did you mean 'required'?)" },
  { { [SHOW .. "echo"] = { a = "card_id", b = "card_id", c = "card_id", d = "card_id", e = "card_id" } }, "operations.show.echo has more than 4 entries" },
  { { [SHOW .. "pages"] = { items = "data", into = "page" } }, "operations.show.pages.into must be one of card_id" },
  { { [SHOW .. "pages"] = { items = "data", into = "card_id" } }, "operations.show.pages must have either cursor or last" },
  { { [SHOW .. "pages"] = { items = "data", into = "card_id", last = "id" } }, "operations.show.pages.more is required where there is last" },
  { { [SHOW .. "card"] = "pan" }, "operations.show.card must be a table of fields of the neutral record" },
  { { [SHOW .. "card"] = { nubmer = "pan" } }, "operations.show.card.nubmer: unknown key 'nubmer' (did you mean 'number'?)" },
  { { [SHOW .. "card"] = { number = "pna" } }, "operations.show.card.number: the record has no 'pna' (did you mean 'pan'?)" },
  { { [SHOW .. "card"] = { exp_month = { "exp_month", 5 } } }, "operations.show.card.exp_month.2: a list has paths and transforms, not a number" },
  { { [SHOW .. "card"] = { billing = { city = "holder" } } }, "operations.show.card.billing.city: 'holder' has fields of its own, and is none" },
  { { [SHOW .. "card"] = cards.map.month }, "operations.show.card: the mapping must be a table of fields" },
  -- authentication
  { { auth = "bearer" }, "auth must be a table" },
  { { auth = { type = "baerer" } },
    "auth.type must be one of basic, bearer, body, header, jwt, oauth1, oauth2, query, signature, signer, token (did you mean 'bearer'?)" },
  { { auth = { type = "bearer", name = "X" } }, "auth.name is not for \"bearer\"" },
  { { auth = { type = "header", credential = "key" } }, "auth.name must be the name of a header" },
  { { auth = { type = "header", name = "X-Key" } }, "auth.credential must be a name such as \"token\"" },
  { { auth = { type = "header", name = "X-Key", credential = "timeout" } }, "auth.credential is the name of a setting that every client has" },
  { { auth = { type = "basic", credential = { "a", "b", "c" } } }, "auth.credential has more than 2 entries" },
  { { auth = { type = "basic", credential = { "a", "a" } } }, "auth.credential has the same credential twice" },
  { { auth = { type = "body", credential = "key" } }, "auth.path must be a string that is not empty" },
  { { auth = { type = "body", path = "auth.key", credential = "key" } }, "operations.show.method must not be GET: a credential goes into the body" },
  { { auth = { type = "signer", name = "X-Sig" } }, "auth.sign must be a function of the request" },
  { { auth = { { type = "bearer" }, { type = "signer", name = "token", sign = print } } }, "auth.2.name is the name of a credential, too" },
  { { auth = { type = "signer", name = "key", credential = "key", sign = print } }, "auth.name is the name of a credential, too" },
  { { auth = { { type = "signer", name = "token", sign = print }, { type = "bearer" } } }, "auth.2.credential is the name of a header that a function signs" },
  { { auth = { { type = "bearer" }, { type = "header", name = "X-Key", credentail = "k" } } }, "auth.2.credentail: unknown key (did you mean 'credential'?)" },
  { { auth = { { type = "bearer" }, { type = "basic", credential = "key" } } }, "operations.show: the header 'Authorization' is written twice" },
  { { auth = { type = "query", credential = "key" } }, "auth.name must be a string that is not empty" },
  { { credentials = "key" }, "credentials must be a table" },
  { { credentials = { token = { typ = "pem" } } }, "credentials.token.typ: unknown key (did you mean 'type'?)" },
  { { credentials = { token = { type = "key" } } }, "credentials.token.type must be one of bytes, function, pem" },
  { { credentials = { token = { type = "pem" } } }, "auth.credential is a credential of the type pem" },
  { { credentials = { token = { optional = "yes" } } }, "credentials.token.optional must be true or false" },
  { { credentials = { token = { one_of = 1 } } }, "credentials.token.one_of must be a name such as" },
  { { credentials = { token = { one_of = "a", optional = true } } }, "credentials.token.optional has no sense beside one_of" },
  { { credentials = { tokn = {} } }, "credentials.tokn: nothing names it" },
  -- signatures
  { { auth = { type = "signature", name = "X-Sig", over = "{body}" } }, "auth must have a key, sign or a credential" },
  { { auth = { type = "signature", over = "{body}", credential = "ready" } }, "auth.name is required: the header's name" },
  { { auth = { type = "signature", name = "X-Sig", credential = "ready" } }, "auth.over is required" },
  { { auth = { type = "signature", name = "X-Sig", over = "{bdy}", credential = "ready" } }, "auth: a template names {bdy}, which is unknown" },
  { { auth = { type = "signature", name = "X-Sig", over = "{body.}", credential = "ready" } }, "operations.show: there is no object {body.} in the body" },
  { { auth = { type = "signature", name = "X-Sig", over = "{body|sha}", credential = "ready" } },
    "auth.over has an unknown pipe: there are sha1, sha256" },
  { { auth = { type = "signature", name = "X-Sig", over = "{now.isoo}", credential = "ready" } }, "auth: a template names {now.isoo}, which is unknown" },
  { { auth = { type = "signature", name = "X-Sig", over = "{body", credential = "ready" } }, "auth.over has a brace that is not part of a name" },
  { { auth = { type = "signature", name = "X-Sig", over = "{body}", credential = "ready", value = "{signature}{bdoy}" } },
    "auth: a template names {bdoy}" },
  { { auth = { type = "signature", name = "X-Sig", over = "{body}", credential = "ready", value = "{body}" } }, "auth.value does not name {signature}" },
  { { auth = { type = "signature", name = "X-Sig", over = "{signature}", credential = "ready" } }, "auth.over names {signature}, which is made of it" },
  { { [SHOW .. "params/x/into"] = "header.X" }, "operations.show.params.x.into must be \"header\", with the name in wire" },
  { { [SHOW .. "method"] = "POST", [SHOW .. "encoding"] = "raw" }, "operations.show.encoding is raw: nothing goes into the body" },
  { { [SHOW .. "method"] = "POST", [SHOW .. "encoding"] = "raw", [SHOW .. "params/x"] = {}, [SHOW .. "params/y"] = {} },
    "operations.show.encoding is raw: more than one value" },
  { { auth = { type = "signature", name = "X-Sig", over = "{body}", credential = "ready", value = "a\n" } }, "auth.value contains a line break" },
  { { auth = { type = "signature", name = "X-Sig", over = "{body}", key = "key" } }, "auth.algorithm must be one of ecdsa-sha256, ecdsa-sha256-raw" },
  { { auth = { type = "signature", name = "X-Sig", over = "{body}", key = "key", algorithm = "ecdsa-sha265" } },
    "(did you mean 'ecdsa-sha256'?)" },
  { { auth = { type = "signature", name = "X-Sig", over = "{body}", sign = "sign", algorithm = "ecdsa-sha256" } },
    "auth.algorithm has no sense without a key" },
  { { auth = { type = "signature", name = "X-Sig", over = "{body}", sign = "sign", encoding = "hax" } },
    "auth.encoding must be one of base64, base64url, hex, none" },
  { { auth = { type = "signature", name = "X-Sig", over = "{body}", sign = print } }, "auth.sign must be a name such as" },
  { { auth = { type = "signature", name = "X-Sig", over = "{body}", sign = "a", credential = "a" } }, "auth.sign is the name of another credential" },
  { { auth = { type = "signature", name = "X-Sig", over = "{body.data}", sign = "a" } },
    "operations.show: there is no object {body.data} in the body" },
  { { [SHOW .. "method"] = "POST", auth = { type = "signature", into = "body.sig", over = "{body}", sign = "a" } },
    "operations.show: the signature 'sig' is part of what is signed" },
  { { [SHOW .. "method"] = "POST", [SHOW .. "encoding"] = "form", [SHOW .. "params/x"] = { into = "a.x" },
    auth = { type = "signature", name = "X-Sig", over = "{body.a}", sign = "a" } }, "operations.show: there is no object {body.a} in the body" },
  { { auth = { type = "signature", into = "body.sig", over = "{body.a}", sign = "a" } },
    "operations.show.method must not be GET: a credential goes into the body" },
  { { [SHOW .. "auth"] = { type = "signer", name = "X-Sig", sign = print } }, "operations.show.auth.type is for all operations, not for one" },
  { { [SHOW .. "auth"] = { type = "header", name = "X Y", credential = "a" } }, "operations.show.auth.name must be the name of a header" },
  -- settings
  { { settings = { version = { wire = "X-V", operations = { "shwo" } } } }, "settings.version.operations.1 must be one of show (did you mean 'show'?)" },
  { { settings = { version = { into = "pth", wire = "x" } } }, "settings.version.into must be one of body, header, none, path, query (did you mean 'path'?)" },
  { { settings = { version = {} } }, "settings.version.wire is required: the header's name" },
  { { settings = { token = { wire = "X-Token" } } }, "settings.token is the name of another credential or setting" },
  { { auth = { type = "oauth1", consumer_key = "k", key = "a", into = "query" } }, "auth.into is not for \"oauth1\"" },
  { { settings = { version = { wire = "X-Version", required = true, default = "1" } } }, "settings.version.required has no sense beside a default" },
  -- examples
  { { examples = { operation = "show" } }, "examples must be a list" },
  { { examples = { { operation = "shwo", answer = "{}" } } }, "examples.1.operation must be one of show (did you mean 'show'?)" },
  { { examples = { { operation = "show" } } }, "examples.1.answer must be a string" },
  { { examples = { { operation = "show", answer = "{}", status = 99 } } }, "examples.1.status must be a whole number from 100 to 599" },
  { { examples = { { operation = "show", answer = "{}", error = { knid = 1 } } } }, "examples.1.error.knid: unknown key (did you mean 'kind'?)" },
}

local function place_of(path)
  local steps = {}
  for i, step in ipairs(path) do
    steps[i] = tostring(step)
  end
  return table.concat(steps, ".")
end

describe("a mistake in a definition", function()
  it("is none where the definition is right", function()
    assert.same({}, cards.define.check(acme.definition()))
    assert.same({}, cards.define.check(with {}))
  end)

  for i, case in ipairs(CASES) do
    it(("%d: %s"):format(i, case[2]), function()
      local definition = with(case[1])
      local list = cards.define.check(definition)
      local found
      for _, wrong in ipairs(list) do
        found = found or wrong.message:find(case[2], 1, true) and wrong
      end
      assert(found, ("not among: %s"):format(list[1] and list[1].message or "none"))
      assert.equal(place_of(found.path), found.message:sub(1, #place_of(found.path)))
      assert.is_nil(found.message:find "%c")
      local ok, message = pcall(cards.define, definition)
      assert.is_false(ok)
      assert.matches("cards.define: " .. list[1].message, message, 1, true)
    end)
  end

  it("is raised at the caller's line", function()
    local _, message = pcall(function()
      cards.define { name = "acme" } -- this line
    end)
    local line = debug.getinfo(1, "l").currentline - 2
    assert.matches(("definition_spec.lua:%d: cards.define: operations must be a table"):format(line), message, 1, true)
  end)

  it("is not the only one that is found", function()
    local list = cards.define.check { nmae = "x", auth = { type = "x" }, operations = { show = { method = "x", params = { a = { b = 1 } } } } }
    local places = {}
    for _, wrong in ipairs(list) do
      places[place_of(wrong.path)] = true
    end
    for _, place in ipairs { "nmae", "name", "auth.type", "operations.show.method", "operations.show.path", "operations.show.params.a.b" } do
      assert.is_true(places[place], place)
    end
  end)

  it("does not show values, numbers in the place of keys, or control characters", function()
    local pan = "4111111111111111"
    for _, definition in ipairs {
      with { [pan] = 1 }, with { name = pan }, with { [SHOW .. "method"] = pan }, with { [SHOW .. "params/" .. "x"] = { into = pan } },
      with { [SHOW .. "response/fields/" .. pan] = "x" }, with { ["a\r\nb"] = 1 }, with { [SHOW .. "path"] = "/" .. pan .. "{x" },
      with { auth = { type = "signature", name = "X-Sig", over = "{body." .. pan .. "}", sign = "a" } },
      with { [SHOW .. "response/fields/" .. pan] = "string", [SHOW .. "response/fields/" .. pan .. ".x"] = "string" },
    } do
      local list = cards.define.check(definition)
      assert.truthy(list[1])
      for _, wrong in ipairs(list) do
        assert.is_nil(wrong.message:find(pan, 1, true), wrong.message)
        assert.is_nil(wrong.message:find "%c")
      end
    end
  end)

  it("is found in anything at all, without calling a metamethod", function()
    local tricky = setmetatable({}, { __index = function() error "index" end, __pairs = function() error "pairs" end, __len = function() error "len" end,
      __tostring = function() error "tostring" end })
    for _, value in ipairs { 5, "x", true, print, tricky, io.stdout, cards.secret "x", { [tricky] = tricky }, { operations = tricky }, with { auth = tricky },
      with { [SHOW .. "params/card_id"] = tricky }, with { [SHOW .. "response"] = tricky, [SHOW .. "success"] = tricky, [SHOW .. "error"] = tricky },
      with { [SHOW .. "params/x"] = { enum = tricky, default = tricky } } } do
      cards.define.check(value)
    end
    assert.equal("a definition must be a table", cards.define.check(5)[1].message)
    assert.has_error(function() cards.define() end)
  end)

  it("ends the list at a hundred", function()
    local definition = acme.definition()
    for i = 1, 1000 do
      definition["key" .. i] = 1
    end
    assert.equal(100, #cards.define.check(definition))
  end)
end)

describe("the bounds of a definition", function()
  it("are those of one request and one record", function()
    local params, fields, operations = {}, {}, {}
    for i = 1, 70 do
      params["p" .. i] = {}
      operations["o" .. i] = { path = "/x" }
    end
    for i = 1, 300 do
      fields["f" .. i] = "string"
    end
    assert.matches("operations.show.params are too many", cards.define.check(with { [SHOW .. "params"] = params })[2].message, 1, true)
    local made = { card_id = {} }
    for i = 1, 16 do
      made["p" .. i] = { unique = "hex", fresh = true }
    end
    assert.same({}, cards.define.check(with { [SHOW .. "params"] = made }))
    made.p17 = { now = "unix" }
    assert.equal("operations.show.params are too many: a request has at most 16 values that are made for each attempt, signatures included",
      cards.define.check(with { [SHOW .. "params"] = made })[1].message)
    assert.matches("operations.show.response.fields are more than 256", cards.define.check(with { [SHOW .. "response/fields"] = fields })[1].message, 1, true)
    assert.equal("operations has more than 64 entries", cards.define.check(with { operations = operations })[1].message)
  end)
end)
