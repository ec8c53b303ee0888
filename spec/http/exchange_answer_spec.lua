--- What an error says of an answer that is none of the provider's: where a redirect leads, what a body that is no JSON calls itself.

local cards = require "cards"
local sandbox = require "support.sandbox"
local scripted = require "support.scripted"

local server, client

setup(function()
  server = scripted.start [[
    return function(request) return (request.headers["x-answer"]:gsub("%x%x", function(hex) return string.char(tonumber(hex, 16)) end)) end
  ]]
  client = cards.alix.new { base_url = server.url .. "/v1", insecure_http = true, access_token = "tok_secret_of_the_call", retries = 0, timeout = 5 }
end)

teardown(scripted.stop_all)

--- A call whose answer is this.
local function call(status, lines, body)
  local head = ("HTTP/1.1 %d Some\r\nContent-Length: %d\r\n"):format(status, #body)
  for _, line in ipairs(lines) do head = head .. line .. "\r\n" end
  local answer = (head .. "\r\n" .. body):gsub(".", function(c) return ("%02x"):format(c:byte()) end)
  return client:private_info("c_1", { headers = { ["X-Answer"] = answer } })
end

local function error_of(status, lines, body)
  local before = #server.lines "^request"
  local record, err = call(status, lines, body or "")
  assert.is_nil(record)
  assert.equal(before + 1, #server.lines "^request")
  assert.equal(status, err.status)
  assert.is_nil(tostring(err):find "%c")
  assert.is_nil(tostring(err):find("tok_secret_of_the_call", 1, true))
  return err
end

describe("a redirect", function()
  for location, host in pairs {
    ["https://elsewhere.example/x"] = "elsewhere.example", ["https://elsewhere.example:8443/x?y#z"] = "elsewhere.example",
    ["//elsewhere.example/x"] = "elsewhere.example", ["HTTPS://ELSEWHERE.example"] = "elsewhere.example", ["ftp://elsewhere.example/x"] = "elsewhere.example",
    ["https://user:password@elsewhere.example/x"] = "elsewhere.example", ["http://[::1]:1/x"] = "[::1]",
    ["/v2/cards"] = "127.0.0.1", ["v2"] = "127.0.0.1", ["?again=1"] = "127.0.0.1",
  } do
    it("names the host that it points to: " .. location, function()
      local err = error_of(302, { "Location: " .. location })
      assert.equal("protocol", err.kind)
      local shown = err.message:match "^a redirect %(HTTP 302%) to (%S+), which is never followed$"
      assert.equal(host, shown and shown:lower(), err.message)
      assert.is_false(err.retryable)
    end)
  end

  for what, lines in pairs { ["there is no Location"] = {}, ["it is none"] = { "Location: http://" } } do
    it("names none where " .. what, function()
      assert.equal("a redirect (HTTP 307), which is never followed", error_of(307, lines).message)
    end)
  end

  it("shows neither a credential nor a card number that stands in the host", function()
    for _, host in ipairs { "tok_secret_of_the_call.example", "tok-secret.4111111111111111.example" } do
      local err = error_of(302, { "Location: https://" .. host .. "/" })
      assert.not_matches("4111111111111111", tostring(err), 1, true)
      assert.matches("which is never followed", err.message, 1, true)
    end
  end)

  it("shows no more than a line of a host without end", function()
    local err = error_of(302, { "Location: https://" .. ("x"):rep(60) .. (("." .. ("y"):rep(60)):rep(20)) .. "/" })
    assert.is_true(#tostring(err) < 400)
    assert.matches("which is never followed", err.message, 1, true)
  end)

  it("is named by every status of one", function()
    for _, status in ipairs { 300, 301, 302, 303, 307, 308 } do
      local err = error_of(status, { "Location: https://elsewhere.example/" })
      assert.equal(("a redirect (HTTP %d) to elsewhere.example, which is never followed"):format(status), err.message)
    end
  end)

  it("over TLS to http names the host, too", function()
    local alix = cards.alix.new(sandbox.config("alix", { retries = 0 }))
    local _, err = alix:private_info("c_1", { headers = { ["X-Sandbox"] = "redirect" } })
    assert.matches("a redirect (HTTP 302) to 127.0.0.1, which is never followed", err.message, 1, true)
  end)
end)

describe("an answer that is not JSON", function()
  for given, shown in pairs {
    ["text/html"] = "text/html", ["text/html; charset=utf-8"] = "text/html", ["text/plain;x"] = "text/plain", ["image/png"] = "image/png",
  } do
    it("is named by its Content-Type: " .. given, function()
      local err = error_of(200, { "Content-Type: " .. given }, "<html>")
      assert.equal("protocol", err.kind)
      assert.matches("the answer cannot be read: it is " .. shown .. ": ", err.message, 1, true)
      assert.matches("at byte %d+$", err.message)
    end)
  end

  for what, lines in pairs {
    ["it calls itself JSON"] = { "Content-Type: application/json" },
    ["it calls itself JSON with a charset"] = { "Content-Type: application/json; charset=utf-8" },
    ["it calls itself nothing"] = {}, ["it calls itself by an empty name"] = { "Content-Type:" },
  } do
    it("is just that where " .. what, function()
      local err = error_of(200, lines, "<html>")
      assert.equal("protocol", err.kind)
      assert.matches("^the answer cannot be read: [^:]* at byte %d+$", err.message)
    end)
  end

  it("shows no secret that stands in its Content-Type", function()
    for _, given in ipairs { "tok_secret_of_the_call", "text/4111111111111111", "text/" .. ("x"):rep(4000) } do
      local err = error_of(200, { "Content-Type: " .. given }, "<html>")
      assert.equal("protocol", err.kind)
      assert.not_matches("4111111111111111", tostring(err), 1, true)
      assert.is_true(#tostring(err) < 400)
    end
  end)

  it("is taken where it is JSON, whatever it calls itself", function()
    local body = '{"success":true,"data":{"cardNo":"4111111111111111","cvv":"111"},"errorCode":0}'
    for _, lines in ipairs { { "Content-Type: text/html" }, {}, { "Content-Type: application/json", "Content-Type: text/html" } } do
      assert.equal("4111111111111111", assert(call(200, lines, body)).cardNo:reveal())
    end
  end)

  it("over TLS is named as well", function()
    local alix = cards.alix.new(sandbox.config("alix", { retries = 0 }))
    local _, err = alix:private_info("c_1", { headers = { ["X-Sandbox"] = "html=200" } })
    assert.matches("the answer cannot be read: it is text/html: ", err.message, 1, true)
  end)
end)
