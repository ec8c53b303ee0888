--- TLS of cosockets. The authorities are those of lua_ssl_trusted_certificate.

local core = require "cards.core"
local settings = require "cards.redis.settings"

local LARGEST = 1048576 -- bytes of a PEM file

--- Parses a PEM file by a function of ngx.ssl. @return what that makes of it; or nil and what is wrong
local function parse(variable, path, parser)
  local text, why = core.read_file(path, LARGEST)
  local made
  if text then
    made, why = parser(text)
  end
  if not made then
    return nil, ("%s: %s"):format(variable, tostring(why))
  end
  return made
end

--- Shows the certificate of the environment to the server, where there is one. @return true; or nil and what is wrong
local function show_certificate(link, files)
  if not files.certificate then
    return true
  end
  local ok, ssl = pcall(require, "ngx.ssl")
  if not ok then
    return nil, "a client's certificate takes lua-resty-core, which has ngx.ssl"
  end
  local chain, key, why
  chain, why = parse("CARDS_REDIS_CERT_FILE", files.certificate, ssl.parse_pem_cert)
  if chain then
    key, why = parse("CARDS_REDIS_KEY_FILE", files.key, ssl.parse_pem_priv_key)
  end
  if not key then
    return nil, why
  end
  return link:setclientcert(chain, key)
end

--- Speaks TLS over a link, and verifies the server's certificate and name.
-- @return true; or nil and what is wrong
return function(link, host)
  local files, why = settings.tls()
  local ok
  if files then
    ok, why = show_certificate(link, files)
  end
  if ok then
    local called
    called, ok, why = pcall(link.sslhandshake, link, nil, host, true)
    if not called then -- lua-resty-core raises where the certificate is for another host
      ok, why = nil, "the certificate or the handshake is refused: the log of nginx says why"
    end
  end
  if not ok then
    return nil, why == "timeout" and "no handshake in time" or tostring(why)
  end
  return true
end
