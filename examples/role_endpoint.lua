--- The Lua of examples/nginx_roles.conf: one card, shown by the policy of the caller's role.
-- luacheck: globals ngx

local cards = require "cards"
local cjson = require "cjson"

local endpoint = {}

local alix
local policies = {} -- by role

--- Makes the client and reads the policies, once per worker.
function endpoint.open()
  alix = cards.alix.new {
    base_url = os.getenv "ALIX_URL", access_token = cards.secret.from_env "ALIX_ACCESS_TOKEN", timeout = 10, tls = { ca_file = os.getenv "CA_FILE" },
  }
  for _, role in ipairs { "support", "fraud" } do
    -- From now on an edit is taken up within a second; a broken one is told of in the error log, and the former version stays.
    policies[role] = assert(cards.watch(ngx.config.prefix() .. "examples/roles/" .. role .. ".lua"))
  end
end

--- Answers with what the role may see of a card.
function endpoint.serve(role, id)
  local record, err = alix:private_info(id)
  if not record then
    ngx.log(ngx.NOTICE, tostring(err))
    ngx.status = err.kind == "not_found" and 404 or 502
    return ngx.say(cjson.encode { error = { kind = err.kind } })
  end
  ngx.say(cjson.encode(policies[role](cards.card(record))))
end

return endpoint
