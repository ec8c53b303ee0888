--- The key that hosts share: what they keep together in Redis has names under it, and tokens there are sealed under it. It is never in Redis itself.

local core = require "cards.core"
local environment = require "cards.client.environment"
local host = require "cards.async.host"

local secret, key -- of this process; those from before a fork are read again

local function read()
  local place = environment.place("shared", "key")
  if not place then
    return nil, ("there is no key that the hosts share: %s (16 bytes or more, the same on all hosts)%s"):format(environment.hint("shared", "key"),
      host.is_nginx and "; nginx keeps from its workers what no line `env NAME;` names" or "")
  end
  local from = place.file and environment.variable("shared", "key") .. "_FILE" or place.env
  local made, err = (place.file and core.secret_in_file or core.secret.from_env)(place.file or place.env)
  if not made then
    core.missing() -- which is told here
    return nil, ("%s: %s"):format(from, err.message)
  end
  local why
  key, why = core.shared_key(made)
  if not key then
    made:close()
    return nil, ("%s: %s"):format(from, why)
  end
  secret = made
  return key
end

--- The key, for core.name_with, core.seal_with and core.unseal_with. It is read once: CARDS_SHARED_KEY, or the file that CARDS_SHARED_KEY_FILE names.
-- @return the key; or nil and what is wrong, a string
return function()
  if secret and secret.state == "open" then
    return key
  end
  return read()
end
