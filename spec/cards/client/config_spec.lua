--- cards.<provider>.new: every key, what is wrong with it, and where the error points.

local cards = require "cards"
local sandbox = require "support.sandbox"

local SECRET = "s3cret-value-4111111111111111"

--- A configuration of Alix that needs no sandbox; false takes a key away.
local function config(overrides)
  local made = { base_url = "https://localhost", access_token = "token" }
  for key, value in pairs(overrides or {}) do
    made[key] = value or (key == "insecure_http" and value) or nil
  end
  return made
end

--- Asserts that new refuses this, and says all of it; returns the message.
local function refuses(overrides, ...)
  local ok, message = pcall(cards.alix.new, config(overrides))
  assert.is_false(ok)
  assert.is_string(message)
  for _, part in ipairs { ... } do
    assert.matches(part, message, 1, true)
  end
  assert.not_matches(SECRET, message, 1, true)
  assert.not_matches("\n", message, 1, true)
  return message
end

local function takes(overrides)
  assert.is_userdata(cards.alix.new(config(overrides)))
end

describe("a provider's module", function()
  it("is the same table however it is required", function()
    for _, name in ipairs(sandbox.PROVIDERS) do
      assert.equal(cards[name], require("cards." .. name))
      assert.is_function(cards[name].new)
      assert.is_function(cards[name][sandbox.operation(name)])
    end
  end)

  it("makes a client with the sandbox's configuration", function()
    for _, name in ipairs(sandbox.PROVIDERS) do
      assert.is_userdata(cards[name].new(sandbox.config(name)))
    end
  end)
end)

describe("an error of new", function()
  it("is at the line of the caller", function()
    local line = debug.getinfo(1, "l").currentline + 2
    local ok, message = pcall(function()
      local client = cards.alix.new { base_url = "https://localhost" }
      return client
    end)
    assert.is_false(ok)
    assert.matches("config_spec%.lua:" .. line .. ": cards%.alix%.new: access_token is required", message)
  end)

  it("names the module", function()
    for _, name in ipairs(sandbox.PROVIDERS) do
      local ok, message = pcall(cards[name].new, {})
      assert.is_false(ok)
      assert.matches("cards." .. name .. ".new: ", message, 1, true)
    end
  end)

  it("is raised where no table is given", function()
    for _, value in ipairs { false, "https://localhost", 5, print } do
      local ok, message = pcall(cards.alix.new, value or nil)
      assert.is_false(ok)
      assert.matches("a table of settings is required", message, 1, true)
    end
  end)
end)

