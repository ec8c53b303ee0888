--- Verifies NetXD's request signature.
--
-- signature = base64(DER ECDSA-SHA256 over the exact bytes of the payload object).
-- The public half of the key pair that `certs` makes is netxd_pub.pem in the
-- sandbox's directory.

local crypto = require "crypto"

local verify = {}

--- True where `signature` (base64) is the key's over the bytes of `payload`.
function verify.netxd(payload, signature)
  -- nginx's decoder forgives what base64 forbids, so the form is looked at first
  if #signature % 4 ~= 0 or not signature:find "^[A-Za-z0-9+/]+=?=?$" then return false end
  local der = ngx.decode_base64(signature)
  return der ~= nil and crypto.verifies(crypto.public_key "netxd_pub.pem", payload, der)
end

return verify
