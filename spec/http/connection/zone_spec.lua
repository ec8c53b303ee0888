--- Addresses of IPv6 with a zone: where they connect to, and what others see of them.

local cards = require "cards"
local sandbox = require "support.sandbox"

--- The sandbox listens on ::1 where there is one. The zone counts for addresses of a link only; that of ::1 changes nothing but how it is written.
local function has_ipv6()
  local file = io.open "/proc/net/if_inet6"
  local text = file and file:read "*a" or ""
  if file then file:close() end
  return text:find(("0"):rep(31) .. "1 ", 1, true) ~= nil
end

local function by_zone(listener)
  return (sandbox.url(listener):gsub("localhost", "[::1%%25lo]"):gsub("127%.0%.0%.1", "[::1%%25lo]"))
end

--- One call with these settings; what it ended with, and the id that it was about.
local function call(overrides)
  local config = sandbox.config("alix", overrides)
  config.retries = 0
  local id = sandbox.unique_id "zone"
  local record, err = cards.alix.new(config):private_info(id)
  return record, err, id
end

local function works(overrides)
  local record, err, id = call(overrides)
  assert.is_nil(err, tostring(err))
  assert.equal(sandbox.ALIX_PAN, record.cardNo:reveal())
  return sandbox.seen(id).last
end

describe("an address with a zone", function()
  it("is connected to, and its zone is not sent", function()
    if not has_ipv6() then return pending "no IPv6" end
    local https, http = by_zone "HTTPS_URL", by_zone "HTTP_URL"
    assert.equal("[::1]:" .. https:match ":(%d+)$", works({ base_url = https .. "/alix" }).headers.host)
    assert.equal("[::1]:" .. http:match ":(%d+)$", works({ base_url = http .. "/alix", insecure_http = true }).headers.host)
  end)

  it("has to be in the server's certificate, without its zone", function()
    if not has_ipv6() then return pending "no IPv6" end
    local record, err = call { base_url = by_zone "WRONG_HOST_URL" .. "/alix" }
    assert.is_nil(record)
    assert.equal("tls", err.kind)
  end)

  it("may be a proxy's, which does not see the zone of the provider's", function()
    if not has_ipv6() then return pending "no IPv6" end
    local last = works { base_url = by_zone "HTTP_URL" .. "/alix", insecure_http = true, proxy = by_zone "HTTP_URL" }
    assert.equal(by_zone("HTTP_URL"):gsub("%%25lo", ""):match "//(.*)", last.headers.host)
  end)

  it("may be where a definition's URLs are led to", function()
    if not has_ipv6() then return pending "no IPv6" end
    local acme = cards.define {
      name = "acme", base_url = "https://[fe80::1%25eth0]:8443", hosts = "[fe80::2%25eth0]",
      auth = { type = "bearer", credential = "token" },
      operations = { show = { path = "/cards/{card_id}", response = { root = "data", fields = { id = "string" } }, params = { card_id = {} } } },
    }
    local client = acme.new { token = "acme_token_sandbox", tls = { ca_file = sandbox.url "CA_FILE" },
      base_urls = { ["https://[fe80::1%25eth0]:8443"] = by_zone "HTTPS_URL" .. "/acme" } }
    local id = sandbox.unique_id "zone"
    assert.equal(id, assert(client:show(id)).id)
  end)

  it("whose interface is not there is told so", function()
    for _, overrides in ipairs { { base_url = "https://[fe80::1%25none0]:1" }, { proxy = "http://[fe80::1%25none0]:1" } } do
      local record, err = call(overrides)
      assert.is_nil(record)
      assert.equal("network", err.kind)
      assert.equal("no connection: the zone of its address is no network interface of this machine", err.message)
    end
  end)
end)