describe("an unknown key", function()
  it("is named, with the nearest known one", function()
    refuses({ acces_token = SECRET }, "'acces_token'", "'access_token'")
    refuses({ time_out = 3 }, "'time_out'", "'timeout'")
    refuses({ baseurl = "https://localhost" }, "'baseurl'", "'base_url'")
    refuses({ Retries = 1 }, "'Retries'", "'retries'")
    refuses({ [1] = SECRET }, "'1'")
    refuses({ [true] = SECRET }, "'boolean'")
  end)

  it("is found in tls and defaults, too", function()
    refuses({ tls = { cafile = "/x" } }, "tls", "'cafile'", "'ca_file'")
    refuses({ tls = { verify = false } }, "tls", "'verify'")
    refuses({ tls = { zz = 1 } }, "tls: unknown key 'zz' (known are ca_file, cert_file, key_file, key_password, min_version, pinned_public_key)")
    refuses({ defaults = { cardid = "x" } }, "defaults", "'cardid'", "'card_id'")
  end)

  it("is one that belongs to another provider", function()
    refuses({ token = SECRET }, "unknown key 'token': cards.alix takes the credential access_token")
    refuses({ api_version_date = "2025-01-01" }, "'api_version_date'")
  end)

  it("for a credential is answered with those that the provider takes", function()
    for _, key in ipairs { "token", "secret", "api_key", "apiKey", "key", "bearer", "password", "username", "client_secret", "credential", "authorization",
      "private_key" } do
      refuses({ [key] = SECRET }, ("unknown key '%s': cards.alix takes the credential access_token"):format(key))
    end
    for provider, expected in pairs {
      netxd = ": cards.netxd takes the credentials credential, api_key and one of signature, private_key, sign",
      whop = ": cards.whop takes the credential token",
    } do
      local ok, message = pcall(cards[provider].new, sandbox.config(provider, { bearer = SECRET }))
      assert.is_false(ok)
      assert.matches("unknown key 'bearer'" .. expected, message, 1, true)
      assert.not_matches(SECRET, message, 1, true)
    end
  end)

  it("that other clients have is answered with what it is here", function()
    for key, meant in pairs {
      url = "base_url", baseUrl = "base_url", baseURL = "base_url", ["base-url"] = "base_url", endpoint = "base_url", host = "base_url", retry = "retries",
      max_retries = "retries", maxRetries = "retries", attempts = "retries", timeout_ms = "timeout", read_timeout = "timeout",
      connection_timeout = "connect_timeout",
      ssl = "tls", ca_file = "tls.ca_file", cafile = "tls.ca_file", ca = "tls.ca_file", cacert = "tls.ca_file", cert = "tls.cert_file",
      cert_file = "tls.cert_file",
      key_file = "tls.key_file", key_password = "tls.key_password", min_version = "tls.min_version", agent = "user_agent", keepalive = "idle_timeout",
      http_proxy = "proxy", pool_size = "max_connections",
    } do
      refuses({ [key] = SECRET }, ("unknown key '%s' (did you mean '%s'?)"):format(key, meant))
    end
    for key, meant in pairs { ca = "ca_file", cert = "cert_file", key = "key_file", password = "key_password", version = "min_version" } do
      refuses({ tls = { [key] = SECRET } }, ("tls: unknown key '%s' (did you mean '%s'?)"):format(key, meant))
    end
  end)

  it("that would turn the check of certificates off is answered with the file of authorities", function()
    for _, key in ipairs { "verify", "ssl_verify", "verify_ssl", "sslVerify", "insecure", "insecure_skip_verify", "rejectUnauthorized" } do
      local said = ("unknown key '%s': certificates are always checked, and no setting turns that off: "):format(key)
        .. "name the file of the server's authority in tls.ca_file"
      refuses({ [key] = true }, "cards.alix.new: " .. said)
      refuses({ tls = { [key] = true } }, "cards.alix.new: tls: " .. said)
    end
    refuses({ http2 = true }, "unknown key 'http2': calls go over HTTP/1.1")
  end)

  it("that is like none is answered with all of them", function()
    refuses({ zzz = 1 }, "unknown key 'zzz' (known are access_token, base_url, base_urls, connect_timeout, defaults, headers,", "user_agent)")
  end)

  it("among the options of a call that `new` takes is answered with that", function()
    local client = cards.alix.new(config())
    for key, said in pairs {
      max_age = ": max_age is set in `new`, for all calls", base_url = ": base_url is set in `new`", url = ": base_url is set in `new`",
      tls = ": tls is set in `new`",
      retry = " (did you mean 'retries'?)", timeout_ms = " (did you mean 'timeout'?)",
      zzz = " (known are connect_timeout, headers, max_response_bytes, retries, tag, timeout)",
    } do
      local ok, message = pcall(client.private_info, client, "c_1", { [key] = SECRET })
      assert.is_false(ok)
      assert.matches(("unknown key '%s'%s"):format(key, said), message, 1, true)
    end
  end)
end)

local ANY_BUT = {
  string = { 5, true, {}, print },
  number = { "5", true, {}, print },
  boolean = { "true", 1, 0, {}, print },
  table = { "x", 5, true, print },
  ["function"] = { "x", 5, true, {} },
}

