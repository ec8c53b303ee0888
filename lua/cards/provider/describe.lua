--- cards.describe: the description of a provider's operations as tables.

local core = require "cards.core"
local check = require "cards.util.check"
local provider = require "cards.provider"

--- cards.describe(of, operation)
-- @param of a client, a provider's module (cards.alix), or a provider's name
-- @param operation name; without it all operations are described, in a table by name
-- @return a table, which has nothing of what a client was given:
--   provider, operation, page, method, path, encoding ("json" or "form", of a body), safe
--   params     by name: { into, wire, type, required, sensitive, unique, default, enum, excludes }
--   auth       a list of the secret values in every call: { credential = its name in `new`, into, wire, prefix }. With basic = true it is the user, and
--              `password` names the other credential. Without `into` the value itself is not sent. With signed = true it is made for each attempt:
--              { over = template of what is signed, algorithm, key, sign = credentials, value = template of what is sent }
--              With `operation` that operation gives it, a token, or a key without `into`; `url` is that of one which only gives tokens
--   before     the steps: a list of { operation, with, take, url }
--   rate       { calls, per = seconds }
--   settings   the other values in every call, by their name in `new`: { into, wire, default, required }
--   success    a list of { path, equals = a value or a list, absent, shape } and { status = one or a list }; empty
--   response   { format, root, fields = { path = type }, required = { paths },
--              decrypt = a list of { at, type, alg, enc, key, wrapped, json } of what is encrypted }
--   error      { code, message } as lists of paths; null = { [path] = kind }, code = { [code] = kind }, status = { ["409"] = kind }
--   retry      { header, after, status = a list }
--   echo       { [path] = parameter }. Paths are as the definition writes them
--   pages      of a list: { items, cursor or more and last, into }
-- Raises an error for an unknown provider or operation.
return function(of, operation)
  local about
  if type(of) == "table" then
    about = core.provider(of.provider)
    local own = provider.about(of)
    if own and own.handle then
      about = core.provider(own.handle) -- the name may belong to a later definition
    end
  else
    about = core.provider(of)
  end
  if not about then
    local wrong = type(of) == "string" and check.unknown(of, provider.modules(), "provider")
      or "the first argument must be a client, a provider's module or its name"
    error("cards.describe: " .. wrong, 2)
  end
  if operation == nil then
    return about.operations
  end
  if not about.operations[operation] then
    error(("cards.describe: %s has no operation '%s'%s"):format(about.name, check.shown(operation), (check.meant(operation, about.operations))), 2)
  end
  return about.operations[operation]
end
