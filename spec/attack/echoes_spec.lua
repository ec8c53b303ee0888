--- Echoes: numbers of a provider that come back as they are, and libcurl's own words for settings that hold a credential.

local cards = require "cards"
local sandbox = require "support.sandbox"

local function fails(overrides)
  local client = assert(cards.alix.new(sandbox.config("alix", overrides)))
  local record, err = client:private_info(sandbox.unique_id "echo")
  assert.is_nil(record)
  return err
end

describe("retry_after", function()
  local function asked(value)
    return fails({ retries = 0, headers = { ["X-Sandbox"] = "rate_limited,retry_after=" .. value } }).retry_after
  end

  it("is at most a day, in seconds, milliseconds and as a date", function()
    for _, value in ipairs { "86401", "4111111111111112", "4111111111111112.5", "ms:4111111111111112", "date:86500", "date:400000000" } do
      assert.equal(86400, asked(value), value)
    end
    assert.equal(86399, asked "86399")
    local dated = asked "date:86000"
    assert.is_true(dated > 85900 and dated <= 86001, tostring(dated))
  end)

  it("has no digits behind its milliseconds, in which a number could come", function()
    assert.equal(0.412, asked "0.4111111111111111")
    assert.equal(0.001, asked "0.0004111111111111111")
    assert.equal(0, asked "0")
  end)
end)

describe("libcurl's own words", function()
  local refused = sandbox.url("REFUSED_URL"):match "//(.*)$"

  it("are not passed on where the proxy has a credential", function()
    for _, scheme in ipairs { "http", "https", "socks5", "socks5h" } do
      for _, place in ipairs { "no-such-proxy.invalid:1", refused } do
        for _, proxy in ipairs {
          ("%s://planted-user:planted-word@%s"):format(scheme, place),
          { url = ("%s://%s"):format(scheme, place), user = "planted-user", password = "planted-word" },
          { url = ("%s://%s"):format(scheme, place), user = "planted-user" },
        } do
          local err = fails { retries = 0, proxy = proxy }
          assert.equal("network", err.kind)
          for _, word in ipairs { "planted", "no%-such%-proxy", "://", "localhost", "127%.0%.0%.1" } do
            assert.not_matches(word, err.message)
          end
        end
      end
    end
  end)

  it("are not passed on to another client by way of a name that was not found", function()
    fails { retries = 0, proxy = "http://planted-user:planted-word@no-other-proxy.invalid:1" }
    assert.not_matches("planted", fails({ retries = 0, proxy = "http://no-other-proxy.invalid:1" }).message)
  end)
end)

describe("a setting that cannot be", function()
  local function refuses(key, overrides)
    local ok, why = pcall(cards.alix.new, sandbox.config("alix", overrides))
    assert.is_false(ok)
    why = why:match "cards%.alix%.new: (.*)$"
    assert.equal(key, why:sub(1, #key))
    assert.not_matches("planted", why)
  end

  it("is named and not shown: proxy", function()
    for _, place in ipairs { "planted:0", "planted:65536", "planted:99999999999999999999", "planted:-1", "planted:1planted", "planted:", ":1", "",
      "planted\27:1", "planted\n:1", "plan ted:1", "[::1", "[]:1" } do
      refuses("proxy", { proxy = "http://planted-user:planted-word@" .. place })
      refuses("proxy.url", { proxy = { url = place, user = "planted-user", password = "planted-word" } })
    end
    for _, scheme in ipairs { "planted", "ftp", "socks9", "socks5x" } do
      refuses("proxy", { proxy = scheme .. "://planted-user:planted-word@localhost:1" })
    end
  end)

  it("is named and not shown: base_url", function()
    for _, url in ipairs { "https://planted:0", "https://planted:65536/v1", "https://planted:x", "https://planted:", "https://", "https://:443",
      "https:///planted", "https://plan\27ted", "https://planted\n", "planted://host", "https://planted-user:planted-word@host" } do
      refuses("base_url", { base_url = url })
    end
  end)
end)