describe("a key of the wrong type", function()
  local types = {
    base_url = "string", user_agent = "string", timeout = "number", connect_timeout = "number",
    retries = "number", max_response_bytes = "number", max_connections = "number", idle_timeout = "number", max_age = "number",
    insecure_http = "boolean", on_event = "function", headers = "table", tls = "table", defaults = "table",
  }
  for key, kind in pairs(types) do
    it("is named: " .. key .. ", a " .. kind, function()
      for _, value in ipairs(ANY_BUT[kind]) do
        refuses({ [key] = value }, key)
      end
    end)
  end

  it("is named below tls", function()
    for _, key in ipairs { "ca_file", "cert_file", "key_file", "key_password", "pinned_public_key", "min_version" } do
      for _, value in ipairs(ANY_BUT.string) do
        refuses({ tls = { cert_file = sandbox.url "CLIENT_CERT", [key] = value } }, "tls." .. key)
      end
    end
  end)
end)

describe("a number out of range", function()
  it("is named with the range", function()
    for _, key in ipairs { "timeout", "connect_timeout" } do
      for _, value in ipairs { 0, -1, 1 / 0, -1 / 0, 0 / 0, 1e9 } do
        refuses({ [key] = value }, key .. " must be a number")
      end
    end
    for _, value in ipairs { -1, 0.5, 101, 1 / 0, 0 / 0 } do
      refuses({ retries = value }, "retries must be a ")
    end
    for _, value in ipairs { 0, -1, 10.5, 1e12, 0 / 0 } do
      refuses({ max_response_bytes = value }, "max_response_bytes must be a ")
    end
  end)

  it("is milliseconds where a call would take longer than a quarter of an hour", function()
    for value, said in pairs { [5000] = "for 5000 milliseconds write 5", [1000] = "for 1000 milliseconds write 1", [1500] = "for 1500 milliseconds write 1.5",
      [900.5] = "for 900.5 milliseconds write 0.9005" } do
      for _, key in ipairs { "timeout", "connect_timeout" } do
        refuses({ [key] = value }, ("%s is in seconds, 900 at most: %s"):format(key, said))
        local client = cards.alix.new(config())
        local ok, message = pcall(client.private_info, client, "c_1", { [key] = value })
        assert.is_false(ok)
        assert.matches(key .. " is in seconds", message, 1, true)
      end
    end
    refuses({ timeout = 4111111111111111 }, "timeout must be a number from 0.001 to 900")
  end)

  it("is not one at the ends of the range", function()
    takes { timeout = 0.001, connect_timeout = 0.001, retries = 0, max_response_bytes = 1 }
    takes { timeout = 900, connect_timeout = 900, retries = 100, max_response_bytes = 1024 * 1024 * 1024 }
  end)
end)

describe("a choice", function()
  it("is one of a few words", function()
    refuses({ tls = { min_version = "1.1" } }, "tls.min_version must be one of 1.2, 1.3")
    refuses({ tls = { min_version = SECRET } }, "tls.min_version")
    takes { tls = { min_version = "1.3" } }
  end)

  it("of a pin begins with its hash", function()
    refuses({ tls = { pinned_public_key = "md5//x" } }, "tls.pinned_public_key must begin with sha256//")
    takes { tls = { pinned_public_key = sandbox.url "PINNED" } }
  end)
end)

describe("http_version", function()
  it("is no setting any more, whatever its value, and the error says why", function()
    for _, value in ipairs { "1.1", "2", "1.0", SECRET, 2, true, {}, print } do
      refuses({ http_version = value }, "http_version is no setting any more", "HTTP/1.1", "HTTP/2 was slower here and kept copies of secrets")
    end
  end)
end)

