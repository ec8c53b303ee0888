--- Calls of a definition that signs them, or does not. signed_calls.lua URL FOLDER ALGORITHM CALLS IN_FLIGHT: prints "calls seconds cpu_seconds".
-- FOLDER is where the keys are; ALGORITHM is one of a signature, none, or none+one: then a bare signature is made beside each unsigned call, by bare.so.
local url, folder, algorithm, calls, in_flight = arg[1], arg[2], arg[3], tonumber(arg[4]), tonumber(arg[5])
local beside = algorithm:match "^none%+(.+)"
if beside then
  algorithm = "none"
end
local cards = require "cards"
local core = require "cards.core"

local files = { ["rsa-sha256"] = "rsa.pem", ["ecdsa-sha256"] = "ec.pem" }
local file = files[algorithm]
local sign = beside and require "bare"(files[beside] and folder .. "/" .. files[beside]) or function() end

local signature = {
  type = "signature", name = "X-Signature", algorithm = algorithm, key = "key", encoding = "base64",
  over = "{method|upper}\n{path}\n{query}\n{timestamp}\n{nonce}\n{body}",
  parts = {
    timestamp = { now = "unix", into = "header", wire = "X-Timestamp" },
    nonce = { unique = "hex", fresh = true, into = "header", wire = "X-Nonce" },
  },
}

local acme = cards.define {
  name = "acme",
  credentials = algorithm ~= "none" and { key = { type = file and "pem" or nil } } or nil,
  auth = algorithm ~= "none" and { signature } or nil,
  operations = {
    show = {
      method = "POST", path = "/cards/{card_id}/reveal",
      params = {
        card_id = { required = true },
        expand = { into = "query", default = "number,cvv" },
        reason = { into = "body.meta.reason", default = "shown to the holder" },
        fields = { into = "body.fields[]", type = "list", default = { "PAN", "CVV" } },
      },
      success = { path = "success", equals = true },
      response = { root = "data", fields = { cardNo = "pan", cvv = "cvv", expMonth = "string", expYear = "string" } },
    },
  },
}

local key
if file then
  key = cards.secret.from_file(folder .. "/" .. file)
elseif algorithm ~= "none" then
  key = "a secret of 32 bytes, as is usual"
end
local client = acme.new { base_url = url, insecure_http = true, key = key }

local function call(id)
  sign()
  return client:show(id)
end

local function many(count)
  local next_card = 0
  local function ids()
    next_card = next_card + 1
    return next_card <= count and "c_" .. next_card - 1 or nil
  end
  for _, _, info, err in cards.each(ids, call, { concurrency = in_flight }) do
    if not info then
      error(err)
    end
  end
end

many(2 * in_flight) -- opens the connections and is not counted
local started, cpu = core.now(), os.clock()
many(calls)
print(("%d %.6f %.6f"):format(calls, core.now() - started, os.clock() - cpu))
