--- Where the URLs of a definition lead: to themselves, or elsewhere by `base_url` and `base_urls` of `new`.

local check = require "cards.util.check"

local urls = {}

local DEFAULT_PORTS = { http = "80", https = "443" }
local LONGEST_ZONE = 15 -- bytes of the name of a network interface
local LINK_LOCAL = "^fe[89ab]%x:"

--- What is wrong with the zone of an address of IPv6 (RFC 6874), as it stands behind it, or nil.
local function wrong_zone(address, zone)
  if zone == "" then
    return address:lower():find(LINK_LOCAL) and "is an address of a link without the name of its network interface: write it as [fe80::1%25eth0]" or nil
  end
  local name = zone:match "^%%25([%w._~-]+)$"
  return not (name and #name <= LONGEST_ZONE) and "has a zone that is none: write it as [fe80::1%25eth0], with the name of a network interface" or nil
end

--- The host at the beginning of a text: a name or an address, of IPv6 in brackets.
-- @return the host and what follows it; nil where there is none; or nil and what is wrong with its zone
function urls.cut_host(text)
  local address, zone, rest = text:match "^%[([%x:.]+)(%%?[^%[%]/]*)%](.*)$"
  if address and (zone == "" or zone:find "^%%") then
    local wrong = wrong_zone(address, zone)
    return not wrong and text:sub(1, #text - #rest) or nil, wrong or rest
  end
  local name = text:match "^[^/:%[%]]+"
  return name, name and text:sub(#name + 1)
end

--- The parts of a URL that was checked: "https", "host:443", "/path". Scheme and host in small letters, the path without a slash at its end.
local function split(url)
  local scheme, authority, path = url:match "^(%a[%w+.-]*)://([^/?#]*)(.*)$"
  scheme, authority = scheme:lower(), authority:lower()
  if not authority:find ":%d+$" then
    authority = ("%s:%s"):format(authority, DEFAULT_PORTS[scheme] or "")
  end
  return scheme, authority, (path:gsub("/+$", ""))
end

--- The host and port of a URL, "api.acme.example:443".
function urls.host(url)
  return (select(2, split(url)))
end

--- Whether two URLs have the same scheme, host and port.
function urls.is_same_origin(a, b)
  local scheme, authority = split(a)
  local other_scheme, other_authority = split(b)
  return scheme == other_scheme and authority == other_authority
end

--- What follows in a URL behind another one that it begins with, "" or a text that begins with a slash; nil where it does not.
local function behind(url, prefix)
  local _, _, path = split(url)
  local _, _, start = split(prefix)
  if urls.is_same_origin(url, prefix) and path:sub(1, #start) == start and (#path == #start or path:find("^[/?]", #start + 1)) then
    return path:sub(#start + 1)
  end
end

--- The check of `base_urls`: { URL of the definition = where it leads }.
-- @param check_url of cards.client.config
function urls.check(check_url)
  return function(value, key)
    if type(value) ~= "table" then
      return ("%s must be a table of URLs"):format(key)
    end
    for from, to in pairs(value) do
      local wrong = check_url(from, key .. ": a key") or check_url(to, key .. ": a value")
      if wrong then
        return wrong
      end
    end
  end
end

--- Where a URL of the definition leads.
-- @param leads as urls.read returns them
local function lead(url, leads)
  for _, one in ipairs(leads) do
    local rest = behind(url, one.from)
    if rest then
      return one.to .. rest
    end
  end
  return (url:gsub("/+$", ""))
end

--- All URLs of a definition. @return a list
local function all(about, flow)
  local list = { about.base_url }
  for _, url in pairs(flow.bases) do
    table.insert(list, url)
  end
  return list
end

--- Whether a URL leads to a host that the definition names.
local function is_known(url, about, flow)
  local authority = urls.host(url)
  for _, host in ipairs(flow.hosts) do
    if authority == host or authority:match "^(.*):%d+$" == host then
      return true
    end
  end
  for _, own in ipairs(all(about, flow)) do
    if urls.host(own) == authority then
      return true
    end
  end
  return false
end

--- The longest first, so that what is said more exactly counts.
local function read_leads(about, config)
  local leads = {}
  for from, to in pairs(config.base_urls or {}) do
    table.insert(leads, { from = from, to = (to:gsub("/+$", "")) })
  end
  if config.base_url and about.base_url then
    table.insert(leads, { from = about.base_url, to = (config.base_url:gsub("/+$", "")), last = true })
  end
  table.sort(leads, function(a, b)
    if #a.from ~= #b.from then
      return #a.from > #b.from
    end
    return not a.last and (b.last or a.from < b.from)
  end)
  return leads
end

--- Where the calls of a client go.
-- @param about the provider
-- @param config of `new`, with base_url and base_urls checked
-- @return { base_url, bases = { operation = URL }, leads, hosts = names "host" or "host:port" that a URL of an answer may have, homes = the URLs that base_url
--   has }; or nil and what is wrong
function urls.read(about, config)
  local flow = about.flow or { bases = {}, hosts = {} }
  for _, from in ipairs(check.keys(config.base_urls)) do
    if not is_known(from, about, flow) then
      return nil, "base_urls: a key is at no host of the definition"
    end
  end
  local leads = read_leads(about, config)
  local base_url = config.base_url or (about.base_url and lead(about.base_url, leads))
  if not base_url then
    return nil, "base_url is required"
  end
  local made = { base_url = (base_url:gsub("/+$", "")), bases = {}, leads = leads, hosts = { urls.host(base_url) }, homes = { base_url, about.base_url } }
  for operation, url in pairs(flow.bases) do
    made.bases[operation] = lead(url, leads)
    table.insert(made.hosts, urls.host(made.bases[operation]))
  end
  for _, url in ipairs(all(about, flow)) do
    table.insert(made.hosts, urls.host(url))
  end
  for _, one in ipairs(leads) do
    table.insert(made.hosts, urls.host(one.to))
  end
  for _, host in ipairs(flow.hosts) do
    table.insert(made.hosts, host)
  end
  return made
end

return urls