describe("proxy", function()
  it("is a URL, or host and port", function()
    for _, url in ipairs {
      "http://localhost:1", "https://localhost:1", "socks4://localhost:1", "socks4a://localhost:1", "socks5://localhost:1", "socks5h://localhost:1",
      "HTTP://localhost:1", "localhost:1", "localhost", "127.0.0.1:8080", "http://[::1]:1", "http://localhost", "http://localhost/",
      "http://user:word@localhost:1",
    } do
      takes { proxy = url }
      takes { proxy = { url = url } }
    end
    for _, url in ipairs { "http://", "://localhost", ":1", "http://:1", "http://local host", "http://localhost/path", "http://localhost:1?x", "{x}", "",
      "http://[::1", "http://user:" .. SECRET .. "@", "http://user:" .. SECRET .. "@:1" } do
      refuses({ proxy = url }, "proxy must be a ")
      refuses({ proxy = { url = url } }, "proxy.url must be a ")
    end
    for _, port in ipairs { "99999", "65536", "0", "00", "x", "-1", "1x", "", "000001" } do
      refuses({ proxy = "http://user:" .. SECRET .. "@localhost:" .. port }, "proxy has a port that is none")
      refuses({ proxy = { url = "localhost:" .. port } }, "proxy.url has a port that is none")
    end
    refuses({ proxy = "http://a@b@c:1" }, "proxy: it cannot be read")
  end)

  it("has a credential in it that can be read, or is refused", function()
    for _, credential in ipairs { "us%00er:" .. SECRET, "user:" .. SECRET .. "%00", "user:" .. SECRET .. "%0a", "%0a:" .. SECRET } do
      refuses({ proxy = "http://" .. credential .. "@localhost:1" }, "proxy")
    end
  end)

  it("is of a kind that there is", function()
    for _, scheme in ipairs { "ftp", "socks", "socks6", "file", "httpss" } do
      refuses({ proxy = scheme .. "://localhost:1" }, "proxy must begin with http://, https://, socks4://, socks4a://, socks5:// or socks5h://")
      refuses({ proxy = { url = scheme .. "://localhost:1" } }, "proxy.url must begin with http://, https://")
    end
  end)

  it("is neither a number, a boolean nor a function", function()
    for _, value in ipairs { 5, true, print } do
      refuses({ proxy = value }, "proxy must be a string")
    end
  end)

  it("may be a table, with a credential that is a string or a secret", function()
    takes { proxy = { url = "http://localhost:1", user = "user" } }
    takes { proxy = { url = "http://localhost:1", user = "user", password = SECRET } }
    takes { proxy = { url = "http://localhost:1", user = "user", password = cards.secret(SECRET) } }
    takes { proxy = { url = "socks5h://localhost:1", user = "user", password = "with:colon@and%20more" } }
  end)

  it("as a table has a URL, and nothing that is unknown", function()
    refuses({ proxy = {} }, "proxy.url is required")
    refuses({ proxy = { user = "user", password = SECRET } }, "proxy.url is required")
    refuses({ proxy = { uri = "http://localhost:1" } }, "proxy: unknown key 'uri'", "'url'")
    refuses({ proxy = { url = "http://localhost:1", pasword = SECRET } }, "proxy: unknown key 'pasword'", "'password'")
    refuses({ proxy = { "http://localhost:1" } }, "proxy: unknown key '1'")
  end)

  it("has a password only with a user", function()
    refuses({ proxy = { url = "http://localhost:1", password = SECRET } }, "proxy.user is required where proxy.password is given")
  end)

  it("has one credential, in one place", function()
    refuses({ proxy = { url = "http://" .. SECRET .. ":word@localhost:1", user = "user" } },
      "proxy.url must not contain a user or password where proxy.user is given")
  end)

  it("has a user without a colon, which would end it", function()
    refuses({ proxy = { url = "http://localhost:1", user = SECRET .. ":x" } }, "proxy.user contains a colon")
  end)

  it("has a user and a password of the right type, without control characters", function()
    for _, value in ipairs { 5, true, {}, print, "", SECRET .. "\n", "a\0b" } do
      refuses({ proxy = { url = "http://localhost:1", user = value } }, "proxy.user")
      refuses({ proxy = { url = "http://localhost:1", user = "user", password = value } }, "proxy.password")
    end
    local closed = cards.secret(SECRET)
    closed:close()
    refuses({ proxy = { url = "http://localhost:1", user = "user", password = closed } }, "proxy.password is a secret that is closed")
    refuses({ proxy = { url = "http://localhost:1", user = cards.secret "user" } }, "proxy.user")
    refuses({ proxy = { url = cards.secret "http://localhost:1" } }, "proxy.url")
  end)

  it("does not show in the text of the client", function()
    local text = tostring(cards.alix.new(config { proxy = { url = "http://localhost:1", user = SECRET, password = SECRET } }))
    assert.not_matches(SECRET, text, 1, true)
  end)
end)

