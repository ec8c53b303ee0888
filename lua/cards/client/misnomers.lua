--- What people write for a setting that has another name here, or is none here: the words of other clients. Names that are like the right one need no entry,
-- see src/text/nearest.h.

local check = require "cards.util.check"

local misnomers = {}

--- The words by what they mean, in small letters without "_" and "-".
local WORDS = {
  base_url = "url uri baseuri endpoint apiurl apibase apiendpoint baseaddress address host hostname server domain rooturl",
  timeout = "requesttimeout readtimeout sendtimeout totaltimeout calltimeout responsetimeout deadline",
  connect_timeout = "dialtimeout",
  retries = "retry retrycount maxretries maxretry maxattempts attempts tries",
  max_response_bytes = "maxbodysize maxbytes maxsize maxresponsesize maxcontentlength",
  user_agent = "agent ua",
  headers = "defaultheaders extraheaders",
  proxy = "httpproxy httpsproxy proxies",
  max_connections = "poolsize maxconns maxsockets connections",
  idle_timeout = "keepalive keepalivetimeout",
  on_event = "log logger onlog callback hook",
  insecure_http = "allowhttp http plainhttp",
  defaults = "params parameters",
  tls = "ssl",
  ["tls.ca_file"] = "ca cacert cacerts cabundle capath cainfo rootca rootcert sslca trustedca",
  ["tls.cert_file"] = "cert crt certificate clientcert clientcertificate sslcert",
  ["tls.key_file"] = "clientkey sslkey privatekeyfile",
  ["tls.key_password"] = "passphrase keypassphrase sslpassword tlspassword",
  ["tls.min_version"] = "tlsversion sslversion mintls mintlsversion sslprotocols",
  ["tls.pinned_public_key"] = "pin pins pinning pinnedpubkey",
  verify = "verify verifyssl verifytls verifypeer verifyhost sslverify sslverifypeer sslverifyhost tlsverify insecure insecuretls insecureskipverify "
    .. "skipverify noverify rejectunauthorized ignoressl strictssl validatecerts checkcertificate trustall",
  http_version = "http2 httpversion",
}

--- What is said of what is no setting.
local NONE = {
  verify = "certificates are always checked, and no setting turns that off: name the file of the server's authority in tls.ca_file",
  http_version = "calls go over HTTP/1.1, as HTTP/2 was slower here and kept copies of secrets while a connection was open",
}
misnomers.http_version = NONE.http_version

local meanings = {}
for meaning, words in pairs(WORDS) do
  for word in words:gmatch "%S+" do
    meanings[word] = meaning
  end
end

--- What a key means that is no setting's name. @return a name such as "tls.ca_file"; or nil and a sentence; or nil
local function meaning_of(key)
  local meaning = type(key) == "string" and meanings[key:lower():gsub("[_-]", "")] or nil
  if NONE[meaning] then
    return nil, NONE[meaning]
  end
  return meaning
end

local CREDENTIALS = { "token", "secret", "passw", "credential", "key$", "auth", "bearer", "^user", "login", "^client_?id$" }

--- Whether a key that is no setting's name seems to be for a credential.
local function is_credential(key)
  for _, word in ipairs(type(key) == "string" and CREDENTIALS or {}) do
    if key:lower():find(word) then
      return true
    end
  end
  return false
end

--- "access_token", or "credential, api_key and one of signature, private_key, sign": what a provider takes.
-- @param about the provider
local function credentials_of(about)
  local single, groups, list = {}, {}, {}
  for _, credential in ipairs(about.credentials) do
    local group = credential.one_of
    if group and not groups[group] then
      groups[group] = {}
      table.insert(list, groups[group])
    end
    if credential.kind ~= "setting" then
      table.insert(groups[group] or single, credential.name)
    end
  end
  for i, names in ipairs(list) do
    list[i] = "one of " .. table.concat(names, ", ")
  end
  table.insert(list, 1, #single > 0 and table.concat(single, ", ") or nil)
  return table.concat(list, " and ")
end

--- What a message says behind an unknown key of `new`; nil where the known names are all there is to say.
-- @param known the settings and credentials, as keys
-- @param tls the settings in tls, as keys
-- @param about the provider
function misnomers.of_new(key, known, tls, about)
  local meaning, sentence = meaning_of(key)
  local _, near = check.meant(key, known)
  local _, below, slips = check.meant(key, tls)
  if sentence then
    return ": " .. sentence
  elseif near then
    return nil
  elseif meaning then
    return (" (did you mean '%s'?)"):format(meaning)
  elseif below and slips == 0 then
    return (" (did you mean 'tls.%s'?)"):format(below)
  elseif is_credential(key) then
    local names = credentials_of(about)
    return names ~= "" and (": cards.%s takes the credential%s %s"):format(about.name, names:find "[, ]" and "s" or "", names) or nil
  end
  return below and (" (did you mean 'tls.%s'?)"):format(below)
end

--- The same of a key in tls.
function misnomers.of_tls(key)
  local meaning, sentence = meaning_of(key)
  meaning = meaning or type(key) == "string" and meaning_of("tls" .. key) or nil
  local name = meaning and meaning:match "^tls%.(.*)$"
  return sentence and ": " .. sentence or name and (" (did you mean '%s'?)"):format(name) or nil
end

--- The same of an option of a call.
-- @param options the options of a call, as keys
-- @param is_setting a function of a name: whether `new` takes it
function misnomers.of_call(key, options, is_setting)
  local meaning = meaning_of(key)
  if options[meaning] then
    return (" (did you mean '%s'?)"):format(meaning)
  end
  local name = meaning or key
  return is_setting(name) and (": %s is set in `new`, for all calls"):format(name) or nil
end

return misnomers
