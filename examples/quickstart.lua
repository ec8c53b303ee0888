--- One call. Start the sandbox (make sandbox) and run, with the addresses that it prints:
--     ALIX_URL=https://localhost:18441/alix CA_FILE=build/sandbox/ca.pem ALIX_ACCESS_TOKEN=alix_token_sandbox lua examples/quickstart.lua

local cards = require "cards"

local token, failure = cards.secret.from_env "ALIX_ACCESS_TOKEN" -- never a Lua string
if not token then
  error(failure)
end

local alix = cards.alix.new {
  base_url = assert(os.getenv "ALIX_URL", "set ALIX_URL"),
  access_token = token,
  tls = { ca_file = os.getenv "CA_FILE" }, -- only for the sandbox, which has a CA of its own
}

local info, err = alix:private_info "c_1"
if not info then
  error(err)
end

print(info.expYear, info.cardNo, info.cvv) --> 27  ************1111  ***
print(info.cardNo:last(4), info.cardNo:luhn()) -- what scripts need without the value

info.cvv:close() -- wiped now; collection would do it later