describe("base_url", function()
  it("is required where the provider has none", function()
    refuses({ base_url = false }, "base_url is required")
    takes {}
    assert.is_userdata(cards.whop.new { token = "t" })
    assert.is_userdata(cards.nayax.new { token = "t" })
  end)

  it("begins with https://", function()
    for _, url in ipairs { "http://localhost", "HTTP://localhost", "ftp://localhost", "file://etc/passwd" } do
      refuses({ base_url = url }, "base_url must begin with https://", "insecure_http")
    end
    for _, url in ipairs { "localhost", "//localhost", "https:localhost", "https//localhost", "https://" } do
      refuses({ base_url = url }, "base_url", "https://")
    end
    takes { base_url = "HTTPS://localhost" }
  end)

  it("may begin with http:// where that is asked for, and with nothing else", function()
    takes { base_url = "http://localhost", insecure_http = true }
    takes { base_url = "https://localhost", insecure_http = true }
    refuses({ base_url = "http://localhost", insecure_http = false }, "https://")
    refuses({ base_url = "ftp://localhost", insecure_http = true }, "https://")
    refuses({ base_url = "gopher://localhost", insecure_http = true }, "https://")
  end)

  it("has no user and password, and an error does not show them", function()
    refuses({ base_url = "https://user:" .. SECRET .. "@localhost" }, "base_url must not contain a user or password")
    refuses({ base_url = "https://" .. SECRET .. "@localhost/x" }, "base_url must not contain a user or password")
    takes { base_url = "https://localhost/@x" }
  end)

  it("has neither query nor fragment", function()
    refuses({ base_url = "https://localhost?key=" .. SECRET }, "base_url must have neither a query nor a fragment")
    refuses({ base_url = "https://localhost/a#b" }, "base_url must have neither a query nor a fragment")
    refuses({ base_url = "https://localhost/?" }, "base_url")
  end)

  it("has no spaces, line breaks or characters that no URL has", function()
    for _, url in ipairs {
      "https://local host", " https://localhost", "https://localhost ", "https://localhost/a\r\nX: y", "https://localhost/\0", "https://localhost/{id}",
      "https://localhost\\x", "https://localhost/<x>", "https://local\thost", "",
    } do
      refuses({ base_url = url }, "base_url")
    end
  end)

  it("has a host, and a port that is one", function()
    for _, url in ipairs {
      "https:///path", "file:///etc/passwd", "https://:443", "https://localhost:port", "https://localhost:99999", "https://localhost:-1",
      "https://localhost:1:2",
      "https://[::1", "https://[::1]x",
    } do
      refuses({ base_url = url }, "base_url")
    end
    takes { base_url = "https://localhost:8443" }
    takes { base_url = "https://[::1]:8443/v1" }
  end)

  it("may be an address of a link with its zone, and an error says how a zone is written", function()
    for _, host in ipairs { "[fe80::1%25eth0]", "[FE80::1%25en-0_1.2~x]", "[fe80::1%2512]", "[::1%25lo]" } do
      takes { base_url = ("https://%s:8443/v1"):format(host) }
      takes { proxy = ("http://%s:3128"):format(host) }
      takes { proxy = host .. ":3128" }
    end
    for _, host in ipairs { "[fe80::1%eth0]", "[fe80::1%25]", "[fe80::1%]", "[fe80::1%25et h0]", "[fe80::1%25a%25b]", "[fe80::1%25sixteen_bytes_ab]",
      "[::1%2]" } do
      local wrong = host:find " " and "" or " has a zone that is none: write it as [fe80::1%25eth0]"
      refuses({ base_url = ("https://%s:8443/v1"):format(host) }, "base_url" .. wrong)
      refuses({ proxy = ("http://%s:3128"):format(host) }, "proxy" .. wrong)
    end
    for _, host in ipairs { "[fe80::1]", "[FEBF::1]" } do
      refuses({ base_url = "https://" .. host }, "base_url is an address of a link without the name of its network interface: write it as [fe80::1%25eth0]")
    end
    for _, host in ipairs { "[eth0%25fe80]", "[%25eth0]" } do
      refuses({ base_url = "https://" .. host }, "base_url has no host")
    end
  end)

  it("may end with slashes, which do not count", function()
    for _, slashes in ipairs { "", "/", "//" } do
      local id = sandbox.unique_id "slash"
      local client = cards.alix.new(sandbox.config("alix", { base_url = sandbox.url "HTTPS_URL" .. "/alix" .. slashes }))
      assert.is_table(client:private_info(id))
      assert.equal("/alix/api/v2/cards/" .. id .. "/private-info", sandbox.seen(id).last.uri)
    end
  end)
end)

describe("headers", function()
  it("are sent with every call, from strings and secrets", function()
    local id = sandbox.unique_id "headers"
    local client = cards.alix.new(sandbox.config("alix", { headers = { ["X-Plain"] = "a: b", ["X-Secret"] = cards.secret "hidden" }, user_agent = "spec/1" }))
    assert.is_table(client:private_info(id, { headers = { ["X-Call"] = "c", ["X-Key"] = cards.secret "d" } }))
    local seen = sandbox.seen(id).last.headers
    assert.same({ "a: b", "hidden", "c", "d", "spec/1" }, { seen["x-plain"], seen["x-secret"], seen["x-call"], seen["x-key"], seen["user-agent"] })
  end)

  it("may say what is accepted, once", function()
    local id = sandbox.unique_id "headers"
    local client = cards.alix.new(sandbox.config("alix", { headers = { Accept = "application/vnd.alix+json" } }))
    assert.is_table(client:private_info(id))
    assert.equal("application/vnd.alix+json", sandbox.seen(id).last.headers.accept)
    assert.is_table(client:private_info(id, { headers = { accept = "application/hal+json" } }))
    assert.not_equal("table", type(sandbox.seen(id).last.headers.accept), "one line, the call's")
  end)

  it("may name the user agent, once", function()
    local id = sandbox.unique_id "headers"
    local client = cards.alix.new(sandbox.config("alix", { headers = { ["User-Agent"] = "mine/1" } }))
    assert.is_table(client:private_info(id))
    assert.equal("mine/1", sandbox.seen(id).last.headers["user-agent"])
  end)

  it("that are secrets are replaced by the call's, and cannot be sent once they are closed", function()
    local id, held = sandbox.unique_id "headers", cards.secret "of the client"
    local client = cards.alix.new(sandbox.config("alix", { headers = { ["X-Key"] = held } }))
    assert.is_table(client:private_info(id))
    assert.equal("of the client", sandbox.seen(id).last.headers["x-key"])
    assert.is_table(client:private_info(id, { headers = { ["x-KEY"] = cards.secret "of the call" } }))
    assert.equal("of the call", sandbox.seen(id).last.headers["x-key"])
    held:close()
    local record, err = client:private_info(id)
    assert.is_nil(record)
    assert.equal("invalid_request", err.kind)
    assert.matches("headers.X-Key is a secret that is closed", err.message, 1, true)
  end)

  it("cannot break a line: the header is named, its value is not shown", function()
    for _, value in ipairs { SECRET .. "\r\nX-Evil: 1", SECRET .. "\n", "\r" .. SECRET, SECRET .. "\0", SECRET .. "\127" } do
      refuses({ headers = { ["X-Good"] = value } }, "headers.X-Good")
      refuses({ headers = { ["X-Good"] = cards.secret(value) } }, "headers.X-Good")
      local client = cards.alix.new(config())
      for _, held in ipairs { value, cards.secret(value) } do
        local record, err = client:private_info("c_1", { headers = { ["X-Good"] = held } })
        assert.is_nil(record)
        assert.equal("invalid_request", err.kind)
        assert.matches("headers.X-Good", err.message, 1, true)
        assert.not_matches(SECRET, tostring(err), 1, true)
      end
    end
  end)

  it("have names that are header names", function()
    for _, name in ipairs { "", "X Y", "X:", "X\r\nY", "X\0", "X\195\164", "(x)" } do
      refuses({ headers = { [name] = "v" } }, "headers has a name that is no header name")
    end
    refuses({ headers = { "v" } }, "headers has a name that is no header name")
  end)

  it("are not those that the library sets", function()
    for _, name in ipairs {
      "Host", "Content-Length", "content-type", "Transfer-Encoding", "CONNECTION", "Authorization", "access-token", "Expect", "Upgrade", "TE",
      "Accept-Encoding", "Proxy-Authorization",
    } do
      refuses({ headers = { [name] = SECRET } }, "headers." .. name .. " is set by the library")
    end
  end)

  it("have values that are strings or open secrets", function()
    for _, value in ipairs { 5, true, {}, print } do
      refuses({ headers = { ["X-A"] = value } }, "headers.X-A")
    end
    local closed = cards.secret "x"
    closed:close()
    refuses({ headers = { ["X-A"] = closed } }, "headers.X-A", "closed")
    refuses({ headers = { ["X-A"] = "" } }, "headers.X-A")
  end)
end)

describe("the other texts", function()
  it("have no control characters", function()
    for _, key in ipairs { "user_agent", "proxy" } do
      refuses({ [key] = SECRET .. "\r\nX-Evil: 1" }, key)
      refuses({ [key] = "a\0b" }, key)
      refuses({ [key] = "" }, key)
    end
    for _, password in ipairs { SECRET .. "\0", cards.secret(SECRET .. "\0") } do
      refuses({ tls = { cert_file = sandbox.url "CLIENT_CERT", key_password = password } }, "key_password")
      refuses({ proxy = { url = "http://localhost:1", user = "user", password = password } }, "password")
    end
    refuses({ tls = { cert_file = sandbox.url "CLIENT_CERT", key_file = "-----BEGIN PRIVATE KEY-----\n" .. SECRET .. "\n" } }, "tls.key_file")
  end)

  it("of a key need a certificate beside it", function()
    refuses({ tls = { key_file = sandbox.url "CLIENT_KEY" } }, "tls.cert_file is required")
  end)
end)

describe("a client that is printed", function()
  it("shows its provider and address, and no credential", function()
    for _, name in ipairs(sandbox.PROVIDERS) do
      local made = sandbox.config(name, { headers = { ["X-Key"] = SECRET } })
      local text = tostring(cards[name].new(made))
      assert.matches("cards." .. name .. " client (" .. made.base_url .. ")", text, 1, true)
      for _, credential in pairs(sandbox.credentials(name)) do
        assert.not_matches(credential, text, 1, true)
      end
      assert.not_matches(SECRET, text, 1, true)
    end
  end)

  it("has no fields but its operations, and none that can be set", function()
    local client = cards.alix.new(config { access_token = SECRET })
    for _, name in ipairs { "access_token", "credentials", "no_such_operation" } do
      assert.matches("cards.alix: unknown operation '" .. name, select(2, pcall(client[name])), 1, true)
    end
    assert.is_nil(client._private)
    assert.equal(cards.alix.private_info, client.private_info)
    assert.is_false(pcall(function() client.access_token = "x" end))
    assert.is_string(getmetatable(client))
  end)
end)

describe("a configuration that is changed after new", function()
  it("does not change the client", function()
    local made = sandbox.config "alix"
    local client = cards.alix.new(made)
    made.access_token, made.base_url, made.tls.ca_file = "other", "https://elsewhere.invalid", nil
    assert.is_table(client:private_info(sandbox.unique_id "kept"))
  end)
end)
